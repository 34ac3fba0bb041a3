"""Signals: a period against its own past, by limits that were simulated for counts of this size.

A point is a signal outside the limits within which its own past predicts it; a year, where it differs from the years
before. Each is tested so strictly that all charts of a page together give a false signal in fewer than one year of ten:
alpha = .10 / (charts x points a year x 2). docs/signals.md says how often they do, and what they miss.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mlastats import schema, vocab
from mlastats.errors import one_of
from mlastats.measure.clocks import ENDED, REQUESTED, moment
from mlastats.measure.contract import Day, measure
from mlastats.measure.flow import flow
from mlastats.measure.groups import UNRECORDED, grouped
from mlastats.measure.periods import calendar
from mlastats.measure.standards import due

# By the length of a period: how many make the past, how many are the fewest that do, and how many are a year.
PAST = {"quarter": 12, "month": 24}
FEWEST = {"quarter": 8, "month": 16}
YEAR = {"quarter": 4, "month": 12}
FALSE = 0.10
# A count is held against its past where that has one a period, a share from so many a period on.
ENOUGH = 10
BELOW, WITHIN, ABOVE = "below", "within", "above"
SHORT_PAST, FEW, NOT_OBSERVED, BY_PERIOD = "short_past", "few", "not_observed", "by_period"
ALL, ON_TIME = "every", "on_time"
CHART = ["direction", "strand", "what"]
JUDGEMENT = ["usual", "lower", "upper", "signal", "of_year", "usual_year", "year_signal"]
NEW = ["partner", "channel", "kind", "refusal_ground"]


@measure
def series(
    requests: pd.DataFrame, standards: Mapping[str, int] | None = None, *, as_of: Day, span: str
) -> pd.DataFrame:
    """What is held against its past, period by period: `direction strand what period start end observed part whole`.

    `what`: `came` and `ended`, in `part` the requests of each strand, and of every one together, in the time in which every
    register was kept that holds such requests; `observed` is that time's part of the period. `on_time`: of the incoming
    requests of a strand that were due in the period (`standards.due`), `whole`, how many were answered by then, `part`.

    >>> table = measure.signals.series(requests, {"mla": 180}, as_of="2026-09-30", span="quarter")
    >>> table.columns[:4].tolist()
    ['direction', 'strand', 'what', 'period']
    """
    one_of("span", span, PAST)
    names = [*CHART, "period", "start", "end", "observed", "part", "whole"]
    strand, parts = grouped(requests, "strand")["strand"], []
    strands = [code for code in vocab.codes("strand") if code in strand.cat.categories]
    for code in [*strands, ALL] if len(strands) > 1 else strands:
        moves = flow(requests if code == ALL else requests[strand.eq(code)], as_of=as_of, span=span)
        whole = (moves["end"] - moves["start"]).dt.days + 1
        moves = moves.assign(strand=code, observed=moves["days"] / whole)
        parts += [
            moves.assign(what=what, part=moves[column].astype(float))
            for what, column in (("came", "opened"), ("ended", "ended"))
        ]
    cases = due(requests, "strand", as_of=as_of, standard_days=standards or {})
    if len(cases := cases[cases["direction"].eq("incoming") & cases["strand"].ne(UNRECORDED)]):
        spans = calendar(cases["due"].min(), pd.Timestamp(as_of), span)
        cases["period"] = spans["period"].to_numpy()[spans["start"].searchsorted(cases["due"], "right") - 1]
        counted = cases.groupby(["direction", "strand", "period"], observed=True)["on_time"]
        full = pd.MultiIndex.from_product([["incoming"], cases["strand"].unique(), spans["period"]])
        table = counted.agg(part="sum", whole="size").reindex(full, fill_value=0).astype(float)
        table = table.rename_axis(["direction", "strand", "period"]).reset_index()
        seen = pd.concat(parts)[lambda came: came["what"].eq("came")].astype({"direction": "str"})
        table = table.astype({"strand": "str"}).merge(spans, on="period")
        own = ["direction", "strand", "period"]
        parts.append(table.merge(seen[[*own, "observed"]], on=own, how="left").assign(what=ON_TIME))
    texts = dict.fromkeys(["direction", "strand"], "str")
    tables = [part.reindex(columns=names).astype(texts) for part in parts]
    if not tables:
        days, numbers = dict.fromkeys(["start", "end"], "datetime64[us]"), dict.fromkeys(names[-3:], float)
        return pd.DataFrame(columns=names).astype(days | numbers)
    return pd.concat(tables, ignore_index=True)


@measure
def judged(table: pd.DataFrame, *, span: str, until: Day) -> pd.DataFrame:
    """A frame of `series` with what the past of each point allows, up to the last period that ends by `until` and as
    many before it as make a past: with the columns JUDGEMENT, `charts` and `alpha`.

    `usual` is the mean of the past (12 quarters or 24 months before, 8 or 16 at least; observed whole), or its share;
    `lower` and `upper` the last values allowed: of the negative binomial for counts, of the beta-binomial for shares of
    10 or more. Of a period that was observed in part as much less is allowed. `of_year` is the sum, or share, of the last
    four quarters (12 months), `usual_year` that of a year of the past before them. `signal` and `year_signal`: "below",
    "above" or "within"; "short_past", "few" (less than one a period in the past; of shares fewer than 10), "by_period" (of
    a share of 10 or more the period is told, not the year) or "not_observed". `charts` is how many were held against their
    past in the last period, `alpha` how often each test of one is false.

    >>> table = measure.signals.series(requests, {"mla": 180}, as_of="2026-09-30", span="quarter")
    >>> measure.signals.judged(table, span="quarter", until="2026-09-30").columns[:4].tolist()
    ['direction', 'strand', 'what', 'period']
    """
    ending = table[table["end"].le(pd.Timestamp(until))]
    charts = [rows.reset_index(drop=True) for _code, rows in ending.groupby(CHART, sort=False)]
    held = sum(_tells(_past(rows, len(rows) - 1, span), span) for rows in charts)
    alpha, parts = FALSE / (max(1, held) * YEAR[span] * 2), []
    for rows in charts:
        places = range(max(0, len(rows) - PAST[span] - 1), len(rows))
        judgements = [_point(rows, at, span, alpha) | _year(rows, at, span, alpha) for at in places]
        parts.append(rows.iloc[places].assign(**pd.DataFrame(judgements, index=rows.index[places])))
    judgement = (
        pd.concat(parts, ignore_index=True) if parts else ending.reindex(columns=[*ending, *JUDGEMENT])
    )
    return judgement.assign(charts=held, alpha=alpha)


def allowed(past: Any, alpha: float, observed: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most that counts of the past (along the last axis) predict of the next, two-sided at `alpha`.

    Negative binomial with the mean (sum + .5) / n and the past's variance over its mean, at least 1, times 1 + 1 / n for
    the error of the mean. Of a next period that is `observed` in part, as much less.

    >>> least, most = measure.signals.allowed([10, 12, 9, 11, 10, 8, 12, 10], 0.01)
    >>> (int(least), int(most))
    (3, 20)
    """
    from scipy.stats import nbinom

    x = np.asarray(past, dtype=float)
    n, total = x.shape[-1], x.sum(axis=-1)
    over = x.var(axis=-1, ddof=1) * n / np.where(total > 0, total, np.inf)
    spread = np.maximum(1, over) * (1 + observed / n)
    size = observed * (total + 0.5) / n / (spread - 1)
    return nbinom.ppf(alpha / 2, size, 1 / spread), nbinom.ppf(1 - alpha / 2, size, 1 / spread)


