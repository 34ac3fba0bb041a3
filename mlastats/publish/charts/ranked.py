"""Charts of rows: dots with intervals, bars, and strips of single cases."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from mlastats.messages import MISSING
from mlastats.publish.charts.axes import (
    NO_BOUNDS,
    Look,
    category_axis,
    figure_of,
    groups_of,
    legend,
    pitch,
    reference,
    value_axis,
    writer,
)
from mlastats.publish.style import INK, MARKS, MUTED, PAPER, colours, drawing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def dots(
    frame: "pd.DataFrame",
    x: str,
    y: str,
    *,
    by: str = "",
    bounds: tuple[str, str] = NO_BOUNDS,
    **look: Unpack[Look],
) -> "Figure":
    """One row for each value of `y`, the largest `x` on top, with its interval as a line.

    A hollow dot has no full interval. With `by`, several dots a row, or rows of several colours; where
    each row has one, its value stands beside it. A row without a value keeps its name and a dash.
    Values below zero are differences: the scale goes both ways, with a line at none.
    """
    with drawing():
        order = (
            frame.groupby(y, observed=True, sort=False)[x]
            .max()
            .sort_values(ascending=False, na_position="last")
        )
        rows = {code: len(order) - 1 - i for i, code in enumerate(order.index)}
        figure, axes = figure_of(0.9 + pitch(rows, **look) * len(rows), **look)
        groups = groups_of(frame, by)
        shades = colours(groups)
        drawn = frame.dropna(subset=[x])
        several = set(drawn.loc[drawn.duplicated(y), y])
        shift = {code: 0.24 * ((len(groups) - 1) / 2 - i) for i, code in enumerate(groups)}
        edge = 1.06 * frame[[x, *filter(None, bounds)]].astype("float64").max(axis=None)
        for code, part in groups.items():
            at = part[y].map(rows).astype("float64") + part[y].isin(several) * shift[code]
            _dots(axes, part.assign(**{y: at, "edge": edge}), (x, y), bounds, shades[code])
        category_axis(axes, rows, **look)
        if frame[[x, *(name for name in bounds if name)]].lt(0).any(axis=None):
            axes.axvline(0, color=INK, linewidth=1)
        else:
            axes.set_xlim(left=0)
        right = max(axes.get_xlim()[1], 1.05 * (look.get("reference") or 0))
        axes.set_xlim(right=min(right, 1.0) if look.get("kind") == "share" else right)
        value_axis(axes.xaxis, look.get("kind", "number"))
        _dashes(axes, {rows[code] for code, value in order.items() if value != value})
        reference(axes.axvline, axes, vertical=True, **look)
        named = {code: shade for code, shade in shades.items() if by and code in set(drawn[by])}
        legend(axes, named, **look)
        if not several:
            _values(axes, drawn.set_index(y)[x], rows, **look)
    return figure


def _values(axes: "Axes", values: "pd.Series", rows: Mapping[Any, float], **look: Unpack[Look]) -> None:
    """The values in a column beside the axes, as short ones cannot be read off a scale with long ones."""
    write = writer(look.get("kind", "number"))
    for code, value in values.items():
        axes.annotate(
            write(float(value)),
            (1, rows[code]),
            xycoords=("axes fraction", "data"),
            xytext=(34, 0),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=8.5,
            color=INK,
        )


def _dots(
    axes: "Axes", part: "pd.DataFrame", names: tuple[str, str], bounds: tuple[str, str], colour: str
) -> None:
    """Dots with their intervals; one without a full interval is hollow, and an open end is dotted."""
    values, at = (part[name].astype("float64") for name in names)
    full = values.notna()
    if all(bounds):
        low, high = (part[name].astype("float64") for name in bounds)
        full = low.notna() & high.notna()
        axes.hlines(at, low, high, color=colour, alpha=0.45, linewidth=3)
        ends = low.notna() & high.isna()
        axes.hlines(at[ends], low[ends], part.loc[ends, "edge"], color=colour, linewidth=1.5, linestyle=":")
    for those, face in ((full, colour), (~full, PAPER)):
        # An empty line that is not clipped would take its place at the corner of the figure.
        if those.any():
            axes.plot(
                values[those], at[those], MARKS[colour], color=colour, markerfacecolor=face, clip_on=False
            )


def bars(frame: "pd.DataFrame", x: str, y: str, *, by: str = "", **look: Unpack[Look]) -> "Figure":
    """Horizontal bars from zero in the order of the frame, with their values; with `by`, stacked."""
    with drawing():
        names = list(dict.fromkeys(frame[y]))
        rows = {code: len(names) - 1 - i for i, code in enumerate(names)}
        figure, axes = figure_of(0.8 + pitch(rows, **look) * len(rows), **look)
        groups = groups_of(frame, by)
        total = dict.fromkeys(names, 0.0)
        for code, part in groups.items():
            widths = part.set_index(y)[x].astype("float64")
            drawn = widths.fillna(0)
            axes.barh(
                [rows[n] for n in drawn.index],
                drawn,
                left=[total[n] for n in drawn.index],
                height=0.68,
                color=colours(groups)[code] if by else colours(["incoming"])["incoming"],
                edgecolor=PAPER,
                linewidth=0.6,
            )
            total |= {n: total[n] + widths[n] for n in widths.index}
        category_axis(axes, rows, **look)
        write = writer(look.get("kind", "count"))
        for name, value in total.items():
            at = 0 if value != value else value
            axes.annotate(
                write(value),
                (at, rows[name]),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8.5,
                color=INK,
            )
        axes.set_xlim(0, 1.12 * max([v for v in total.values() if v == v] or [1]) or 1)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        legend(axes, colours(groups) if by else {}, areas=True, **look)
    return figure


def strip(frame: "pd.DataFrame", x: str, y: str, *, by: str = "", **look: Unpack[Look]) -> "Figure":
    """One tick for each row of the frame, in a row for each value of `y`. It shows cases: internal."""
    with drawing():
        names = list(dict.fromkeys(frame[y]))
        rows = {code: len(names) - 1 - i for i, code in enumerate(names)}
        figure, axes = figure_of(0.9 + pitch(rows, **look) * len(rows), **look)
        groups = groups_of(frame, by)
        for code, part in groups.items():
            axes.plot(
                part[x],
                part[y].map(rows),
                "|",
                color=colours(groups)[code] if by else colours(["incoming"])["incoming"],
                markersize=12,
                markeredgewidth=1.6,
                alpha=0.6,
            )
        category_axis(axes, rows, **look)
        if frame[x].dtype.kind != "M":
            axes.set_xlim(left=0)
            value_axis(axes.xaxis, look.get("kind", "days"))
        reference(axes.axvline, axes, vertical=True, **look)
        legend(axes, colours(groups) if by else {}, areas=True, **look)
    return figure


def _dashes(axes: "Axes", rows: set[float]) -> None:
    for row in rows:
        axes.annotate(MISSING, (0, row), xytext=(4, 0), textcoords="offset points", va="center", color=MUTED)
