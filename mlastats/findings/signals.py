"""What moved in exhibits: the period against its own past, what is new in it, and what is overdue."""

from dataclasses import replace
from typing import Any

import pandas as pd

from mlastats import periods
from mlastats.findings.chart import Chart
from mlastats.findings.columns import in_words
from mlastats.findings.declared import Declared
from mlastats.findings.phrases import by_direction, direction, nothing, sentences, span, subject
from mlastats.measure import signals as measure
from mlastats.messages import _, _n, day, number, percent, period_name
from mlastats.publish.exhibit import Exhibit, Fact, Untold, headline

TOLD = [measure.BELOW, measure.WITHIN, measure.ABOVE]
MOVED = [measure.BELOW, measure.ABOVE]
MONTH = "month"
# Of 100 years with twelve charts, and how often a halving and a doubling are found within a year, as docs/signals.md has
# it where requests come a little in bursts (variance / mean 1.5); by the length of a period.
FOUND = {"quarter": (10, 12, 44, 30, 65, 96), MONTH: (3, 8, 37, 10, 67, 98)}


def _who(row: Any) -> str:
    return direction(str(row["direction"])) if row["strand"] == measure.ALL else subject(row)


def _said(rows: pd.DataFrame, period: str, month: str) -> list[tuple[str, Any]]:
    """Each signal in a sentence and what its past allows in another, with its row."""
    found = []
    for _index, row in rows.iterrows():
        names = {"who": _who(row), "n": number(row["part"]), "period": period}
        more = row["signal"] == measure.ABOVE
        if row["signal"] in MOVED:
            point = {
                ("came", True): _("{who}: {n} came in {period}, above its limits.", **names),
                ("came", False): _("{who}: {n} came in {period}, below its limits.", **names),
                ("ended", True): _("{who}: {n} ended in {period}, above its limits.", **names),
                ("ended", False): _("{who}: {n} ended in {period}, below its limits.", **names),
            }[row["what"], more]
            allowed = _(
                "The past allows {lower} to {upper}.", lower=number(row["lower"]), upper=number(row["upper"])
            )
            found.append((f"{point} {allowed}", row))
        elif row["year_signal"] in MOVED:
            names |= {"n": number(row["of_year"]), "month": month}
            more = row["year_signal"] == measure.ABOVE
            year = {
                ("came", True): _("{who}: {n} came in the year to {month}, more than before.", **names),
                ("came", False): _("{who}: {n} came in the year to {month}, fewer than before.", **names),
                ("ended", True): _("{who}: {n} ended in the year to {month}, more than before.", **names),
                ("ended", False): _("{who}: {n} ended in the year to {month}, fewer than before.", **names),
            }[row["what"], more]
            before = _("Before, it was {n} a year.", n=number(row["usual_year"]))
            found.append((f"{year} {before}", row))
    return found


def _moved(table: pd.DataFrame, period: str, month: str) -> str:
    if table.empty:
        return nothing()
    told = table[table["signal"].isin(TOLD) | table["year_signal"].isin(TOLD)]
    if table["signal"].eq(measure.NOT_OBSERVED).all():
        return Untold(_("{period} was not observed, so nothing can be held against the past.", period=period))
    if told.empty:
        return Untold(
            _("The past is too short, or holds too few, for {period} to be held against it.", period=period)
        )
    said = _said(told, period, month)
    if said:
        counted = _n(
            "{n} of {all} counts is outside what its past allows.",
            "{n} of {all} counts are outside what their past allows.",
            len(said),
            all=number(len(told)),
        )
        heads = [counted] if len(said) > 1 else []
        return sentences([*heads, *(text for text, _row in said), _counted_to(table)])
    none = _n(
        "Of {period} one count can be judged; it is within its limits.",
        "None of {n} counts in {period} is outside what its past allows.",
        len(told),
        period=period,
    )
    blind = int(told["lower"].eq(0).sum())
    return sentences(
        [
            none,
            _n(
                "In {n} of them so few come that a fall to nothing would be no signal.",
                "In {n} of them so few come that a fall to nothing would be no signal.",
                blind,
            )
            if blind
            else "",
            _counted_to(table),
        ]
    )


