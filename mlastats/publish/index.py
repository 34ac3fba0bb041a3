"""The index of what was published: one page that works from the file system."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from mlastats import vocab
from mlastats.messages import _, day, language, partner_name, period_name
from mlastats.publish import cells, notes, webfont
from mlastats.publish.html import TEMPLATES, environment

POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
LATEST = "latest"
MANIFEST = "manifest.json"
CHANGES = "changes.html"


def render(reports: Path) -> str:
    """The page as text, from the manifests of the latest revisions in the folder of reports: newest first within
    each state, title and item. Its one script searches the table; its policy allows that script only."""
    entries = [entry for path in reports.glob(f"*/*/*/{LATEST}") if (entry := _entry(reports, path))]
    entries.sort(key=lambda entry: entry["order"])
    entries.sort(key=lambda entry: entry["as_of"], reverse=True)
    entries.sort(key=lambda entry: (entry["state"], entry["title"], entry["item"]))
    script = (TEMPLATES / "index.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    page = environment().get_template("index.html.j2")
    body = page.render(
        language=language(),
        entries=entries,
        filled=[name for name in ("item", "period") if any(entry[name] for entry in entries)],
        style="/*fonts*/\n" + (TEMPLATES / "page.css").read_text(encoding="utf-8"),
        script=script,
        policy=f"{POLICY}; script-src 'sha256-{digest}'",
    )
    return body.replace("/*fonts*/", webfont.faces(body), 1)


def _entry(reports: Path, latest: Path) -> dict[str, Any] | None:
    """What the page says of a report: its manifest in words, and its files; None where it cannot be read."""
    folder = latest.parent / latest.read_text(encoding="utf-8").strip()
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    place = folder.relative_to(reports).as_posix()
    report, item, tag = manifest["report"], manifest["item"], manifest["language"]
    # A report of a batch is confined to the value of one of its parameters.
    names = [name for name, value in manifest.get("parameters", {}).items() if value == item]
    locale = vocab.cldr(tag)
    return manifest | {
        "state": partner_name(manifest["state"]),
        "title": manifest.get("title") or report,
        "item": "" if item == "all" else cells.of_column(names[0] if names else "", item),
        "purpose": manifest.get("purpose", ""),
        "period": "" if manifest["period"] in ("", "all") else period_name(manifest["period"]),
        "order": manifest["period"],
        "as_of_in_words": day(manifest["as_of"]),
        "audience": notes.audience(manifest["audience"]),
        "language": (locale and locale.get_display_name(language())) or tag,
        "tag": tag,
        "files": [
            *((form.upper(), f"{place}/{report}.{form}") for form in manifest["formats"]),
            *((_("What changed"), f"{place}/{page.name}") for page in folder.glob(CHANGES)),
        ],
    }
