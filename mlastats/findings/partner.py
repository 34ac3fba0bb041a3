"""The sheet of one partner, or of one agency, for a meeting: every open request, and the treaties on which one can rest."""

from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats import vocab
from mlastats.findings.assessment import most_often
from mlastats.findings.declared import Declared
from mlastats.messages import _, _n, label, number
from mlastats.publish.exhibit import Exhibit
from mlastats.vocab import treaties as known


def _open(table: pd.DataFrame) -> str:
    """How many are open of each direction; the two are never added."""
    counts = table["direction"].value_counts()
    said = {way: number(counts.get(way, 0)) for way in ("incoming", "outgoing")}
    return _("{incoming} requests wait for us, {outgoing} for the other side.", **said)


def _treaties(table: pd.DataFrame) -> str:
    return _n("{n} treaty is known to be in force.", "{n} treaties are known to be in force.", len(table))


OPEN = Declared(
    "partner_open",
    "Which requests are open, the oldest first?",
    by="direction request_id",
    columns="kind partner agency start age probable_duplicate",
    unit="days",
    finding=_open,
    empty="No request is open.",
    internal_only=True,
)
ends = Declared(
    "partner_ends",
    "What became of the requests of each kind?",
    by="direction kind",
    columns="requests executed refused other_end pending median_days",
    unit="requests; days",
    finding=most_often,
    where=lambda table: table["requests"].gt(0),
    scope={"enquiry": "no"},
    totals=True,
    notes=("How it ended: the outcome by the as-of date. Source: outcome, answered, closed.",),
    internal_only=True,
)
TREATIES = Declared(
    "partner_treaties",
    "On which treaties can a request rest?",
    by="",
    columns="treaty",
    unit="treaties in force",
    finding=_treaties,
    empty="No treaty is known to be in force with this partner.",
    notes=(
        "A treaty counts as in force where a sourced row says so on the last day looked at. No row is no evidence that "
        "there is no treaty.",
    ),
    internal_only=True,
)
# On the sheet of an agency.
OF_NONE = replace(TREATIES, empty="Treaties in force are listed on the sheet of one partner.")


def open_requests(table: pd.DataFrame, page: Any) -> Exhibit:
    """Every open request; on the sheet of one partner or agency without its name in each row."""
    shown = " ".join(name for name in OPEN.columns.split() if not page.filters.get(name))
    return replace(OPEN, columns=shown)(table, page)


def treaties(page: Any, partner: str) -> Exhibit:
    """The treaties known to be in force with a partner on the last day looked at; without one, where to find them."""
    if not partner:
        return OF_NONE(pd.DataFrame({"treaty": []}, dtype=object), page)
    found = known.in_force(page.state, partner, page.as_of.isoformat())
    names = [label("legal_basis", code) if code in vocab.codes("legal_basis") else code for code in found]
    return TREATIES(pd.DataFrame({"treaty": pd.Series(names, dtype=object)}), page)
