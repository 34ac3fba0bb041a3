"""Ad hoc co-operation: requests without a legal basis, or past a treaty that is in force."""

import pandas as pd

from mlastats import schema, vocab
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.curves import quantile_columns
from mlastats.measure.durations import ANSWERED, ENDED_OTHERWISE, PENDING, durations, last_day
from mlastats.measure.groups import grouped, keys, one_code_each, tally
from mlastats.measure.turnaround import timed_cases
from mlastats.vocab import treaties

RECIPROCITY, BILATERAL = "reciprocity", "bilateral"
COUNCIL = ("unscr_1373", "unscr_2322", "unscr_2462")
NO_TREATY = (RECIPROCITY, "domestic_law", "other", *COUNCIL)
SHARES = {
    "no_basis": "requests",
    "reciprocity_only": "requests",
    "not_invoked": "treaty_known",
    "returned": "ended",
}


@measure
def ad_hoc(requests: pd.DataFrame, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """What requests rest on, by direction and the columns of `by`, with those returned as deficient.

    - `requests` = `no_basis` (none recorded) + `reciprocity_only` + `other_basis` (domestic law, a
      resolution of the Security Council or another) + `treaty_named` (any other code of the vocabulary is a treaty)
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
    [['incoming', 833], ['outgoing', 660]]
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
    396
    """
    return covering(requests).map(bool)


@measure
def by_treaty(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """How often each treaty is named where it could be: `direction treaty could named another no_treaty`.

    `could`: requests on whose day it was known to be in force with the partner, and to cover their kind and one of their
    offences (`treaties.covers`); of these it is `named`, `another` treaty is, or `no_treaty` is. A treaty that has no code
    of the vocabulary is named where a bilateral one is. A treaty that is in force with a partner on the last day has a row,
    whether or not it could be used. A request that several treaties cover counts under each.

    >>> table = measure.ad_hoc.by_treaty(requests, as_of="2026-09-30")
    >>> table.loc[table["treaty"].eq("uncac"), ["direction", "could", "named"]].values.tolist()
    [['incoming', 66, 0], ['outgoing', 62, 2]]
    """
    cases = grouped(requests)[durations(requests, as_of=as_of)["status"].notna()]
    requests = requests.loc[cases.index]
    basis, codes = requests["legal_basis"].str.split(schema.SEVERAL), vocab.codes("legal_basis")
    each = cases.assign(treaty=covering(requests), basis=basis).explode("treaty").dropna(subset="treaty")
    said = [set(named) if isinstance(named, list) else set() for named in each["basis"]]
    named = [
        treaty in basis or (treaty not in codes and BILATERAL in basis)
        for treaty, basis in zip(each["treaty"], said, strict=True)
    ]
    none = [basis <= {*NO_TREATY} for basis in said]
    marks = {"could": True, "named": named, "no_treaty": none}
    on = last_day(as_of).date().isoformat()
    bound = {
        treaty
        for state in requests["reporting_state"].dropna().unique()
        for of_partner in treaties.partners(state, on).values()
        for treaty in of_partner
    }
    levels = [
        *(code for code in codes if code in {*bound, *each["treaty"]}),
        *sorted({*bound, *each["treaty"]} - {*codes}),
    ]
    each = each.assign(treaty=pd.Categorical(each["treaty"], categories=levels))
    table = tally(each, ["direction", "treaty"], marks).reset_index()
    table.insert(4, "another", table["could"] - table["named"] - table["no_treaty"])
    return table


TERRORISM = ("terrorism", "terrorist_financing", "proliferation_financing")


@measure
def terrorism(requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """On what requests about terrorism and its financing rest: `direction offence`, then

    `requests` = `resolution` (names a resolution of the Security Council, COUNCIL) + `treaty_named` (names a treaty and no
    resolution) + `other_basis` + `no_basis`; `answered`, `pending`, `urgent` of all of these, and the `quantile_columns`
    of the answer clock. A request of several of these offences counts under each.

    >>> measure.ad_hoc.terrorism(requests, as_of="2026-09-30").columns[:4].tolist()
    ['direction', 'offence', 'requests', 'resolution']
    """
    each = one_code_each(requests, ["offence"])
    each = each[each["offence"].isin(TERRORISM)]
    each = each.assign(offence=pd.Categorical(each["offence"], categories=list(TERRORISM)))
    cases = timed_cases(each, "offence", as_of=as_of)
    basis = each["legal_basis"].reindex(cases.index).str.split(schema.SEVERAL)
    resolution, other = (
        basis.map(test, na_action="ignore").eq(True)
        for test in (lambda codes: bool({*COUNCIL} & {*codes}), lambda codes: {*codes} <= {*NO_TREATY})
    )
    marks = {
        "requests": True,
        "resolution": resolution,
        "treaty_named": basis.notna() & ~resolution & ~other,
        "other_basis": other & ~resolution,
        "no_basis": basis.isna(),
        **{status: cases["status"].eq(status) for status in (ANSWERED, PENDING)},
        "urgent": each["urgent"].reindex(cases.index).fillna(False).astype(bool),
    }
    names = ["direction", "offence"]
    return tally(cases, names, marks).join(quantile_columns(cases, names)).reset_index()


def covering(requests: pd.DataFrame) -> pd.Series:
    """The treaties known to be in force between the two states on the day of each request that cover its kind and one of
    its offences, as a tuple.

    >>> int(measure.ad_hoc.covering(requests).map(len).max())
    2
    """
    asked = ["reporting_state", "partner", "kind"]
    pairs = requests[[*asked, "offence"]].assign(
        on=schema.requested_on(requests), offence=requests["offence"].fillna("")
    )
    given = pairs.dropna()
    distinct = given.drop_duplicates()
    said = [
        tuple(
            treaty
            for treaty in treaties.in_force(state, partner, on.date().isoformat())
            if treaties.covers(treaty, kind, offence)
        )
        for state, partner, kind, offence, on in distinct.itertuples(index=False)
    ]
    place = pd.MultiIndex.from_frame(distinct).get_indexer(pd.MultiIndex.from_frame(given))
    found = pd.Series([said[n] for n in place], index=given.index, dtype=object)
    return found.reindex(requests.index, fill_value=())