def allowed_share(part: Any, whole: Any, sizes: Any, alpha: float) -> tuple[np.ndarray, np.ndarray]:
    """The least and the most of periods of `sizes` together that shares of the past predict, two-sided at `alpha`;
    periods lie along the last axis.

    Beta-binomial with the pooled share, (sum + .5) / (whole + 1), and the past's variance over the binomial's, at least
    1, by its size; times 1 + size / whole for the error of the share.

    >>> least, most = measure.signals.allowed_share([5, 6, 4, 5], [10, 10, 10, 10], [10], 0.05)
    >>> (float(least), float(most))
    (2.0, 8.0)
    """
    from scipy.stats import betabinom

    x, n, m = (np.asarray(values, dtype=float) for values in (part, whole, sizes))
    known, total = n.sum(axis=-1), m.sum(axis=-1)
    p = (x.sum(axis=-1) + 0.5) / (known + 1)
    each = p[..., None]
    over = ((x - n * each) ** 2 / (n * each * (1 - each))).sum(axis=-1) / (n.shape[-1] - 1) - 1
    alike = np.maximum(0, over / np.maximum(n.mean(axis=-1) - 1, 1e-9))
    spread = (m * (1 + (m - 1) * alike[..., None])).sum(axis=-1) / total * (1 + total / known)
    size = np.maximum((total - 1) / np.maximum(spread - 1, 1e-9) - 1, 1e-3)
    lower, upper = (betabinom.ppf(q, total, p * size, (1 - p) * size) for q in (alpha / 2, 1 - alpha / 2))
    return lower, upper


def year_test(past: Any, year: Any) -> tuple[np.ndarray, np.ndarray]:
    """t and p of the mean of a year's counts against those of the past, on 2 sqrt(count + 3/8) with a standard
    deviation of 1 at least (Anscombe, Biometrika 1948), on as many degrees of freedom as the past has periods, less one;
    periods lie along the last axis.

    >>> t, p = measure.signals.year_test([10, 12, 9, 11, 10, 8, 12, 10], [10, 11, 10, 10])
    >>> bool(p > 0.5)
    True
    """
    from scipy.special import stdtr

    before, now = (2 * np.sqrt(np.asarray(values, dtype=float) + 3 / 8) for values in (past, year))
    spread, n = np.maximum(1, before.std(axis=-1, ddof=1)), before.shape[-1]
    t = (now.mean(axis=-1) - before.mean(axis=-1)) / (spread * np.sqrt(1 / n + 1 / now.shape[-1]))
    return t, 2 * stdtr(n - 1, -np.abs(t))


