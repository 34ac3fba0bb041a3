"""Answers a month per request-day open, before and after an event: a segmented Poisson model.

The months are counted from the event, so that none lies on both sides of it. The model has a level
and a slope before, and a change of each after (Wagner and others 2002; Bernal and others 2017):

    log E(answers) = log(request-days open) + a + b month + c after + d (months since the event)

Its errors are the widest of three that are robust: to overdispersion (quasi-Poisson), to unequal scatter
(HC3) and to correlation from month to month besides (Newey and West, on the residuals of HC3). On short
series each alone is too narrow in some case; with t limits the widest holds near its 5 per cent. A change
says that the pace of answers changed, not why: the rate falls too when old requests pile up, and
whatever else happened in that month is in it.
"""

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd

from mlastats.measure.clocks import REQUESTED, moment
from mlastats.measure.durations import ANSWERED, cut_of, durations

EACH_SIDE = 12
FEWEST_ANSWERS = 10
SEASONAL = 48
PLACEBO_MONTHS = 6
CHANGES = ["level", "level_lower", "level_upper", "slope", "slope_lower", "slope_upper"]
SIDES = ["months_before", "months_after", "answers_before", "answers_after"]
COLUMNS = ["direction", "event", *SIDES, "seasonal", *CHANGES, "level_p", "note"]


def months(requests: pd.DataFrame, event: dt.date | str, *, as_of: dt.date | str) -> pd.DataFrame:
    """Answers by direction and month counted from the event: `direction month start answers open_days`.

    Month 0 begins on the day of the event, month -1 ends on the day before. `open_days` adds up the days
    on which each request was open and under observation; the day of its end counts. Whole months only:
    from the day on which every register was kept to the day to which every one is complete.
    """
    cases = durations(requests, as_of=as_of)
    cases = cases[cases["days"].notna() & ~cases["unobserved"]]
    first, last = _span(requests.loc[cases.index], as_of)
    starts = _starts(pd.Timestamp(event), first, last)
    rows = [_counted(str(code), part, starts) for code, part in cases.groupby("direction", observed=True)]
    columns = ["direction", "month", "start", "answers", "open_days"]
    return pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=columns)


def segmented(requests: pd.DataFrame, event: dt.date | str, *, as_of: dt.date | str) -> pd.DataFrame:
    """The change at the event: one row a direction, COLUMNS.

    `level`: the rate just after the event over the rate that the months before lead to (1 is no change);
    `slope`: by how much the rate changes from one month to the next after the event, over the same
    before. Both with 95% intervals. `level_p` is the p value of the level. Seasonal terms (a yearly wave
    and its half) where the series has at least four years. Nothing is given where a side has fewer than
    twelve months or ten answers (`note` "few_months", "few_answers").
    """
    counted = months(requests, event, as_of=as_of)
    groups = counted.groupby("direction", observed=True)
    rows = [_change(str(code), pd.Timestamp(event), part) for code, part in groups]
    return pd.DataFrame(rows, columns=COLUMNS)


def placebos(requests: pd.DataFrame, event: dt.date | str, *, as_of: dt.date | str) -> pd.DataFrame:
    """The same model at dates on which nothing is known to have happened: a row a direction and date.

    Every sixth month from the event; a date before it is judged by the months before the event alone, one
    after it by those after, so that what happened at the event is in none. Columns as `segmented`.
    """
    counted = months(requests, event, as_of=as_of)
    rows = []
    for code, part in counted.groupby("direction", observed=True):
        for side in (part[part["month"] < 0], part[part["month"] >= 0]):
            for month in side.loc[side["month"].mod(PLACEBO_MONTHS).eq(0), "month"]:
                start = side.loc[side["month"].eq(month), "start"].iloc[0]
                rows.append(_change(str(code), start, side.assign(month=side["month"] - month)))
    return pd.DataFrame([row for row in rows if row["note"] == ""], columns=COLUMNS)


def _span(requests: pd.DataFrame, as_of: dt.date | str) -> tuple[pd.Timestamp, pd.Timestamp]:
    begun = moment(requests, REQUESTED)["day"].min()
    return requests["observed_from"].fillna(begun).max(), cut_of(requests, as_of).min()


def _starts(event: pd.Timestamp, first: pd.Timestamp, last: pd.Timestamp) -> pd.Series:
    """The first day of each whole month, by its number from the event, and the day after the last."""
    if pd.isna(first) or first > last:
        return pd.Series(dtype="datetime64[us]")
    back, ahead = ((day - event).days / 30.4375 for day in (first, last))
    numbers = range(math.floor(back) - 1, math.ceil(ahead) + 2)
    starts = pd.Series({n: event + pd.DateOffset(months=n) for n in numbers}, dtype="datetime64[us]")
    return starts[starts.between(first, last + pd.Timedelta(days=1))]