def _counted_to(table: pd.DataFrame) -> str:
    """That strands can be more than all together, where the registers of one reach further than all of them."""
    every = table["strand"].eq(measure.ALL)
    whole, parts = table.loc[every, "counted_to"].min(), table.loc[~every, "counted_to"].max()
    if not whole < parts:
        return ""
    names = {"day": day(whole), "later": day(parts)}
    return _("All requests together are counted to {day}, some strands to {later}.", **names)


def _before(table: pd.DataFrame) -> str:
    """How often, over all that is drawn, a count was outside its limits."""
    told = table[table["signal"].isin(TOLD)]
    if told.empty:
        return Untold(_("The past is too short, or holds too few, for limits."))
    return _n(
        "{n} of {all} counts since {first} was outside what its past allows.",
        "{n} of {all} counts since {first} were outside what their past allows.",
        int(told["signal"].isin(MOVED).sum()),
        all=number(len(told)),
        first=_month(periods.parse(str(told["period"].iloc[0])).start),
    )


def _held(table: pd.DataFrame) -> pd.DataFrame:
    """What has limits: of the others nothing can be told."""
    return table[table["signal"].isin(TOLD)]


def _leading(table: pd.DataFrame) -> pd.DataFrame:
    """All requests of a direction, and of strands what has a signal in the last period."""
    last = table.groupby(measure.CHART, sort=False)[["signal", "year_signal"]].transform("last")
    alone = table["strand"].nunique() == 1
    return table[last.isin(MOVED).any(axis=1) | table["strand"].eq(measure.ALL) | alone]


def _facts(table: pd.DataFrame, period: str, month: str) -> list[Fact]:
    """Each signal; that of a period as a figure that is held against the limits of its past."""
    facts = []
    for text, row in _said(table, period, month):
        fact = Fact("signal", headline(text)[0], requests=int(row["part"]), direction=str(row["direction"]))
        if row["signal"] in MOVED:
            part, lower, upper = (float(row[name]) for name in ("part", "lower", "upper"))
            allowed = _("allowed: {lower} to {upper}", lower=number(lower), upper=number(upper))
            fact = replace(fact, value=part, lower=lower, upper=upper, reference=part, beside=allowed)
        facts.append(fact)
    return facts


def _each_share(table: pd.DataFrame, period: str, month: str) -> list[tuple[str, Any]]:
    """Each signal among shares in a sentence, with its row."""
    said = []
    for _index, row in table.iterrows():
        names = {"who": subject(row), "period": period, "share": percent(row["share"])}
        if row["signal"] in MOVED:
            names |= {"usual": percent(row["usual"])}
            text = _("{who} in {period}: {share} answered in time; usual is {usual}.", **names)
            said.append((text, row))
        elif row["year_signal"] in MOVED:
            names |= {"month": month, "share": percent(row["of_year"]), "usual": percent(row["usual_year"])}
            text = _("{who} in the year to {month}: {share} answered in time, {usual} before.", **names)
            said.append((text, row))
    return said


def _share_facts(table: pd.DataFrame, period: str, month: str) -> list[Fact]:
    return [
        Fact("signal", text, requests=int(row["whole"]), direction=str(row["direction"]))
        for text, row in _each_share(table, period, month)
    ]


def _shares(table: pd.DataFrame, period: str, month: str) -> str:
    said = [text for text, _row in _each_share(table, period, month)]
    told = table["signal"].isin(TOLD) | table["year_signal"].isin(TOLD)
    if said:
        return sentences(said)
    if not told.any():
        few = _("Fewer than {n} were due in a period, or the past is too short.", n=number(measure.ENOUGH))
        return Untold(few)
    return _n(
        "Of {period} one share can be judged; it is within its limits.",
        "None of {n} shares in {period} is outside what its past allows.",
        int(told.sum()),
        period=period,
    )


