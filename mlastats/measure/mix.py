"""Two arms, like with like: formal against informal, or partners outside ASEAN against those in it.

Unlike cases stand on the two sides, so the mix is shown beside. A crude difference compares all of one
arm with all of the other. The standardised one compares within strata of the same kind, offence and
group of partners, and takes both to one mix: the strata weigh what all their requests weigh. What that
leaves of the crude difference is not the mix.
"""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pandas as pd

from mlastats.errors import one_of
from mlastats.measure.curves import answered_curve
from mlastats.measure.durations import ANSWERED, PENDING, UNDATED
from mlastats.measure.groups import grouped
from mlastats.measure.intervals import share, wilson
from mlastats.measure.turnaround import timed_cases, turnaround

STRATA = ("kind", "offence", "partner_group")
ARMS = {"formality": ("formal", "informal"), "asean": ("non_asean", "asean")}
DECIDED = ("executed", "partly_executed", "refused")
FEWEST = 5
MOST_LEFT_OUT = 0.3
AT_RISK = 10
MEASURES = ("answered_within", "refused")
SIDES = ("first", "second")


def compare(
    requests: pd.DataFrame,
    by: str | Sequence[str] = STRATA,
    *,
    as_of: dt.date | str,
    between: str = "formality",
) -> pd.DataFrame:
    """Turnaround and outcomes of two arms, within each stratum that holds a request.

    `direction`, the columns of `by`, that of `between` (both arms, the empty one too), the columns of
    `turnaround`, then `pending_share`, `decided` (executed, partly executed or refused), `executed`
    (partly, too) and `refused` of these, and `refused_share`, shares with `_lower _upper` (Wilson, 95%).
    `between` is "formality" (formal, informal) or "asean" (non_asean, asean). Requests that are neither
    are left out. No difference between the two is an effect of the channel, or of the partner.
    """
    by = [by] if isinstance(by, str) else list(by)
    names = ["direction", *by, between]
    arms = _arms(requests, between)
    table = turnaround(arms, [*by, between], as_of=as_of).set_index(names)
    cases = _decided(arms, [*by, between], as_of)
    ends = pd.DataFrame(
        {
            "decided": cases["decided"],
            "executed": cases["decided"] & ~cases["refused"],
            "refused": cases["refused"],
        }
    )
    table = table.join(ends.groupby([cases[name] for name in names], observed=False).sum())
    table = table.join(share(table, "pending", "requests", "pending_share"))
    table = table.join(share(table, "refused", "decided", "refused_share")).reset_index()
    held = table.groupby(names[:-1], observed=False)["requests"].transform("sum").gt(0)
    return table[held].reset_index(drop=True)


def side_by_side(
    requests: pd.DataFrame,
    by: str | Sequence[str] = STRATA,
    *,
    as_of: dt.date | str,
    within_days: int = 90,
    between: str = "formality",
) -> pd.DataFrame:
    """Two arms, crude and standardised to one mix: one row a direction and measure.

    `measure` is "answered_within" (the share answered within `within_days`, pending requests counted for the
    days observed) or "refused" (of those decided). For each of the two `first second difference lower
    upper` (first - second) as they stand, and `first_standardised second_standardised
    difference_standardised lower_standardised upper_standardised`. First and second are formal and
    informal, or by `between="asean"` partners outside ASEAN and in it. Timed requests only.
    Standardised over the strata of `by` with at least 5 requests (of the refused: decided ones) in each
    arm, weighted by all requests of the stratum. `requests` of the two arms, `strata kept` of them, and
    `left_out`, the share of the requests that stands in no stratum kept: above 30 % there is no
    standardised figure. `days` is within_days, or the last day before it with 10 at risk in each arm of
    the strata kept.

    `mix` says what the mix does to the difference: "explains" (crude the interval leaves out 0,
    standardised it does not), "reverses" (both leave out 0, on opposite sides), "" (neither), or "unknown"
    where there is no standardised figure. Intervals are 95%; those of weighted sums and differences by
    the method of variance estimates recovery from the strata's own limits (Zou and Donner 2008).
    """
    by = [by] if isinstance(by, str) else list(by)
    cases = _decided(_arms(requests, between), [*by, between], as_of).rename(columns={between: "arm"})
    cases = cases[cases["days"].notna() & ~cases["unobserved"]]
    cases["arm"] = cases["arm"].cat.rename_categories(dict(zip(ARMS[between], SIDES, strict=True)))
    cases = cases.assign(stratum=cases.groupby(by, observed=True).ngroup().astype("str") if by else "all")
    rows = []
    for direction, part in cases.groupby("direction", observed=False):
        for measure in MEASURES:
            rows.append({"direction": direction, "measure": measure, **_both(part, measure, within_days)})
    columns = ["direction", "measure", "days", "requests", "strata", "kept", "left_out", *_COLUMNS, "mix"]
    return pd.DataFrame(rows, columns=columns)


_COLUMNS = [
    f"{name}{how}" for how in ("", "_standardised") for name in (*SIDES, "difference", "lower", "upper")
]


def _arms(requests: pd.DataFrame, between: str) -> pd.DataFrame:
    """The requests of the two arms, with both as levels."""
    one_of("between", between, ARMS)
    arm = grouped(requests, between)[between].astype("str")
    arms = requests[arm.isin(ARMS[between])]
    return arms.assign(**{between: pd.Categorical(arm[arms.index], categories=list(ARMS[between]))})


