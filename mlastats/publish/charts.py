"""The charts of every report: a frame in, a figure out, one look.

Each takes the published table and the names of its columns; what is missing leaves a gap and is never
drawn as zero. Codes become words through `label` (rows, panels) and `series` (colours). The finding
stands above the figure on the page, so a figure has a title only where `title` is given.

    charts.curves(table, "day", "share", by="formality", bounds=("lower", "upper"), at_risk="at_risk",
                  series=lambda code: label("formality", code), xlabel=_("days since receipt"))
    charts.dots(table, "median_days", "partner", bounds=("lower", "upper"), label=partner_name, kind="days")
    charts.bars(table, "requests", "channel", by="status", label=..., series=..., kind="count")
    charts.heat(table, "year", "partner", "requests", label=partner_name)
    charts.lines(table, "year", "share", by="direction", bounds=("lower", "upper"), kind="share")
    charts.small_multiples(table, "year", "requests", "partner", label=partner_name)
    charts.strip(table, "age_days", "kind", label=...)
"""

from collections.abc import Callable, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from mlastats.messages import MISSING, number, percent
from mlastats.publish.style import INK, MUTED, PAPER, RAMP, WIDTH, colours, drawing

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.29
NO_BOUNDS = ("", "")


class Look(TypedDict, total=False):
    """What every chart may be told, all of it finished messages.

    `kind` says how values are written (days, share, count, rate, number); `reference` draws one
    line with `reference_label`, the service standard for instance.
    """

    title: str
    xlabel: str
    ylabel: str
    label: Callable[[Any], str]
    series: Callable[[Any], str]
    kind: str
    reference: float
    reference_label: str


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
        groups = _groups(frame, by)
        figure, axes = _figure(3.6 + (0.2 * len(groups) + 0.25 if at_risk else 0), **look)
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
        _value_axis(axes.yaxis, "share")
        _value_axis(axes.xaxis, "days")
        _reference(axes.axvline, axes, vertical=True, **look)
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

    A missing value breaks the line. Lines are named at their end.
    """
    with drawing():
        figure, axes = _figure(3.4, **look)
        groups = _groups(frame, by)
        place = _places(axes, frame[x])
        ends = {}
        for code, rows in groups.items():
            at, colour = rows[x].map(place), colours(groups)[code]
            axes.plot(
                at, rows[y].astype("float64"), color=colour, marker="o", markersize=4.5, markeredgecolor=PAPER
            )
            _band(axes, rows.assign(**{x: at}), x, bounds, colour, step=None)
            known = rows[rows[y].notna()]
            if len(known):
                ends[code] = (known[x].map(place).iloc[-1], float(known[y].iloc[-1]))
        axes.set_ylim(bottom=0)
        _value_axis(axes.yaxis, look.get("kind", "count"))
        _reference(axes.axhline, axes, vertical=False, **look)
        _name_ends(axes, ends if by else {}, **look)
    return figure


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

    With `by`, several dots a row. A row without a value keeps its name and a dash.
    """
    with drawing():
        order = (
            frame.groupby(y, observed=True, sort=False)[x]
            .max()
            .sort_values(ascending=False, na_position="last")
        )
        rows = {code: len(order) - 1 - i for i, code in enumerate(order.index)}
        figure, axes = _figure(0.9 + ROW * len(rows), **look)
        groups = _groups(frame, by)
        shift = {code: 0.24 * ((len(groups) - 1) / 2 - i) for i, code in enumerate(groups)}
        for code, part in groups.items():
            at = part[y].map(rows).astype("float64") + shift[code]
            if all(bounds):
                axes.hlines(
                    at,
                    *(part[b].astype("float64") for b in bounds),
                    color=colours(groups)[code],
                    alpha=0.45,
                    linewidth=3,
                )
            axes.plot(part[x].astype("float64"), at, "o", color=colours(groups)[code], markersize=6)
        _category_axis(axes, rows, **look)
        axes.set_xlim(left=0)
        _value_axis(axes.xaxis, look.get("kind", "number"))
        _dashes(axes, {rows[code] for code, value in order.items() if value != value})
        _reference(axes.axvline, axes, vertical=True, **look)
        _legend(axes, groups if by else {}, **look)
    return figure


