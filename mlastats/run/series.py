"""The series of public reports: under which secret they are made, and which days they were published as of.

That a number moved tells that its set changed, and a count published often is worn down: so public reports share few
as-of days, and a new secret begins a new series, with which nothing of before is compared.
"""

import datetime as dt
import json
import threading
from pathlib import Path
from typing import Any

from mlastats import keystore, storage
from mlastats.errors import ConfigurationError, Withheld
from mlastats.run import store
from mlastats.settings import Settings

FILE = ".public.json"
MOST_DAYS, WARN_FROM = 12, 10
_writing = threading.Lock()


def current(settings: Settings) -> dict[str, Any]:
    """The series in use, `number fingerprint reason days accepted`; empty where there is none."""
    series = _all(settings.path(settings.published))
    return series[-1] if series else {}


def ready(settings: Settings, report: str, as_of: str, accept: bool = False) -> dict[str, Any]:
    """The series to which a public report of a day belongs; the first report makes the secret and begins one.

    Raises ConfigurationError where the secret is not that of the series, and Withheld where as many days are published
    as may be, unless that is accepted, which is recorded with the report and the day.
    """
    root = settings.path(settings.published)
    with _writing:
        series, secret = current(settings), keystore.secret(settings)
        if not series:
            return _begin(root, secret or keystore.new_secret(settings), "")
        if not secret or keystore.fingerprint(secret) != series["fingerprint"]:
            what = "is another one" if secret else "is missing"
            raise ConfigurationError(
                f"The secret of the public reports {what}: with it every public number would be drawn anew, and what was "
                "rounded could be worked out. Restore it from its backup, or begin a new series with "
                "`mlastats secret new --reason TEXT`."
            )
        if as_of not in series["days"] and len(series["days"]) >= MOST_DAYS:
            if not accept:
                raise Withheld(
                    f"Public reports stand as of {len(series['days'])} days, and may as of {MOST_DAYS}: each further day "
                    f"tells more of what changed. Nothing was published. `mlastats report {report} --accept-dates` goes on."
                )
            series["accepted"].append({"report": report, "day": as_of})
            _write(root, series)
        return series


def published(settings: Settings, as_of: str) -> None:
    """Record the day of a public report."""
    with _writing:
        series = current(settings)
        if as_of not in series["days"]:
            series["days"] = sorted([*series["days"], as_of])
            _write(settings.path(settings.published), series)


def renew(settings: Settings, reason: str) -> dict[str, Any]:
    """Make a new secret and begin a series with it. Raises ConfigurationError without a reason."""
    if not reason.strip():
        raise ConfigurationError(
            "A new secret needs a reason: `mlastats secret new --reason TEXT`. It is printed on each page."
        )
    return _begin(settings.path(settings.published), keystore.new_secret(settings), reason.strip())


def lines(settings: Settings) -> list[str]:
    """What the status says of public reports: days nearly used up, and revisions of before the series."""
    series, texts = current(settings), []
    if len(series.get("days", ())) >= WARN_FROM:
        texts.append(
            f"Public reports stand as of {len(series['days'])} days; from {MOST_DAYS} on they need --accept-dates."
        )
    old = [
        f"{place.name}/{name}"
        for place in store.places(store.roots(settings)[-1], settings.path(settings.published))
        for name in place.revisions()
        if (manifest := place.manifest(name))
        and manifest.get("audience") == "public"
        and "series" not in manifest["key"]
    ]
    if old:
        texts.append(f"These public revisions hold exact counts and should be withdrawn: {', '.join(old)}.")
    return texts


def quarter_end(day: dt.date) -> dt.date:
    """The last day of the last quarter that was over on a day."""
    after = day + dt.timedelta(days=1)
    return dt.date(after.year, 3 * ((after.month - 1) // 3) + 1, 1) - dt.timedelta(days=1)


def _begin(root: Path, secret: bytes, reason: str) -> dict[str, Any]:
    before = _all(root)
    begun = {
        "number": len(before) + 1,
        "fingerprint": keystore.fingerprint(secret),
        "reason": reason,
        "days": [],
        "accepted": [],
    }
    storage.write_whole(root / FILE, json.dumps([*before, begun], indent=1), root / ".run")
    return begun


def _write(root: Path, last: dict[str, Any]) -> None:
    storage.write_whole(root / FILE, json.dumps([*_all(root)[:-1], last], indent=1), root / ".run")


def _all(root: Path) -> list[dict[str, Any]]:
    path = root / FILE
    if not path.is_file():
        return []
    try:
        return list(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as cause:
        raise ConfigurationError(
            f"The record of public reports, {FILE} in the folder of reports, cannot be read. Restore it from its backup."
        ) from cause
