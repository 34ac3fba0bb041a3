"""Charts of many cells: heat maps and small multiples."""

from textwrap import wrap
from typing import TYPE_CHECKING, Any, Unpack

from mlastats.publish.charts.axes import ROW, Look, category_axis, figure_of, value_axis, writer
from mlastats.publish.style import INK, MUTED, PAPER, RAMP, WIDTH, colours, drawing

SILENCE = "·"

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def heat(frame: "pd.DataFrame", x: str, y: str, value: str, **look: Unpack[Look]) -> "Figure":
    """Values of `y` by periods `x`, darker for more, each with its number; a count of zero is a small mark on
    an empty field, so that a silence is seen.

    `label` names the rows, `series` the columns; a share is coloured by fifths, so that two charts compare.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap

    with drawing():
        table = frame.pivot(index=y, columns=x, values=value).astype("float64")
        table = table.loc[list(dict.fromkeys(frame[y])), list(dict.fromkeys(frame[x]))]
        figure, axes = figure_of(0.7 + ROW * len(table), **look)
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
        write = writer(look.get("kind", "count"))
        for i, row in enumerate(table.to_numpy()[::-1]):
            for j, cell in enumerate(row):
                dark = cell == cell and cell >= steps[3]
                silent = cell == 0 and not share
                axes.text(
                    j + 0.5,
                    i + 0.5,
                    SILENCE if silent else write(cell),
                    ha="center",
                    va="center",
                    fontsize=8,
                    color=MUTED if silent else PAPER if dark else INK,
                )
        name = look.get("series", str)
        names = ["\n".join(wrap(name(code), 9, break_long_words=False)) for code in table.columns]
        axes.set_xticks([j + 0.5 for j in range(len(names))], names, fontsize=8)
        axes.xaxis.tick_top()
        category_axis(axes, {code: len(table) - 0.5 - i for i, code in enumerate(table.index)}, **look)
        axes.set_ylim(0, len(table))
        axes.spines[:].set_visible(False)
    return figure


def small_multiples(
    frame: "pd.DataFrame", x: str, y: str, panel: str, *, by: str = "", **look: Unpack[Look]
) -> "Figure":
    """One small panel for each value of `panel`, columns over the periods `x`, all on one scale.

    With `by`, a column that is the same all over a panel, its value gives the panel's colour.
    """
    with drawing():
        from matplotlib.figure import Figure

        names = list(dict.fromkeys(frame[panel]))
        across = min(4, max(1, len(names)))
        down = -(-max(1, len(names)) // across)
        figure = Figure(figsize=(WIDTH, 0.6 + 1.25 * down), layout="constrained")
        grid = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
        places = list(dict.fromkeys(frame[x]))
        shades = colours(frame[by].astype("str").unique() if by else ["incoming"])
        for axes, name in zip(grid.flat, names, strict=False):
            rows = frame[frame[panel] == name]
            axes.bar(
                [places.index(v) for v in rows[x]],
                rows[y].astype("float64"),
                color=shades[str(rows[by].iloc[0]) if by else "incoming"],
                width=0.8,
            )
            axes.set_title("\n".join(wrap(look.get("label", str)(name), 20)), fontsize=8.5)
            axes.grid(False, axis="x")
            axes.spines["left"].set_visible(False)
            value_axis(axes.yaxis, look.get("kind", "count"), most=3)
        for axes in list(grid.flat)[len(names) :]:
            axes.set_visible(False)
        ends = [0, len(places) - 1] if len(places) > 1 else [0]
        grid[0, 0].set_xticks(ends, [str(places[i]) for i in ends] if places else [""])
        figure.suptitle(look.get("title", ""), x=0, ha="left", fontweight="bold", fontsize=10) if look.get(
            "title"
        ) else None
    return figure


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
