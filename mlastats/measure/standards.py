"""The share answered within the service standard."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from mlastats.measure.curves import answered_curve, few_at_risk

Z = 1.959963984540054
COLUMNS = ["standard_days", "with_standard", "within", "within_lower", "within_upper", "within_note"]


def within_standard(
    cases: pd.DataFrame,
    by: Sequence[str],
    kinds: pd.Series,
    standard: int | Mapping[str, int],
    every: int = 1,
) -> pd.DataFrame:
    """The share answered within the standard, by group, in a frame indexed by the columns of `by`.

    `standard` is one number of days, or one for each kind (a kind without one is left out):
    `standard_days` is the standard where the group has a single one. `with_standard` counts the
    timed requests with a standard; `within within_lower within_upper` is their share answered on
    time, read from the curve (95%, log-log). A group with several standards takes the shares of its
    standards together, each weighted by its requests.

    `within_note` says why a share is missing: "few_at_risk" where fewer than 10 are still at risk on
    the day of the standard and an open request was cut before it; "no_standard". `every` as in
    `answered_curve`.
    """
    by = list(by)
    of_kind = kinds.map(dict(standard)).astype("float64") if isinstance(standard, Mapping) else standard
    timed = cases.assign(standard=of_kind)[cases["days"].notna() & ~cases["unobserved"]]
    strata = _strata(timed[timed["standard"].notna()], by, every)
    index = cases.groupby(by, observed=False).size().index
    table = _together(strata, by).reindex(index)
    table["with_standard"] = table["with_standard"].fillna(0).astype("int64")
    table["within_note"] = table["within_note"].mask(table["with_standard"].eq(0), "no_standard")
    return table


def _strata(timed: pd.DataFrame, by: list[str], every: int) -> pd.DataFrame:
    """One row for each group and standard: its requests, the share answered by that day, limits."""
    by = [*by, "standard"]
    groups = timed.groupby(by, observed=True)
    strata = pd.DataFrame(
        {"size": groups.size(), "few": few_at_risk(timed, by, timed["standard"])}
    ).reset_index()
    curve = answered_curve(timed, by, every).astype({"standard": float})
    read = curve[curve["day"].le(curve["standard"])].groupby(by, observed=True).tail(1)
    text = {name: strata[name].astype("str") for name in by[:-1]}
    joined = strata.assign(**text).merge(read.drop(columns=["day", "at_risk"]), on=by, how="left")
    return joined.fillna({"share": 0.0, "std_error": 0.0})


def _together(strata: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """The strata of each group as one share, each weighted by its requests."""
    groups = strata.groupby(by, observed=True)
    weight = strata["size"] / groups["size"].transform("sum")
    parts = strata.assign(share=weight * strata["share"], variance=(weight * strata["std_error"]) ** 2)
    total = parts.groupby(by)[["size", "share", "variance", "few"]].sum()
    lower, upper = _limits(total["share"], np.sqrt(total["variance"]))
    single = groups.size().eq(1)
    few = total["few"].gt(0)
    table = pd.DataFrame(
        {
            "standard_days": groups["standard"].first().where(single),
            "with_standard": total["size"],
            "within": total["share"],
            "within_lower": groups["lower"].first().where(single, lower),
            "within_upper": groups["upper"].first().where(single, upper),
        }
    )
    table.loc[few, ["within", "within_lower", "within_upper"]] = np.nan
    return table.assign(within_note=np.where(few, "few_at_risk", ""))


def _limits(share: pd.Series, error: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Log-log limits of one minus the share; missing at 0 and 1, where they are not defined."""
    rest = (1 - share).where((share > 0) & (share < 1))
    width = Z * error / (-rest * np.log(rest))
    return 1 - rest ** np.exp(-width), 1 - rest ** np.exp(width)