def _rule(_page: Any, table: pd.DataFrame) -> list[str]:
    """How a signal is told, how often one is false, how small a change is missed."""
    if not table["charts"].gt(0).any():
        return []
    month = _span(table) == MONTH
    row, past = table.iloc[-1], number(measure.PAST[_span(table)])
    names = {"charts": number(row["charts"]), "alpha": number(row["alpha"], 5), "past": past}
    small, halved, doubled, large, large_halved, large_doubled = map(number, FOUND[_span(table)])
    found = {"small": small, "halved": halved, "doubled": doubled, "large": large}
    found |= {"large_halved": large_halved, "large_doubled": large_doubled}
    return [
        _(
            "A signal is a count outside the limits that its {past} months before allow (negative binomial), or a year that "
            "differs from the months before it (Student's t on roots), each at {alpha}: .10 / ({charts} charts x 12 x 2).",
            **names,
        )
        if month
        else _(
            "A signal is a count outside the limits that its {past} quarters before allow (negative binomial), or a year "
            "that differs from the quarters before it (Student's t on roots), each at {alpha}: .10 / ({charts} charts x 4 "
            "x 2).",
            **names,
        ),
        _(
            "A false signal is to be expected in fewer than one year of ten; where requests come in bursts, in up to one of "
            "five."
        ),
        _(
            "It misses much. Of {small} a period, a halving is found within a year in {halved} of 100 cases, a doubling in "
            "{doubled}; of {large} a period, in {large_halved} and {large_doubled}.",
            **found,
        ),
    ]


def _cut(_page: Any, table: pd.DataFrame) -> list[str]:
    """Which part of a period is counted that was not observed to its end."""
    part = table[table["observed"].between(0, 1, inclusive="neither")]
    if part.empty:
        return []
    return [
        _(
            "Where a register ends within {period}, the part that was observed is held against what the past allows for "
            "as long.",
            period=period_name(str(part["period"].iloc[-1])),
        )
    ]


def _span(table: pd.DataFrame) -> str:
    return MONTH if (table["end"] - table["start"]).dt.days.iloc[-1] < 31 else "quarter"


def _firsts(table: pd.DataFrame, period: str, moved: pd.DataFrame) -> str:
    if moved.empty:
        return nothing()
    if moved["signal"].eq(measure.SHORT_PAST).all():
        return Untold(
            _("The registers are kept for too short a time before {period}: all would be new.", period=period)
        )
    if table.empty:
        return _("No partner, channel, kind or ground of refusal is new in {period}.", period=period)
    return _n(
        "{n} partner, channel, kind or ground is new in {period}.",
        "{n} partners, channels, kinds or grounds are new in {period}.",
        len(table),
        period=period,
    )


def _late(table: pd.DataFrame, since_day: str) -> str:
    parts = []
    for code, rows in by_direction(table):
        names = {"who": direction(code), "newly": number(rows["newly"].sum()), "day": since_day}
        late = int(rows["overdue"].sum())
        parts.append(
            _n(
                "{who}: {n} is overdue, {newly} of them since {day}.",
                "{who}: {n} are overdue, {newly} of them since {day}.",
                late,
                **names,
            )
        )
        parts.append(_("The oldest has waited {days}.", days=span(float(rows["oldest"].max()))))
    return sentences(parts)


def _holders(table: pd.DataFrame) -> pd.DataFrame:
    """How many each agency holds, the most first."""
    held = table.groupby(["direction", "agency"], sort=False, observed=True)["overdue"].sum().reset_index()
    return held.sort_values(["direction", "overdue"], ascending=[True, False], kind="stable")


COUNTS = Declared(
    "signals",
    "What is outside what its own past allows?",
    by="direction strand what",
    columns="counted_to part usual signal of_year usual_year year_signal",
    unit="requests",
    finding=_moved,
    facts=_facts,
    chart=Chart(
        "part",
        "strand what",
        "requests in the period",
        limited="what the past allows",
        kind="count",
        where=_held,
    ),
    alt="Requests of the period beside the limits that their past allows; every number is in the table.",
    notes=(_cut, _rule),
    internal_only=True,
)
PAST = Declared(
    "signals_past",
    "How has each count moved?",
    by="direction strand what period",
    columns="part signal year_signal",
    unit="requests",
    finding=_before,
    chart=Chart(
        "part",
        "strand what",
        "requests of each period; the lines are what the past allows",
        form="columns",
        along="period",
        kind="count",
        where=_leading,
        gaps=True,
    ),
    alt="Requests of each period as columns, with the limits that its past allows as lines; every number is in the table.",
    notes=(
        "The limits of each period are those that the periods before it allow.",
        "Drawn is all of a direction, and each strand that has a signal in the last period; the others are in the table. A "
        "count of fewer than one a period in the past is in neither.",
    ),
    internal_only=True,
)
SHARES = Declared(
    "signals_shares",
    "Is as much answered in time as before?",
    by="direction strand",
    columns="whole part share usual signal of_year usual_year year_signal",
    unit="requests; share",
    finding=_shares,
    facts=_share_facts,
    empty="No service standard is configured for any kind of request here, so nothing can be said.",
    notes=(
        "Of the incoming requests whose standard ran out in the period, the share that was answered by then.",
        "Limits are those of the beta-binomial, from 10 a period on; with fewer the year alone is held against the past.",
    ),
    internal_only=True,
)
FIRSTS = Declared(
    "signals_new",
    "What is new?",
    by="direction what newcomer",
    columns="requests",
    unit="requests",
    finding=_firsts,
    notes=(
        "New is what stands in no request that was made before, by direction; a ground, in none that ended before.",
    ),
    internal_only=True,
)
LATE = Declared(
    "signals_overdue",
    "What is overdue?",
    by="direction partner agency",
    columns="overdue newly oldest",
    unit="requests; days",
    finding=_late,
    empty="Nothing is overdue.",
    chart=Chart(
        "overdue", "agency", "overdue requests by the agency that holds them", form="bars", where=_holders
    ),
    alt="Overdue requests by agency; by partner, with the oldest, they are in the table.",
    notes=(
        "Overdue is an incoming request that waits for longer than the standard of its kind, an outgoing one or one "
        "without a standard that waits for a year or longer. The oldest come first.",
    ),
    internal_only=True,
)


