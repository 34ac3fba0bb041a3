"""Two arms side by side, as they stand and brought to one mix: formal against informal requests, or
partners outside ASEAN against those in it.

`between` is the column that tells the arms apart, as in measure.mix. No sentence here says that one is
the cause of a difference.
"""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import phrases
from mlastats.measure.mix import ARMS, FIGURES
from mlastats.messages import _, label, number, percent
from mlastats.publish.exhibit import Column, Exhibit, Kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def side_by_side(table: pd.DataFrame, page: Any, between: str, measure: str) -> Exhibit:
    """The two arms as they stand and brought to one mix, by direction: "answered_within", "mean_days" or
    "refused"."""
    kind: Kind = "days" if measure == "mean_days" else "share"
    some = table[table["measure"].eq(measure)].assign(mix=lambda rows: rows["mix"].replace("", "same"))
    first, second = ARMS[between]
    account = ["requests", "strata", "kept", "left_out", "days", "mix"]
    parts = [
        some[["direction", *account]].assign(compared=how, **{name: some[f"{name}{end}"] for name in FIGURES})
        for how, end in (("crude", ""), ("standardised", "_standardised"))
    ]
    long = pd.concat(parts).sort_values(["direction", "compared"], kind="stable")
    columns = {
        "direction": phrases.count_columns()["direction"],
        "compared": Column(_("Compared"), "code", "compared"),
        "first": Column(phrases.group_label(between, first), kind, rests_on=("requests",)),
        "second": Column(phrases.group_label(between, second), kind, rests_on=("requests",)),
        **phrases.limited("difference", _("Difference"), kind, ("requests",), stem=""),
        "requests": Column(_("Requests"), "count"),
        "strata": Column(_("Groups"), "number", rests_on=("requests",)),
        "kept": Column(_("compared"), "number", rests_on=("requests",)),
        "left_out": Column(_("Left out"), "share", rests_on=("requests",)),
        "days": Column(_("Up to day"), "days"),
        "mix": Column(_("The mix"), "code", "mix"),
    }
    if measure == "refused":
        del columns["days"]
    return Exhibit(
        name=f"{measure}_{between}_side_by_side",
        question=_questions()[measure, between],
        finding=lambda t: _side_by_side(t, between, measure),
        table=long[list(columns)].reset_index(drop=True),
        columns=columns,
        unit=_("days; share") if kind == "days" else _("share"),
        by=("direction", "compared"),
        scope={"timed": "yes", "arms": between} | phrases.begun(page),
        counts={"requests": {"compared": "all"}},
        chart=(lambda t: _draw_difference(t, between, kind)) if long["difference"].notna().any() else None,
        alt=lambda t: _(
            "The difference as it stands and with one mix, with intervals; every number is in the table."
        ),
        notes=_notes(measure),
    )


def _questions() -> dict[tuple[str, str], str]:
    return {
        ("answered_within", "formality"): _(
            "Like with like, are formal requests answered less often in time?"
        ),
        ("answered_within", "asean"): _("Like with like, are fewer requests outside ASEAN answered in time?"),
        ("mean_days", "formality"): _("Like with like, do formal requests wait longer?"),
        ("mean_days", "asean"): _("Like with like, do requests outside ASEAN wait longer?"),
        ("refused", "formality"): _("Like with like, are formal requests refused more often?"),
        ("refused", "asean"): _("Like with like, are more requests outside ASEAN refused?"),
    }


def _notes(measure: str) -> list[str]:
    figure = {
        "answered_within": _(
            "The share answered by the day; what is pending counts for as long as it has waited."
        ),
        "mean_days": _(
            "The days without an answer, on average, up to the day; a request still open waits until then."
        ),
        "refused": _("The share refused of those executed, partly executed or refused."),
    }
    return [
        figure[measure],
        _(
            "With one mix: compared within groups of like requests, in which each side has five or more, and each group "
            "weighs what all its requests weigh. Where more than 30% stand in no such group, there is no figure."
        ),
        _("No difference here is shown to be the effect of a channel or of a partner."),
    ]


