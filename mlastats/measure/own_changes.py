"""Has the pace of answers changed since an event by more than it changed before, over spans as long?

A register's pace wanders: counts alone, or one other date, would show a change after almost any day. So the last
change is held against the register's own earlier changes. Back from the event lie spans as long as the time since it;
in each a request enters late that was open when it began. The pace of a span is its answers over those expected of it at
the pace of all spans together (log-rank); its change is the logarithm of two paces that follow each other.
"""

import numpy as np
import pandas as pd

from mlastats.measure.contract import By, Day, measure
from mlastats.measure.curves import day_counts
from mlastats.measure.daycounts import DayCounts
from mlastats.measure.groups import keys
from mlastats.measure.observation import window
from mlastats.measure.paces import expected_answers
from mlastats.measure.turnaround import timed_cases

FEWEST_BEFORE, FEWEST_ANSWERS, MOST_BEFORE = 4, 5, 40
FIGURES = ["ratio", "lower", "upper", "p", "least"]
COLUMNS = ["span_days", "spans_before", "answers", "expected", *FIGURES, "reason"]


@measure
def own_changes(requests: pd.DataFrame, event: Day, by: By = (), *, as_of: Day) -> pd.DataFrame:
    """The change of the pace of answers at an event: `direction`, the columns of `by`, then `span_days` (from the
    event to the last day to which every register is complete), `spans_before`, `answers` since and those
    `expected`, `ratio` (pace since over that of the span before; 2 is twice as fast) with its 95% limits `lower
    upper` and `p`, and `least`, the least ratio (or one over it) that could have been told from the register's own
    ups and downs.

    The error is the root mean square of the earlier changes, more where fewer answers came since, and the limits those of
    t on their number. All are missing, with the `reason`, where it cannot be told: "few_spans" (fewer than four before),
    "few_answers" (a span has fewer than 5). A change is told where the limits leave 1 out.

    >>> measure.own_changes.own_changes(requests, "2017-06-28", as_of="2026-09-30").columns[:4].tolist()
    ['direction', 'span_days', 'spans_before', 'answers']
    """
    names, day = keys(by), pd.Timestamp(event)
    began, last = window(requests, as_of=as_of)
    length = (last - day).days + 1
    spans = min((day - began).days // length, MOST_BEFORE) if length > 0 else 0
    parts = []
    for n in range(max(spans, 0), -1, -1):
        start = day - pd.Timedelta(days=n * length)
        cases = timed_cases(requests, by, as_of=start + pd.Timedelta(days=length - 1), since=start)
        parts.append(cases.assign(span=-n))
    counts = day_counts(pd.concat(parts, ignore_index=True), [*names, "span"])
    rows = []
    for codes in counts.groups[names].drop_duplicates().itertuples(index=False):
        mine = counts.where(counts.groups[names].eq(list(codes)).all(axis=1)).over(names)
        rows.append((*codes, length, *last_change(mine, spans)))
    return pd.DataFrame(rows, columns=[*names, *COLUMNS])


def last_change(counts: DayCounts, spans: int) -> tuple[object, ...]:
    """The last change of one group against its earlier ones, the columns from `spans_before` on: `counts` by span, of
    which so many lie before the event.

    >>> counts = measure.curves.day_counts(measure.turnaround.timed_cases(requests, "year", as_of="2026-09-30"), ["year"])
    >>> measure.own_changes.last_change(counts, 99)[-1]
    'few_spans'
    """
    from scipy.stats import t as student

    answers, expected = expected_answers(counts)
    account = (len(answers) - 1, int(answers[-1]), float(expected[-1]))
    none = (*account, *[float("nan")] * len(FIGURES))
    if len(answers) < FEWEST_BEFORE + 1 or len(answers) <= spans:
        return (*none, "few_spans")
    if answers.min() < FEWEST_ANSWERS:
        return (*none, "few_answers")
    changes = np.diff(np.log(answers / expected))
    chance, past = 1 / answers[1:] + 1 / answers[:-1], changes[:-1]
    error = np.sqrt((past**2).mean() + max(0.0, chance[-1] - chance[:-1].mean()))
    half = student.ppf(0.975, len(past)) * error
    ratio, lower, upper, least = np.exp([changes[-1], changes[-1] - half, changes[-1] + half, half])
    p = 2 * student.sf(abs(changes[-1]) / error, len(past))
    return (*account, *map(float, (ratio, lower, upper, p, least)), "")