def counts(table: pd.DataFrame, page: Any) -> Exhibit:
    """The counts of the last period of a frame of `measure.signals.judged`, those outside their limits first."""
    last = _last(table[table["what"].ne(measure.ON_TIME)])
    place = pd.DataFrame(
        {
            "within": ~(last["signal"].isin(MOVED) | last["year_signal"].isin(MOVED)),
            "few": ~(last["signal"].isin(TOLD) | last["year_signal"].isin(TOLD)),
            "part": last["strand"].ne(measure.ALL),
            "direction": last["direction"],
        }
    )
    order = place.sort_values([*place], kind="stable").index
    days = (last["end"] - last["start"]).dt.days + 1
    # All registers of a row share so much of the period: rows of fewer registers may reach further than all together.
    reach = last["start"] + pd.to_timedelta((days * last["observed"].fillna(0)).round() - 1, unit="D")
    last = last.assign(counted_to=reach.where(last["observed"].gt(0)))
    return COUNTS(last.loc[order], page, **_period(table))


def past(table: pd.DataFrame, page: Any) -> Exhibit:
    """The counts of every period of a frame of `judged` that has limits, with these."""
    rows = table[table["what"].ne(measure.ON_TIME)]
    held = rows.groupby(measure.CHART)["signal"].transform("last").isin(TOLD)
    return PAST(rows[held], page)


def shares(table: pd.DataFrame, page: Any) -> Exhibit:
    """The shares of the last period of a frame of `judged`."""
    last = _last(table[table["what"].eq(measure.ON_TIME)])
    last = last.assign(share=last["part"] / last["whole"].where(last["whole"].gt(0)))
    limits = {name: last[name] / last["whole"] for name in ("lower", "upper")}
    return SHARES(last.assign(**limits), page, **_period(table))


def firsts(table: pd.DataFrame, page: Any, moved: pd.DataFrame) -> Exhibit:
    """What a frame of `measure.signals.new` has, by name, unless the past of the frame of `judged` is too short."""
    last = _last(moved)
    rows = table.iloc[:0] if last["signal"].eq(measure.SHORT_PAST).all() else table
    names = [in_words(what, code) for what, code in zip(rows["what"], rows["code"], strict=True)]
    return FIRSTS(rows.assign(newcomer=names), page, period=_period(moved)["period"], moved=last)


def late(table: pd.DataFrame, page: Any, moved: pd.DataFrame) -> Exhibit:
    """What a frame of `measure.pending.overdue` has, in the last period of a frame of `judged`."""
    return LATE(table, page, since_day=day(_last(moved)["start"].max()) if len(moved) else "")


def _period(moved: pd.DataFrame) -> dict[str, str]:
    """The last period in words, and the month in which it ends."""
    if moved.empty:
        return {"period": "", "month": ""}
    last = _last(moved).iloc[-1]
    return {"period": period_name(str(last["period"])), "month": _month(last["end"])}


def _month(day: Any) -> str:
    return period_name(f"{day:%Y-%m}")


def _last(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["end"].eq(table["end"].max())]