def bars(frame: "pd.DataFrame", x: str, y: str, *, by: str = "", **look: Unpack[Look]) -> "Figure":
    """Horizontal bars from zero in the order of the frame, with their values; with `by`, stacked."""
    with drawing():
        names = list(dict.fromkeys(frame[y]))
        rows = {code: len(names) - 1 - i for i, code in enumerate(names)}
        figure, axes = _figure(0.8 + ROW * len(rows), **look)
        groups = _groups(frame, by)
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
        _category_axis(axes, rows, **look)
        write = _writer(look.get("kind", "count"))
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
        _legend(axes, groups if by else {}, **look)
    return figure


def heat(frame: "pd.DataFrame", x: str, y: str, value: str, **look: Unpack[Look]) -> "Figure":
    """Values of `y` by periods `x`, darker for more, each with its number; a count of zero is empty.

    `label` names the rows, `series` the columns; a share is coloured by fifths, so that two charts compare.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap

    with drawing():
        table = frame.pivot(index=y, columns=x, values=value).astype("float64")
        table = table.loc[list(dict.fromkeys(frame[y])), list(dict.fromkeys(frame[x]))]
        figure, axes = _figure(0.7 + ROW * len(table), **look)
        share = look.get("kind") == "share"
        steps = [0, 0.2, 0.4, 0.6, 0.8, 0.999, 1.001] if share else _steps(table.to_numpy())
        axes.pcolormesh(
            table.where(table.notna() if share else table > 0).to_numpy()[::-1],
            cmap=ListedColormap(RAMP),
            norm=BoundaryNorm(steps, len(RAMP)),
            edgecolors=PAPER,
            linewidth=1.5,
        )
        axes.grid(False)
        write = _writer(look.get("kind", "count"))
        for i, row in enumerate(table.to_numpy()[::-1]):
            for j, cell in enumerate(row):
                dark = cell == cell and cell >= steps[3]
                text = "" if cell == 0 and not share else write(cell)
                axes.text(
                    j + 0.5, i + 0.5, text, ha="center", va="center", fontsize=8, color=PAPER if dark else INK
                )
        name = look.get("series", str)
        names = ["\n".join(wrap(name(code), 9, break_long_words=False)) for code in table.columns]
        axes.set_xticks([j + 0.5 for j in range(len(names))], names, fontsize=8)
        axes.xaxis.tick_top()
        _category_axis(axes, {code: len(table) - 0.5 - i for i, code in enumerate(table.index)}, **look)
        axes.set_ylim(0, len(table))
        axes.spines[:].set_visible(False)
    return figure


def small_multiples(frame: "pd.DataFrame", x: str, y: str, panel: str, **look: Unpack[Look]) -> "Figure":
    """One small panel for each value of `panel`, columns over the periods `x`, all on one scale."""
    with drawing():
        from matplotlib.figure import Figure

        names = list(dict.fromkeys(frame[panel]))
        across = min(4, max(1, len(names)))
        down = -(-max(1, len(names)) // across)
        figure = Figure(figsize=(WIDTH, 0.5 + 1.05 * down), layout="constrained")
        grid = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
        places = list(dict.fromkeys(frame[x]))
        for axes, name in zip(grid.flat, names, strict=False):
            rows = frame[frame[panel] == name]
            axes.bar(
                [places.index(v) for v in rows[x]],
                rows[y].astype("float64"),
                color=colours(["incoming"])["incoming"],
                width=0.8,
            )
            axes.set_title(look.get("label", str)(name), fontsize=8.5)
            axes.grid(False, axis="x")
            axes.spines["left"].set_visible(False)
            _value_axis(axes.yaxis, look.get("kind", "count"), most=3)
        for axes in list(grid.flat)[len(names) :]:
            axes.set_visible(False)
        ends = [0, len(places) - 1] if len(places) > 1 else [0]
        grid[0, 0].set_xticks(ends, [str(places[i]) for i in ends] if places else [""])
        figure.suptitle(look.get("title", ""), x=0, ha="left", fontweight="bold", fontsize=10) if look.get(
            "title"
        ) else None
    return figure


def strip(frame: "pd.DataFrame", x: str, y: str, *, by: str = "", **look: Unpack[Look]) -> "Figure":
    """One tick for each row of the frame, in a row for each value of `y`. It shows cases: internal."""
    with drawing():
        names = list(dict.fromkeys(frame[y]))
        rows = {code: len(names) - 1 - i for i, code in enumerate(names)}
        figure, axes = _figure(0.9 + ROW * len(rows), **look)
        groups = _groups(frame, by)
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
        _category_axis(axes, rows, **look)
        if frame[x].dtype.kind != "M":
            axes.set_xlim(left=0)
            _value_axis(axes.xaxis, look.get("kind", "days"))
        _reference(axes.axvline, axes, vertical=True, **look)
        _legend(axes, groups if by else {}, **look)
    return figure


def _figure(height: float, **look: Unpack[Look]) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=look.get("xlabel", ""), ylabel=look.get("ylabel", ""), title=look.get("title", ""))
    return figure, axes


def _groups(frame: "pd.DataFrame", by: str) -> "dict[str, pd.DataFrame]":
    if not by:
        return {"all": frame}
    return {str(code): frame[frame[by] == code] for code in dict.fromkeys(frame[by].dropna())}


def _writer(kind: str) -> Callable[[float], str]:
    if kind == "share":
        return percent
    return lambda value: number(value, 0 if value != value or value == round(value) else 1)


def _value_axis(axis: Any, kind: str, most: int = 6) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    write = _writer(kind)
    axis.set_major_locator(MaxNLocator(most, integer=kind in ("count", "days"), steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _place: write(value)))


def _category_axis(axes: "Axes", rows: Mapping[Any, float], **look: Unpack[Look]) -> None:
    import textwrap

    words = look.get("label", str)
    axes.set_yticks(
        list(rows.values()), ["\n".join(textwrap.wrap(words(code), 34)) or MISSING for code in rows]
    )
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(-0.6, max(rows.values(), default=0) + 0.6)
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)


def _places(axes: "Axes", values: "pd.Series") -> Callable[[Any], Any]:
    """Where each value of a period axis stands: a date is a date, a code takes its turn."""
    if values.dtype.kind == "M":
        return lambda value: value
    codes = list(dict.fromkeys(values))
    every = -(-max(1, len(codes)) // 13)
    axes.set_xticks(list(range(0, len(codes), every)), [str(code) for code in codes[::every]])
    axes.grid(False, axis="x")
    return codes.index


def _band(
    axes: "Axes", rows: "pd.DataFrame", x: str, bounds: tuple[str, str], colour: str, *, step: Any
) -> None:
    if all(bounds):
        low, high = (rows[name].astype("float64") for name in bounds)
        axes.fill_between(rows[x], low, high, step=step, color=colour, alpha=0.14, linewidth=0)


def _reference(draw: Callable[..., Any], axes: "Axes", *, vertical: bool, **look: Unpack[Look]) -> None:
    at = look.get("reference")
    if at is None or at != at:
        return
    draw(at, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    place: dict[str, Any] = {"xy": (at, 1), "xycoords": ("data", "axes fraction"), "xytext": (4, 3)}
    if not vertical:
        place = {"xy": (0, at), "xycoords": ("axes fraction", "data"), "xytext": (2, 4)}
    axes.annotate(look.get("reference_label", ""), **place, textcoords="offset points", fontsize=8, color=INK)


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


def _legend(axes: "Axes", groups: "dict[str, pd.DataFrame]", **look: Unpack[Look]) -> None:
    from matplotlib.patches import Patch

    if groups:
        marks = [Patch(color=colours(groups)[code], label=look.get("series", str)(code)) for code in groups]
        axes.legend(
            handles=marks,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=len(marks),
            frameon=False,
            fontsize=8.5,
            handlelength=0.9,
            handleheight=0.9,
            borderpad=0.2,
            columnspacing=1.4,
        )


def _dashes(axes: "Axes", rows: set[float]) -> None:
    for row in rows:
        axes.annotate(MISSING, (0, row), xytext=(4, 0), textcoords="offset points", va="center", color=MUTED)


def _steps(values: Any) -> list[float]:
    """Class limits of a heat map: six classes, by quantiles of what is not zero, as whole numbers."""
    import numpy as np

    known = values[(values == values) & (values > 0)]
    if not known.size:
        return list(range(7))
    edges = [0.0]
    for q in (1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1):
        edges.append(max(float(np.quantile(known, q)), edges[-1] + 1e-9))
    return edges


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
