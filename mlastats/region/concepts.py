"""The definitions behind a return's numbers: what this version counts, and what the registers and the configuration say."""

import pandas as pd

from mlastats.region.cube import NOT_COLLECTED
from mlastats.schema import SEVERAL
from mlastats.settings import Settings

# What every workspace of this version counts alike.
FIXED = {
    "request": "each_contact",
    "supplement": "own_request_linked",
    "unit": "requests",
    "start": "received_or_sent",
    "refusal": "is_an_answer",
    "days": "calendar",
    "spontaneous": "apart",
    "deportation": "apart",
    "late_entry": "adjusted",
    "link": "by_reference",
}


def concepts(requests: pd.DataFrame, settings: Settings, persons: pd.DataFrame | None = None) -> pd.DataFrame:
    """The choice of each concept of vocab/concept.csv: `CONCEPT MEASURE OBS_VALUE OBS_STATUS`. What the registers do not
    record has no choice, with the status "M": without a register of `persons` that is their nationality."""

    def recorded(name: str) -> bool:
        return name in requests and bool(requests[name].notna().any())

    channels = {code for text in requests["channel"].dropna().unique() for code in text.split(SEVERAL)}
    police = channels & {"interpol", "aseanapol", "liaison_officer", "border_liaison"}
    ends = [name for name in ("answered", "closed") if recorded(name)]
    zones = {register.time_zone for register in settings.registers}
    agencies = sorted(set(requests["agency"].dropna()))
    chosen = {
        **FIXED,
        "enquiry": "counted" if recorded("is_enquiry") else "",
        "returned": "registered" if requests["outcome"].eq("returned").any() else "",
        "end": "first_of_answered_closed" if len(ends) == 2 else ends[0] if ends else "",
        "police_channel": "registered" if police else "",
        "agencies": "several" if len(agencies) > 1 else "one" if agencies else "",
        "year": settings.reporting_year,
        "time_zone": "" if not zones else "one" if len(zones) == 1 else "several",
        "urgent": "recorded" if recorded("urgent") else "",
        "handover": "own_kind" if requests["kind"].eq("handover").any() else "",
        "nationality": ""
        if persons is None
        else "recorded"
        if persons["own_national"].notna().any()
        else "not_recorded",
    }
    table = pd.DataFrame({"CONCEPT": list(chosen), "OBS_VALUE": list(chosen.values()), "MEASURE": "choice"})
    blank = table["OBS_VALUE"].eq("")
    table["OBS_STATUS"] = blank.map({True: NOT_COLLECTED, False: "A"})
    return table.assign(OBS_VALUE=table["OBS_VALUE"].mask(blank))