@measure
def new(requests: pd.DataFrame, start: Day, end: Day) -> pd.DataFrame:
    """What stands in requests from `start` to `end` and in none before: `direction what code requests`.

    `what`: a partner, a channel or a kind of request, by the day on which requests were made; a ground of refusal, by the
    day on which they ended. Of a register that was not kept for long before, all is new.

    >>> measure.signals.new(requests, "2026-07-01", "2026-09-30").columns.tolist()
    ['direction', 'what', 'code', 'requests']
    """
    direction, parts = requests["direction"].fillna(UNRECORDED), []
    for what in NEW:
        on = moment(requests, ENDED if what == "refusal_ground" else REQUESTED)["day"]
        rows = pd.DataFrame(
            {"direction": direction, "on": on, "code": requests[what].str.split(schema.SEVERAL)}
        )
        rows = rows[on.le(pd.Timestamp(end))].explode("code").dropna()
        groups = rows.groupby(["direction", "code"])["on"].agg(first="min", requests="size").reset_index()
        parts.append(groups[groups["first"].ge(pd.Timestamp(start))].assign(what=what))
    return pd.concat(parts, ignore_index=True)[["direction", "what", "code", "requests"]]


def _past(rows: pd.DataFrame, at: int, span: str) -> pd.DataFrame:
    """The periods of a chart before a place that were observed whole, as many as make a past."""
    before = rows.iloc[max(0, at - PAST[span]) : max(0, at)]
    return before[before["observed"].eq(1)]


def _tells(past: pd.DataFrame, span: str) -> bool:
    """Whether a past is long enough, and has one a period or, of a share, 10 in all."""
    if len(past) < FEWEST[span]:
        return False
    shares = past["what"].iloc[0] == ON_TIME
    return bool(past["whole"].sum() >= ENOUGH if shares else past["part"].mean() >= 1)


def _point(rows: pd.DataFrame, at: int, span: str, alpha: float) -> dict[str, object]:
    """A period against its past."""
    row, past = rows.iloc[at], _past(rows, at, span)
    shares = row["what"] == ON_TIME
    none = {"usual": np.nan, "lower": np.nan, "upper": np.nan}
    if not row["observed"] > 0:
        return none | {"signal": NOT_OBSERVED}
    if len(past) < FEWEST[span]:
        return none | {"signal": SHORT_PAST}
    past = past[past["whole"].ge(ENOUGH)] if shares else past
    if not _tells(past, span) or (shares and not row["whole"] >= ENOUGH):
        return none | {"signal": FEW}
    if shares:
        lower, upper = allowed_share(past["part"], past["whole"], [row["whole"]], alpha)
        usual = past["part"].sum() / past["whole"].sum()
    else:
        lower, upper = allowed(past["part"], alpha, row["observed"])
        usual = past["part"].mean() * row["observed"]
    return {
        "usual": usual,
        "lower": float(lower),
        "upper": float(upper),
        "signal": _side(row["part"], lower, upper),
    }


def _year(rows: pd.DataFrame, at: int, span: str, alpha: float) -> dict[str, object]:
    """The last four quarters (twelve months) up to a place against the past before them."""
    began = at + 1 - YEAR[span]
    year, past = rows.iloc[max(0, began) : at + 1], _past(rows, began, span)
    shares = rows["what"].iloc[at] == ON_TIME
    none = {"of_year": np.nan, "usual_year": np.nan}
    if len(past) < FEWEST[span]:
        return none | {"year_signal": SHORT_PAST}
    if not year["observed"].eq(1).all():
        return none | {"year_signal": NOT_OBSERVED}
    past = past[past["whole"].gt(0)] if shares else past
    if not _tells(past, span) or (shares and not year["whole"].sum() >= ENOUGH):
        return none | {"year_signal": FEW}
    total = year["part"].sum()
    if shares and rows["whole"].iloc[at] >= ENOUGH:
        # Both tests of a share together would give too many false signals.
        return none | {"year_signal": BY_PERIOD}
    if shares:
        sizes = year["whole"][year["whole"].gt(0)]
        limits = allowed_share(past["part"], past["whole"], sizes, alpha)
        usual = past["part"].sum() / past["whole"].sum()
        return {"of_year": total / sizes.sum(), "usual_year": usual, "year_signal": _side(total, *limits)}
    t, p = year_test(past["part"], year["part"])
    side = WITHIN if p > alpha else ABOVE if t > 0 else BELOW
    return {"of_year": total, "usual_year": past["part"].mean() * YEAR[span], "year_signal": side}


def _side(value: float, lower: Any, upper: Any) -> str:
    return BELOW if value < lower else ABOVE if value > upper else WITHIN
