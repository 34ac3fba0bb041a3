"""Charts over days and periods: step curves and lines."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

from mlastats.messages import number
from mlastats.publish.charts.axes import NO_BOUNDS, Look, figure_of, groups_of, reference, value_axis
from mlastats.publish.style import MARKS, MUTED, PAPER, colours, drawing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def curves(
    frame: "pd.DataFrame",
    x: str,
    y: str,
    *,
    by: str = "",
    bounds: tuple[str, str] = NO_BOUNDS,
    at_risk: str = "",
    **look: Unpack[Look],
) -> "Figure":
    """Step curves of a share from 0 to 1 over days, their intervals, the numbers at risk below.

    A curve holds its value until its next row. Curves are named at their end. `at_risk` is the
    column of those still at risk on the day of the row.
    """
    with drawing():
        groups = groups_of(frame, by)
        figure, axes = figure_of(3.6 + (0.2 * len(groups) + 0.25 if at_risk else 0), **look)
        ends = {}
        for code, rows in groups.items():
            rows = rows.sort_values(x)
            colour = colours(groups)[code]
            axes.step([0, *rows[x]], [0, *rows[y]], where="post", color=colour)
            _band(axes, rows, x, bounds, colour, step="post")
            if len(rows):
                ends[code] = (rows[x].iloc[-1], rows[y].iloc[-1])
        axes.set_ylim(0, 1)
        axes.set_xlim(0, max((end for end, _y in ends.values()), default=1))
        value_axis(axes.yaxis, "share")
        value_axis(axes.xaxis, "days")
        reference(axes.axvline, axes, vertical=True, **look)
        _name_ends(axes, ends if by else {}, **look)
        if at_risk:
            _at_risk(axes, groups, (x, at_risk), **look)
    return figure


def lines(
    frame: "pd.DataFrame",
    x: str,
    y: str,
    *,
    by: str = "",
    bounds: tuple[str, str] = NO_BOUNDS,
    **look: Unpack[Look],
) -> "Figure":
    """Values over periods (codes, in the order of the frame, or dates), one line a group, from zero.

    A missing value breaks the line, and so does a date that is missing between others. Lines are named
    at their end.
    """
    with drawing():
        figure, axes = figure_of(3.4, **look)
        groups = groups_of(frame, by)
        place = _places(axes, frame[x])
        ends = {}
        for code, rows in groups.items():
            rows = _with_gaps(rows, x)
            at, colour = rows[x].map(place), colours(groups)[code]
            axes.plot(
                at, rows[y].astype("float64"), color=colour, marker=MARKS[colour], markeredgecolor=PAPER
            )
            _band(axes, rows.assign(**{x: at}), x, bounds, colour, step=None)
            known = rows[rows[y].notna()]
            if len(known):
                ends[code] = (known[x].map(place).iloc[-1], float(known[y].iloc[-1]))
        value_axis(axes.yaxis, look.get("kind", "count"))
        _up_to_a_tick(axes, frame[[y, *filter(None, bounds)]].astype("float64").max(axis=None))
        free = _free_end(frame[[x, y]].dropna(), look.get("reference"))
        reference(axes.axhline, axes, vertical=False, at_end=free, **look)
        _name_ends(axes, ends if by else {}, **look)
    return figure


def _free_end(points: "pd.DataFrame", at: float | None) -> bool:
    """Whether lines end further from a reference than they begin, so that its name stands there."""
    if at is None or points.empty:
        return False
    x, y = points.columns
    first, last = (points.loc[points[x].eq(points[x].iloc[place]), y] for place in (0, -1))
    return bool(last.sub(at).abs().min() > first.sub(at).abs().min())


def _places(axes: "Axes", values: "pd.Series") -> Callable[[Any], Any]:
    """Where each value of a period axis stands: a date is a date, a code takes its turn."""
    if values.dtype.kind == "M":
        return lambda value: value
    codes = list(dict.fromkeys(values))
    every = -(-max(1, len(codes)) // 13)
    axes.set_xticks(list(range(0, len(codes), every)), [str(code) for code in codes[::every]])
    axes.grid(False, axis="x")
    return codes.index


def _with_gaps(rows: "pd.DataFrame", x: str) -> "pd.DataFrame":
    """Dates with a row without values where they stand further apart than half as much again as usual."""
    import pandas as pd

    if rows[x].dtype.kind != "M":
        return rows
    rows = rows.sort_values(x)
    steps = rows[x].diff()
    far = steps > 1.5 * steps.median()
    between = pd.DataFrame({x: rows.loc[far, x] - steps[far] / 2})
    return pd.concat([rows, between]).sort_values(x, ignore_index=True)


def _up_to_a_tick(axes: "Axes", most: float) -> None:
    """From zero to the first tick that no value exceeds; where all are zero, to one."""
    if not most > 0:
        axes.set_ylim(0, 1)
        return
    ticks = [tick for tick in axes.yaxis.get_major_locator().tick_values(0, most) if tick >= 0]
    top = min(tick for tick in ticks if tick >= most - 1e-9)
    axes.set_ylim(0, 1.02 * top)
    axes.set_yticks([tick for tick in ticks if tick <= top])


def _band(
    axes: "Axes", rows: "pd.DataFrame", x: str, bounds: tuple[str, str], colour: str, *, step: Any
) -> None:
    """Intervals as a band; that of a value without neighbours, which is no band, as a line."""
    if not all(bounds):
        return
    low, high = (rows[name].astype("float64") for name in bounds)
    axes.fill_between(rows[x], low, high, step=step, color=colour, alpha=0.14, linewidth=0)
    missing = low.isna()
    alone = ~missing & missing.shift(1, fill_value=True) & missing.shift(-1, fill_value=True)
    if alone.any() and not step:
        axes.vlines(rows.loc[alone, x], low[alone], high[alone], color=colour, alpha=0.3, linewidth=3)


def _name_ends(axes: "Axes", ends: dict[str, tuple[Any, float]], **look: Unpack[Look]) -> None:
    """The name of each line beside its end, moved apart where they would overlap."""
    low, high = axes.get_ylim()
    gap = 0.065 * (high - low)
    colour, last = colours(ends), low - gap
    for code, (x, y) in sorted(ends.items(), key=lambda item: item[1][1]):
        at = max(y, last + gap)
        axes.annotate(
            look.get("series", str)(code),
            (x, y),
            xytext=(1.015, at),
            textcoords=("axes fraction", "data"),
            va="center",
            fontsize=8.5,
            color=colour[code],
            fontweight="bold",
            annotation_clip=False,
        )
        last = at


def _at_risk(
    axes: "Axes", groups: "dict[str, pd.DataFrame]", names: tuple[str, str], **look: Unpack[Look]
) -> None:
    """A small table below the curves: how many were still at risk at each tick."""
    from mlastats.messages import _

    x, at_risk = names
    ticks = [tick for tick in axes.get_xticks() if axes.get_xlim()[0] <= tick <= axes.get_xlim()[1]]
    axes.annotate(
        _("Still at risk"),
        (0, 0),
        xytext=(0, -42),
        xycoords="axes fraction",
        textcoords="offset points",
        fontsize=8,
        color=MUTED,
        ha="left",
    )
    for i, (code, rows) in enumerate(groups.items()):
        down = -56 - 13 * i
        if len(groups) > 1:
            axes.annotate(
                look.get("series", str)(code),
                (1.015, 0),
                xytext=(0, down),
                xycoords="axes fraction",
                textcoords="offset points",
                fontsize=8,
                color=colours(groups)[code],
            )
        for tick in ticks:
            later = rows[rows[x] >= tick].sort_values(x)[at_risk]
            text = number(later.iloc[0]) if len(later) else ""
            axes.annotate(
                text,
                (tick, 0),
                xytext=(0, down),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="center",
                fontsize=8,
                color=colours(groups)[code],
            )