def _decided(arms: pd.DataFrame, by: list[str], as_of: dt.date | str) -> pd.DataFrame:
    """The timed requests with their groups, and whether they are decided, and refused, by the cut."""
    cases = timed_cases(arms, by, as_of=as_of)
    outcome = arms["outcome"].reindex(cases.index).where(cases["status"].isin([ANSWERED, UNDATED]))
    return cases.assign(decided=outcome.isin(DECIDED), refused=outcome.eq("refused"))


def _both(cases: pd.DataFrame, measure: str, within_days: int) -> dict[str, object]:
    """The crude and the standardised comparison of one direction."""
    weights = cases.groupby("stratum").size()
    counted = cases if measure == "answered_within" else cases[cases["decided"]]
    sizes = pd.crosstab(counted["stratum"], counted["arm"]).reindex(columns=list(SIDES), fill_value=0)
    kept = sizes.index[sizes.min(axis=1).ge(FEWEST)]
    left_out = 1 - weights.reindex(kept).sum() / weights.sum() if len(cases) else float("nan")
    used = counted[counted["stratum"].isin(kept)]
    days = _last_day(used if len(used) else counted, within_days) if measure == "answered_within" else np.nan
    crude = _difference(_shares(counted.assign(stratum="all"), measure, days), pd.Series({"all": 1.0}))
    allowed = len(kept) > 0 and left_out <= MOST_LEFT_OUT
    like = _difference(_shares(used, measure, days), weights.reindex(kept)) if allowed else {}
    account = {
        "days": days,
        "requests": len(cases),
        "strata": len(weights),
        "kept": len(kept),
        "left_out": left_out,
    }
    after = {f"{name}_standardised": value for name, value in like.items()}
    return {**account, **crude, **after, "mix": _mix(crude, like)}


def _last_day(cases: pd.DataFrame, within_days: int) -> float:
    """The last day, at most `within_days`, to which both arms are known: 10 are still at risk, or none
    that is open was cut before."""
    return float(min([within_days, *(_known_to(arm) for _name, arm in cases.groupby("arm", observed=False))]))


def _known_to(arm: pd.DataFrame) -> float:
    days, entry = np.sort(arm["days"].to_numpy(dtype=float)), np.sort(arm["entry"].to_numpy(dtype=float))
    each = np.unique(days)
    at_risk = np.searchsorted(entry, each, side="right") - np.searchsorted(days, each, side="left")
    enough = each[at_risk >= AT_RISK].max(initial=0.0)
    first_cut = arm.loc[arm["status"].eq(PENDING), "days"].astype(float).min()
    return float("inf") if pd.isna(first_cut) else max(enough, float(first_cut))


def _shares(cases: pd.DataFrame, measure: str, days: float) -> pd.DataFrame:
    """The share of each stratum and arm with its limits: one row each."""
    names = ["stratum", "arm"]
    cases = cases.assign(arm=cases["arm"].astype("str"))
    if measure == "refused":
        counts = cases.groupby(names)["refused"].agg(["sum", "size"])
        lower, upper = wilson(counts["sum"], counts["size"])
        return pd.DataFrame({"share": counts["sum"] / counts["size"], "lower": lower, "upper": upper})
    curve = answered_curve(cases, names) if len(cases) else pd.DataFrame(columns=[*names, "day", "share"])
    read = curve[curve["day"].le(days)].groupby(names).tail(1).set_index(names)
    known = cases[cases["status"].ne(PENDING) | cases["days"].ge(days)].groupby(names).size()
    found = read.reindex(columns=["share", "lower", "upper"]).reindex(cases.groupby(names).size().index)
    found["share"] = found["share"].astype(float).fillna(0.0)
    # At 0 and 1 the curve has no limits of its own: those of a plain share of what is known by then.
    whole = known.reindex(found.index, fill_value=0)
    lower, upper = wilson((whole * found["share"]).round(), whole)
    return found.assign(lower=found["lower"].fillna(lower), upper=found["upper"].fillna(upper))


def _difference(shares: pd.DataFrame, weights: pd.Series) -> dict[str, float]:
    """The two arms' weighted shares, their difference and its limits."""
    w = weights / weights.sum()
    one, two = (
        shares.xs(side, level="arm").reindex(w.index)
        if side in shares.index.get_level_values(1)
        else shares.iloc[:0].droplevel(1).reindex(w.index)
        for side in SIDES
    )
    ours, theirs = ((w * arm["share"]).sum(min_count=len(w)) for arm in (one, two))
    below = w**2 * ((one["share"] - one["lower"]) ** 2 + (two["upper"] - two["share"]) ** 2)
    above = w**2 * ((one["upper"] - one["share"]) ** 2 + (two["share"] - two["lower"]) ** 2)
    down, up = (float(np.sqrt(part.sum(min_count=len(w)))) for part in (below, above))
    difference = ours - theirs
    found = (ours, theirs, difference, difference - down, difference + up)
    return dict(zip((*SIDES, "difference", "lower", "upper"), map(float, found), strict=True))


def _mix(crude: dict[str, float], like: dict[str, float]) -> str:
    if not like or np.isnan(crude["difference"]) or np.isnan(like["difference"]):
        return "unknown"
    before, after = (np.sign(d["lower"]) if d["lower"] * d["upper"] > 0 else 0 for d in (crude, like))
    if not before:
        return ""
    return "explains" if not after else "reverses" if before != after else ""
