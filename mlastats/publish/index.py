"""The index of what was published: one page that works from the file system."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from mlastats.messages import _, day, language, partner_name
from mlastats.publish import cells

TEMPLATES = Path(__file__).parent / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
LATEST = "latest"
MANIFEST = "manifest.json"
CHANGES = "changes.html"


def write(reports: Path) -> None:
    """Write index.html in the folder of reports, from the manifests of the latest revisions."""
    (reports / "index.html").write_text(render(entries(reports)), encoding="utf-8", newline="\n")


def entries(reports: Path) -> list[dict[str, Any]]:
    """What stands published: one entry for each report, item and period, newest first."""
    found = [_entry(reports, path) for path in reports.glob(f"*/*/*/{LATEST}")]
    known = [entry for entry in found if entry]
    return sorted(
        known, key=lambda e: (e["state"], e["title"], e["item"], _reversed(e["as_of"]), e["period"])
    )


def render(found: list[dict[str, Any]]) -> str:
    """The page as text. Its one script searches the table; its policy allows that script only."""
    import jinja2

    script = (TEMPLATES / "index.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True)
    return environment.get_template("index.html.j2").render(
        language=language(),
        entries=found,
        filters={
            name: sorted({entry[name] for entry in found}) for name in ("state", "title", "item", "period")
        },
        style=(TEMPLATES / "page.css").read_text(encoding="utf-8"),
        script=script,
        policy=f"{POLICY}; script-src 'sha256-{digest}'",
        say=_say(),
    )


def _entry(reports: Path, latest: Path) -> dict[str, Any] | None:
    folder = latest.parent / latest.read_text(encoding="utf-8").strip()
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    place = folder.relative_to(reports).as_posix()
    report = manifest["report"]
    audiences = {"internal": _("Internal"), "public": _("Public")}
    return {
        "state": partner_name(manifest["state"]),
        "title": manifest.get("title") or report,
        "item": _item(manifest),
        "period": _("everything") if manifest["period"] in ("", "all") else manifest["period"],
        "as_of": manifest["as_of"],
        "as_of_in_words": day(manifest["as_of"]),
        "audience": audiences.get(manifest["audience"], ""),
        "language": _tongue(manifest["language"]),
        "tag": manifest["language"],
        "synthetic": manifest.get("synthetic", False),
        "revision": folder.name,
        "files": [
            *({"kind": form.upper(), "href": f"{place}/{report}.{form}"} for form in manifest["formats"]),
            *({"kind": _("What changed"), "href": f"{place}/{page.name}"} for page in folder.glob(CHANGES)),
        ],
    }


def _item(manifest: dict[str, Any]) -> str:
    """What a report of a batch is confined to, in words."""
    code = manifest["item"]
    names = [name for name, value in manifest.get("parameters", {}).items() if value == code]
    return "" if code == "all" else cells.of_column(names[0] if names else "", code)


def _tongue(tag: str) -> str:
    """A language by its name."""
    from babel import Locale, UnknownLocaleError

    try:
        return Locale.parse(tag, sep="-").get_display_name(language()) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def _reversed(date: str) -> str:
    """A key by which later dates come first."""
    return "".join(chr(0x10FF - ord(c)) for c in date)


def _say() -> dict[str, str]:
    return {
        "title": _("Published reports"),
        "search": _("Search"),
        "all": _("all"),
        "state": _("State"),
        "report": _("Report"),
        "item": _("Item"),
        "period": _("Period"),
        "as_of": _("As of"),
        "audience": _("For"),
        "language": _("Language"),
        "files": _("Files"),
        "shown": _("Reports shown:"),
        "none": _("No report has been published yet."),
        "synthetic": _("example data"),
    }