def _side_by_side(table: pd.DataFrame, between: str, measure: str) -> str:
    said = []
    for code, rows in phrases.by_direction(table):
        two = rows.set_index(rows["compared"].astype("str"))
        crude = two.loc["crude"]
        if pd.isna(crude["requests"]):
            said.append(phrases.withheld())
        elif pd.notna(crude["difference"]):
            crude_words = _crude(crude, between, measure, code)
            said.append(
                f"{crude_words} {_like(two.loc['standardised'], measure)} {phrases.few(crude['requests'])}".strip()
            )
    return (
        " ".join(said)
        or {
            "formality": _(
                "There are not both formal and informal requests here, so nothing can be compared."
            ),
            "asean": _(
                "There are not requests both within ASEAN and outside it here, so nothing can be compared."
            ),
        }[between]
    )


def _crude(row: Any, between: str, measure: str, code: str) -> str:
    first, second = phrases.arms(between)
    write = _writer(measure)
    values = {
        "who": phrases.direction(code),
        "first": write(row["first"]),
        "second": write(row["second"]),
        "first_arm": first,
        "second_arm": second,
        "days": number(row["days"]) if "days" in row else "",
    }
    if measure == "answered_within":
        return _(
            "{who}, {first_arm} and {second_arm}: {first} and {second} are answered within {days} days.",
            **values,
        )
    if measure == "mean_days":
        return _(
            "{who}, {first_arm} and {second_arm}: {first} and {second} days without an answer on average, up to day {days}.",
            **values,
        )
    return _(
        "{who}, {first_arm} and {second_arm}: {first} and {second} of those decided are refused.", **values
    )


def _like(row: Any, measure: str) -> str:
    """What the comparison with one mix says of the crude difference."""
    values = {"difference": _signed(row["difference"], measure), "interval": ""}
    if pd.notna(row["lower"]) and pd.notna(row["upper"]):
        values["interval"] = _(
            " (95% interval {lower} to {upper})",
            lower=_signed(row["lower"], measure),
            upper=_signed(row["upper"], measure),
        )
    if str(row["mix"]) == "explains":
        return _("The mix explains it: compared like with like no difference is shown{interval}.", **values)
    if str(row["mix"]) == "reverses":
        return _(
            "The mix hides it: compared like with like it is the other way round, {difference}{interval}.",
            **values,
        )
    if pd.isna(row["difference"]):
        return _(
            "They are too unlike to be compared like with like: {left_out} stand in no group that holds enough of both.",
            left_out=percent(row["left_out"]),
        )
    if pd.isna(row["lower"]) or pd.isna(row["upper"]) or row["lower"] <= 0 <= row["upper"]:
        return _("Compared like with like no difference is shown{interval}.", **values)
    return _("Compared like with like the difference is {difference}{interval}.", **values)


def _writer(measure: str) -> Any:
    return number if measure == "mean_days" else percent


def _signed(value: Any, measure: str) -> str:
    """A difference in words: days, or points of a share; with its sign."""
    if pd.isna(value):
        return ""
    if measure == "mean_days":
        return _("{n} days", n=number(round(value) + 0))
    return _("{n} points", n=number(round(100 * value) + 0))


def _draw_difference(table: pd.DataFrame, between: str, kind: str) -> "Figure":
    from mlastats.publish import charts

    first, second = phrases.arms(between)
    unit = _("days") if kind == "days" else _("percentage points")
    return charts.dots(
        table,
        "difference",
        "direction",
        by="compared",
        bounds=("lower", "upper"),
        kind="days" if kind == "days" else "points",
        label=lambda code: phrases.group_label("direction", code),
        series=lambda code: label("compared", code),
        xlabel=_("{first} less {second}, {unit}", first=first, second=second, unit=unit),
    )
