"""What the charts share: the frame of a figure, its axes, its names and its legend."""

from collections.abc import Callable, Mapping
from textwrap import wrap
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from mlastats.messages import MISSING, number, percent
from mlastats.publish.style import INK, WIDTH, colours

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


def figure_of(height: float, **look: Unpack[Look]) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, height), layout="constrained")
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
    return lambda value: number(value, 0 if value != value or value == round(value) else 1)


def value_axis(axis: Any, kind: str, most: int = 6) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    write = writer(kind)
    axis.set_major_locator(MaxNLocator(most, integer=kind in ("count", "days"), steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(FuncFormatter(lambda value, _place: write(value)))


def category_axis(axes: "Axes", rows: Mapping[Any, float], **look: Unpack[Look]) -> None:
    words = look.get("label", str)
    axes.set_yticks(list(rows.values()), ["\n".join(wrap(words(code), 34)) or MISSING for code in rows])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.set_ylim(-0.6, max(rows.values(), default=0) + 0.6)
    axes.grid(False, axis="y")
    axes.spines["left"].set_visible(False)


def reference(draw: Callable[..., Any], axes: "Axes", *, vertical: bool, **look: Unpack[Look]) -> None:
    at = look.get("reference")
    if at is None or at != at:
        return
    draw(at, color=INK, linewidth=1, linestyle=(0, (4, 3)))
    far = at > 0.7 * axes.get_xlim()[1]
    place: dict[str, Any] = {"xy": (at, 1), "xycoords": ("data", "axes fraction"), "xytext": (4, 3)}
    if far and vertical:
        place |= {"xytext": (-4, 3), "ha": "right"}
    if not vertical:
        place = {"xy": (0, at), "xycoords": ("axes fraction", "data"), "xytext": (2, 4)}
    axes.annotate(look.get("reference_label", ""), **place, textcoords="offset points", fontsize=8, color=INK)


def legend(axes: "Axes", groups: "dict[str, pd.DataFrame]", **look: Unpack[Look]) -> None:
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
