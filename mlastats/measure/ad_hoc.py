"""Ad hoc co-operation: requests without a legal basis, or past a treaty that is in force."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlastats import schema
from mlastats.measure.contract import measure
from mlastats.measure.durations import ANSWERED, ENDED_OTHERWISE, durations
from mlastats.measure.groups import grouped, keys, tally
from mlastats.vocab import treaties

RECIPROCITY = "reciprocity"
NO_TREATY = (RECIPROCITY, "domestic_law", "other")
SHARES = {
    "no_basis": "requests",
    "reciprocity_only": "requests",
    "not_invoked": "treaty_known",
    "returned": "ended",
}


@measure
def ad_hoc(requests: pd.DataFrame, by: str | Sequence[str] = (), *, as_of: dt.date | str) -> pd.DataFrame:
    """What requests rest on, by direction and the columns of `by`, with those returned as deficient.

    - `requests` = `no_basis` (none recorded) + `reciprocity_only` + `other_basis` (domestic law or
      another, no treaty) + `treaty_named` (any other code of the vocabulary is a treaty)
    - `treaty_known`: a treaty between the two states is known to be in force on the day of the request, and to
      cover its kind and offence (`treaties.covers`); `not_invoked` of these, no treaty is named. `requests` =
      `treaty_known` + `treaty_unknown`: the list of treaties says that one is in force, never that there is none
    - `ended` by the cut, `returned` of these as deficient
    - the shares no_basis and reciprocity_only of requests, not_invoked of treaty_known, returned of
      ended, each as `<name>_share` with `_lower _upper` (Wilson, 95%)

    An informal contact needs no treaty: take the formal requests alone, or give `by="formality"`.
    Groups without a request stay.

    >>> table = measure.ad_hoc.ad_hoc(requests, as_of="2026-09-30")
    >>> table[["direction", "requests"]].values.tolist()
    [['incoming', 833], ['outgoing', 560]]
    """
    names = keys(by)
    status = durations(requests, as_of=as_of)["status"]
    cases = grouped(requests, by)[status.notna()]
    requests, status = requests.loc[cases.index], status[cases.index]
    basis = requests["legal_basis"]
    other = basis.str.split(schema.SEVERAL).map(
        lambda codes: set(codes) <= set(NO_TREATY), na_action="ignore"
    )
    treaty, reciprocity = basis.notna() & ~other.eq(True), basis.eq(RECIPROCITY)
    known = in_force(requests)
    ended = status.isin([ANSWERED, ENDED_OTHERWISE])
    marks = {
        "requests": True,
        "no_basis": basis.isna(),
        "reciprocity_only": reciprocity,
        "other_basis": basis.notna() & ~treaty & ~reciprocity,
        "treaty_named": treaty,
        "treaty_known": known,
        "not_invoked": known & ~treaty,
        "treaty_unknown": ~known,
        "ended": ended,
        "returned": ended & requests["outcome"].eq("returned"),
    }
    shares = {f"{part}_share": (part, whole) for part, whole in SHARES.items()}
    return tally(cases, names, marks, **shares).reset_index()


@measure
def in_force(requests: pd.DataFrame) -> pd.Series:
    """Whether a treaty between the two states is known to be in force on the day of each request, that covers its
    kind and one of its offences.

    >>> int(measure.ad_hoc.in_force(requests).sum())
    328
    """
    asked = ["reporting_state", "partner", "kind"]
    pairs = requests[[*asked, "offence"]].assign(
        on=schema.requested_on(requests), offence=requests["offence"].fillna("")
    )
    given = pairs.dropna()
    distinct = given.drop_duplicates()
    said = [
        any(
            treaties.covers(treaty, kind, offence)
            for treaty in treaties.in_force(state, partner, on.date().isoformat())
        )
        for state, partner, kind, offence, on in distinct.itertuples(index=False)
    ]
    known = pd.MultiIndex.from_frame(distinct[np.array(said, dtype=bool)])
    found = pd.MultiIndex.from_frame(given).isin(known)
    return pd.Series(found, index=given.index).reindex(requests.index, fill_value=False)
