"""What the charts share: the frame of a figure, its axes, its names and its legend."""

from collections.abc import Callable, Iterable, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from mlastats.messages import MISSING, number, percent
from mlastats.publish.style import INK, MARKS, PAPER, WIDTH

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.29
NO_BOUNDS = ("", "")


class Look(TypedDict, total=False):
    """What every chart may be told, all of it finished messages.

    `kind` says how values are written (days, share, points, count, rate, number); `reference` draws one
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


def figure_of(height: float, **look: Unpack[Look]) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    # Letters may stand out of the room that their font says they take.
    figure = Figure(figsize=(WIDTH, height), layout=ConstrainedLayoutEngine(w_pad=0.07))
    axes = figure.subplots()
    axes.set(xlabel=look.get("xlabel", ""), ylabel=look.get("ylabel", ""), title=look.get("title", ""))
    return figure, axes


def groups_of(frame: "pd.DataFrame", by: str) -> "dict[str, pd.DataFrame]":
    if not by:
        return {"all": frame}
    return {str(code): frame[frame[by] == code] for code in dict.fromkeys(frame[by].dropna())}


def writer(kind: str) -> Callable[[float], str]:
    if kind == "share":
        return percent
    if kind == "points":
        return lambda value: number(round(100 * value) + 0)
    return lambda value: number(value, 0 if value != value or value == round(value) else 1)


def value_axis(axis: Any, kind: str, most: int = 6) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    write = writer(kind)
    axis.set_major_locator(MaxNLocator(most, integer=kind in ("count", "days"), steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _place: write(value)))


def pitch(rows: Iterable[Any], **look: Unpack[Look]) -> float:
    """Inches from row to row: more where a name takes two lines."""
    most = max((len(_lines(look.get("label", str)(code))) for code in rows), default=1)
    return ROW + 0.1 * (most - 1)


def _lines(words: str) -> list[str]:
    return wrap(words, 36) or [MISSING]


def category_axis(axes: "Axes", rows: Mapping[Any, float], **look: Unpack[Look]) -> None:
    words = look.get("label", str)
    axes.set_yticks(list(rows.values()), ["\n".join(_lines(words(code))) for code in rows])
    # A dot at zero must not touch the name of its row.
    axes.tick_params(axis="y", labelcolor=INK, pad=7)
    axes.set_ylim(-0.6, max(rows.values(), default=0) + 0.6)
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)


def reference(
    draw: Callable[..., Any], axes: "Axes", *, vertical: bool, at_end: bool = False, **look: Unpack[Look]
) -> None:
    """A line at a reference, named above it; `at_end` names one that lies level at its right end."""
    at = look.get("reference")
    if at is None or at != at:
        return
    draw(at, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    far = at > 0.7 * axes.get_xlim()[1]
    place: dict[str, Any] = {"xy": (at, 1), "xycoords": ("data", "axes fraction"), "xytext": (4, 3)}
    if far and vertical:
        place |= {"xytext": (-4, 3), "ha": "right"}
    if not vertical:
        place = {"xy": (int(at_end), at), "xycoords": ("axes fraction", "data"), "zorder": 5}
        place |= {"xytext": (-2, 4), "ha": "right"} if at_end else {"xytext": (2, 4)}
        place["bbox"] = {"facecolor": PAPER, "alpha": 0.7, "linewidth": 0, "pad": 0.8}
    axes.annotate(look.get("reference_label", ""), **place, textcoords="offset points", fontsize=8, color=INK)


def legend(axes: "Axes", shades: Mapping[str, str], *, areas: bool = False, **look: Unpack[Look]) -> None:
    """The names of those drawn, above the axes, each with its colour and its mark; `areas` for bars."""
    from matplotlib.lines import Line2D

    name = look.get("series", str)
    marks = [
        Line2D([], [], color=shade, linestyle="", marker="s" if areas else MARKS[shade], label=name(code))
        for code, shade in shades.items()
    ]
    if marks:
        axes.legend(
            handles=marks,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=len(marks),
            frameon=False,
            fontsize=8.5,
            handlelength=0.9,
            markerscale=1.15,
            borderpad=0.2,
            columnspacing=1.4,
        )
