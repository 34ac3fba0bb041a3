"""Two arms, like with like: formal against informal, or partners outside ASEAN against those in it.

Unlike cases stand on the two sides, so the mix is shown beside. A crude difference compares all of one
arm with all of the other. The standardised one compares within strata of the same kind, offence and
group of partners, and takes both to one mix: the strata weigh what all their requests weigh. What that
leaves of the crude difference is not the mix.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mlastats.errors import one_of
from mlastats.measure.comparisons import answered_within_difference, recovered, rmst_difference
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.curves import day_counts
from mlastats.measure.durations import ANSWERED, UNDATED
from mlastats.measure.groups import grouped, tally
from mlastats.measure.intervals import share, wilson
from mlastats.measure.standardised import IN_EACH_ARM, MOST_LEFT_OUT, standardised
from mlastats.measure.turnaround import timed_cases, turnaround

STRATA = ("kind", "offence", "partner_group")
ARMS = {"formality": ("formal", "informal"), "asean": ("non_asean", "asean"), "urgent": ("true", "false")}
DECIDED = ("executed", "partly_executed", "refused")
SIDES = ("first", "second")
FIGURES = (*SIDES, "difference", "lower", "upper")
TIMED: dict[str, tuple[str, Callable[..., pd.DataFrame]]] = {
    "answered_within": ("answered_within", answered_within_difference),
    "mean_days": ("rmst", rmst_difference),
}
MEASURES = (*TIMED, "refused")


@measure
def compare(
    requests: pd.DataFrame, by: By = STRATA, *, as_of: Day, between: str = "formality"
) -> pd.DataFrame:
    """Turnaround and outcomes of two arms, within each stratum that holds a request.

    `direction`, the columns of `by`, that of `between` (both arms, the empty one too), the columns of
    `turnaround`, then `pending_share`, `decided` (executed, partly executed or refused), `executed`
    (partly, too) and `refused` of these, and `refused_share`, shares with `_lower _upper` (Wilson, 95%).
    `between` is "formality" (formal, informal), "asean" (non_asean, asean) or "urgent" ("true", "false"). Requests that
    are neither are left out. No difference between the two is an effect of the channel, or of the partner.

    >>> measure.mix.compare(requests, "kind", as_of="2026-09-30", between="formality").columns[:4].tolist()
    ['direction', 'kind', 'formality', 'requests']
    """
    by = [by] if isinstance(by, str) else list(by)
    names = ["direction", *by, between]
    arms = _arms(requests, between)
    table = turnaround(arms, [*by, between], as_of=as_of).set_index(names)
    cases = _decided(arms, [*by, between], as_of)
    decided, refused = cases["decided"], cases["refused"]
    ends = {"decided": decided, "executed": decided & ~refused, "refused": refused}
    table = table.join(share(table, "pending", "requests", "pending_share"))
    table = table.join(tally(cases, names, ends, refused_share=("refused", "decided"))).reset_index()
    held = table.groupby(names[:-1], observed=False)["requests"].transform("sum").gt(0)
    return table[held].reset_index(drop=True)


@measure
def side_by_side(
    requests: pd.DataFrame, by: By = STRATA, *, as_of: Day, within_days: int = 90, between: str = "formality"
) -> pd.DataFrame:
    """Two arms, crude and standardised to one mix: one row a direction and measure.

    `measure` is "answered_within" (the share answered within `within_days`), "mean_days" (the days without an
    answer up to `within_days`, the restricted mean), both with pending requests counted for the days
    observed, or "refused" (of those decided). For each of the two `first second difference lower
    upper` (first - second) as they stand, and `first_standardised second_standardised
    difference_standardised lower_standardised upper_standardised`. First and second are formal and
    informal, or by `between="asean"` partners outside ASEAN and in it. Timed requests only.
    Standardised over the strata of `by` with at least 5 requests (of the refused: decided ones) in each
    arm, weighted by all requests of the stratum. `requests` of the two arms, `first_requests
    second_requests` of each, `strata kept` of them, and `left_out`, the share of the requests that
    stands in no stratum kept: above 30 % there is no standardised figure. `days` is within_days, or
    the last day before it to which both arms are known, as `standardised` says.

    `mix` says what the mix does to the difference: "explains" (crude the interval leaves out 0,
    standardised it does not), "reverses" (both leave out 0, on opposite sides), "" (neither), or "unknown"
    where there is no standardised figure. Intervals are 95%; those of weighted sums and differences by
    the method of variance estimates recovery from the strata's own limits (Zou and Donner 2008).

    >>> table = measure.mix.side_by_side(requests, "kind", as_of="2026-09-30", between="formality")
    >>> table[["direction", "measure", "requests"]].values.tolist()[:2]
    [['incoming', 'answered_within', 805], ['incoming', 'mean_days', 805]]
    """
    by = [by] if isinstance(by, str) else list(by)
    cases = _decided(_arms(requests, between), [*by, between], as_of).rename(columns={between: "arm"})
    cases = cases[cases["days"].notna() & ~cases["unobserved"]]
    cases["arm"] = cases["arm"].cat.rename_categories(dict(zip(ARMS[between], SIDES, strict=True)))
    cases = cases.assign(stratum=cases.groupby(by, observed=True).ngroup().astype("str") if by else "all")
    rows = []
    for direction, part in cases.groupby("direction", observed=False):
        for what in MEASURES:
            rows.append({"direction": direction, "measure": what, **_both(part, what, within_days)})
    arms = [f"{side}_requests" for side in SIDES]
    columns = [
        "direction",
        "measure",
        "days",
        "requests",
        *arms,
        "strata",
        "kept",
        "left_out",
        *_COLUMNS,
        "mix",
    ]
    return pd.DataFrame(rows, columns=columns)


_COLUMNS = [f"{name}{how}" for how in ("", "_standardised") for name in FIGURES]


def _arms(requests: pd.DataFrame, between: str) -> pd.DataFrame:
    """The requests of the two arms, with both as levels."""
    one_of("between", between, ARMS)
    arm = grouped(requests, between)[between].astype("str")
    arms = requests[arm.isin(ARMS[between])]
    return arms.assign(**{between: pd.Categorical(arm[arms.index], categories=list(ARMS[between]))})


def _decided(arms: pd.DataFrame, by: list[str], as_of: Day) -> pd.DataFrame:
    """The timed requests with their groups, and whether they are decided, and refused, by the cut."""
    cases = timed_cases(arms, by, as_of=as_of)
    outcome = arms["outcome"].reindex(cases.index).where(cases["status"].isin([ANSWERED, UNDATED]))
    return cases.assign(decided=outcome.isin(DECIDED), refused=outcome.eq("refused"))


def _both(cases: pd.DataFrame, measure: str, within_days: int) -> dict[str, object]:
    """The crude and the standardised comparison of one direction."""
    sizes = {f"{side}_requests": int(cases["arm"].eq(side).sum()) for side in SIDES}
    if set(cases["arm"]) != set(SIDES):
        return {
            **sizes,
            "requests": len(cases),
            "strata": cases["stratum"].nunique(),
            "kept": 0,
            "mix": "unknown",
        }
    crude, like = _refused(cases) if measure == "refused" else _timed(cases, measure, within_days)
    account = {"days": like.get("tau", np.nan)} | {
        n: like[n] for n in ("requests", "strata", "kept", "left_out")
    }
    after = {f"{name}_standardised": like[name] for name in FIGURES}
    return {**sizes, **account, **{name: crude[name] for name in FIGURES}, **after, "mix": _mix(crude, like)}


def _timed(cases: pd.DataFrame, measure: str, within_days: int) -> tuple[Any, Any]:
    """Both by the curves of the arms, up to the last day to which both are known."""
    counts = day_counts(cases, ["stratum", "arm"])
    whole = counts.over("stratum")
    known = max(float(min(within_days, whole.known_until().min())), 1)
    name, difference = TIMED[measure]
    like = standardised(counts, known, "arm", "stratum", arms=SIDES, measure=name).iloc[0]
    days = like["tau"] if like["tau"] >= 1 else known
    crude = difference(whole, days, arm="arm", arms=SIDES).iloc[0]
    return crude, like.copy().fillna({"tau": days})


def _refused(cases: pd.DataFrame) -> tuple[Any, Any]:
    """Both by the shares refused of what is decided."""
    decided = cases[cases["decided"]]
    counts = decided.groupby(["stratum", "arm"], observed=False)["refused"].agg(["sum", "size"])
    sizes = counts["size"].unstack("arm").reindex(columns=list(SIDES), fill_value=0)
    weights = cases.groupby("stratum").size()
    kept = sizes.index[sizes.min(axis=1).ge(IN_EACH_ARM)]
    left_out = 1 - weights.reindex(kept).sum() / weights.sum()
    allowed = len(kept) > 0 and left_out <= MOST_LEFT_OUT
    account = {"requests": len(cases), "strata": len(weights), "kept": len(kept), "left_out": left_out}
    crude = _weighed(counts.groupby("arm", observed=False).sum(), pd.Series({"all": 1.0}))
    like = _weighed(counts, weights[kept]) if allowed else dict.fromkeys(FIGURES, np.nan)
    return crude, {**like, **account}


def _weighed(counts: pd.DataFrame, weights: pd.Series) -> dict[str, float]:
    """The two arms' weighted shares, their difference and its limits."""
    lower, upper = wilson(counts["sum"], counts["size"])
    table = pd.DataFrame({"value": counts["sum"] / counts["size"], "lower": lower, "upper": upper})
    if table.index.nlevels == 1:
        sides = [table.loc[[side]] for side in SIDES]
    else:
        sides = [table.xs(side, level="arm").reindex(weights.index) for side in SIDES]
    return dict(zip(FIGURES, recovered(sides[0], sides[1], weights.to_numpy(dtype=float)), strict=True))


def _mix(crude: Any, like: Any) -> str:
    if np.isnan(crude["difference"]) or np.isnan(like["difference"]):
        return "unknown"
    before, after = (np.sign(d["lower"]) if d["lower"] * d["upper"] > 0 else 0 for d in (crude, like))
    if not before:
        return ""
    return "explains" if not after else "reverses" if before != after else ""