def _counted(direction: str, cases: pd.DataFrame, starts: pd.Series) -> pd.DataFrame:
    """Answers and days open in each month, as differences of what there was before each day."""
    begun, end = (cases[name].to_numpy("datetime64[D]") for name in ("start", "end"))
    seen, over = begun + cases["entry"].to_numpy(int), end + 1
    days = starts.to_numpy("datetime64[D]")
    open_days = [np.maximum((np.minimum(over, day) - seen).astype(int), 0).sum() for day in days]
    answers = np.searchsorted(np.sort(end[cases["cause"].eq(ANSWERED).to_numpy(bool)]), days)
    return pd.DataFrame(
        {
            "direction": direction,
            "month": starts.index[:-1],
            "start": starts.iloc[:-1].to_numpy(),
            "answers": np.diff(answers),
            "open_days": np.diff(open_days),
        }
    )


def _change(direction: str, event: pd.Timestamp, counted: pd.DataFrame) -> dict[str, Any]:
    """One row of `segmented` from the months of one direction."""
    known = counted[counted["open_days"].gt(0)].reset_index(drop=True)
    after = known["month"].ge(0)
    row = {"direction": direction, "event": event, "months_before": int((~after).sum())}
    answers = known["answers"].groupby(after).sum()
    row |= {"answers_before": int(answers.get(False, 0)), "answers_after": int(answers.get(True, 0))}
    row |= {"months_after": int(after.sum()), "seasonal": len(known) >= SEASONAL, "note": ""}
    if min(row["months_before"], row["months_after"]) < EACH_SIDE:
        return row | {"note": "few_months"}
    if min(row["answers_before"], row["answers_after"]) < FEWEST_ANSWERS:
        return row | {"note": "few_answers"}
    terms = _terms(known, after.astype(float), seasonal=bool(row["seasonal"]))
    ratio, lower, upper, p = _ratios(terms, known)
    if not np.isfinite([*lower[["after", "since"]], *upper[["after", "since"]]]).all():
        return row | {"note": "no_answers"}  # so few that a model of them has no limits
    for name, term in (("level", "after"), ("slope", "since")):
        row |= {name: ratio[term], f"{name}_lower": lower[term], f"{name}_upper": upper[term]}
    return row | {"level_p": p["after"]}


def _terms(known: pd.DataFrame, after: pd.Series, *, seasonal: bool) -> pd.DataFrame:
    month = known["month"].astype(float)
    terms = pd.DataFrame({"level": 1.0, "month": month, "after": after, "since": after * month})
    turn = 2 * np.pi * known["start"].dt.day_of_year / 365.25
    for n in (1, 2) if seasonal else ():
        terms[f"sin{n}"], terms[f"cos{n}"] = np.sin(n * turn), np.cos(n * turn)
    return terms


def _ratios(terms: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.Series, ...]:
    """Rate ratios of the terms with their 95% limits and p values, by t with the residual degrees."""
    # All of statsmodels would take a second to import.
    from scipy import stats
    from statsmodels.genmod.families import Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    offset = np.log(known["open_days"].astype(float))
    answers = known["answers"].astype(float)
    model = GLM(answers, terms, family=Poisson(), offset=offset).fit()
    error = pd.Series(_errors(model, terms.to_numpy()), index=terms.columns)
    b, width = model.params, stats.t.ppf(0.975, model.df_resid) * error
    p = pd.Series(2 * stats.t.sf((b / error).abs(), model.df_resid), index=terms.columns)
    with np.errstate(over="ignore"):
        return np.exp(b), np.exp(b - width), np.exp(b + width), p


def _errors(model: Any, x: np.ndarray) -> np.ndarray:
    """Errors of the coefficients: of each, the widest of the three kinds."""
    mean = model.fittedvalues.to_numpy()
    bread = np.linalg.inv((x * mean[:, None]).T @ x)
    leverage = mean * np.einsum("ij,jk,ik->i", x, bread, x)
    score = x * ((model.model.endog - mean) / (1 - leverage))[:, None]
    middle = score.T @ score
    lagged, lags = middle.copy(), int(4 * (len(x) / 100) ** (2 / 9))
    for lag in range(1, lags + 1):
        cross = score[lag:].T @ score[:-lag]
        lagged += (1 - lag / (lags + 1)) * (cross + cross.T)
    dispersion = max(1.0, float(model.pearson_chi2 / model.df_resid))
    kinds = (bread * dispersion, bread @ middle @ bread, bread @ lagged @ bread)
    return np.sqrt(np.max([np.diag(kind) for kind in kinds], axis=0))
