"""A chart of an analyst's own, drawn with matplotlib or seaborn, in the look of the figures of a report.

    def by_offence(table):
        with plots.look():
            figure, axes = plots.axes()
            seaborn.barplot(table, x="requests", y="offence", saturation=1, ax=axes)
        return figure

Such a function is the `chart` of an Exhibit: `plots.drawn` makes a drawing of what it returns.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlastats.publish.charts import SLIM, WIDE, Drawing, Drawn
from mlastats.publish.style import COLOURS, FONTS, SCRIPTS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# matplotlib's own unit of a drawing: with as many dots an inch, one is a pixel.
DOTS = 72


@contextmanager
def look() -> Iterator[None]:
    """The letters, colours and grid of a report's figures, for what is drawn within."""
    import matplotlib as mpl
    import seaborn
    from matplotlib import font_manager

    for script in SCRIPTS:
        font_manager.fontManager.addfont(str(FONTS / f"{script}-Regular.ttf"))
    light = {name: pair[0] for name, pair in COLOURS.items()}
    theme: dict[str, Any] = seaborn.axes_style(
        "whitegrid",
        {
            "axes.edgecolor": light["muted"],
            "axes.labelcolor": light["ink"],
            "grid.color": light["grid"],
            "text.color": light["ink"],
            "xtick.color": light["muted"],
            "ytick.color": light["ink"],
            "figure.facecolor": "none",
            "axes.facecolor": "none",
        },
    )
    sizes = {"font.size": 12, "axes.labelsize": 12, "xtick.labelsize": 12, "ytick.labelsize": 13}
    # Colours that mean a direction, or what is open, are not for a chart that means something else by them.
    plain = f"cycler(color={[light[name] for name in ('rest', 'rest-pale', 'ink')]})"
    families = [re.sub(r"(?<=Sans)(?=[A-Z])", " ", name.replace("NotoSans", "Noto Sans")) for name in SCRIPTS]
    theme |= {**sizes, "font.family": families, "axes.prop_cycle": plain}
    with mpl.rc_context(theme):  # type: ignore[arg-type]
        yield


def axes(height: float = 300) -> "tuple[Figure, Axes]":
    """A figure of so many pixels, as wide as a panel of a report."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDE / DOTS, height / DOTS), dpi=DOTS, layout="constrained")
    return figure, figure.add_subplot()


def drawn(figure: "Figure") -> Drawing:
    """The figure at both widths of a page, with letters that stay letters, and as a picture of its own."""
    size = figure.get_size_inches()
    panels = []
    try:
        for width in (WIDE, SLIM):
            figure.set_size_inches(width / DOTS, size[1])
            panels.append(_svg(figure, "none"))
    finally:
        figure.set_size_inches(*size)
    return Drawing((Drawn("", "", *panels),), whole=_svg(figure, "path"))


def _svg(figure: "Figure", letters: str) -> str:
    """The same bytes for the same figure; in a page's variables of colour where its letters are text."""
    import matplotlib as mpl

    file = io.StringIO()
    nothing: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}
    with mpl.rc_context({"svg.fonttype": letters, "svg.hashsalt": "mlastats"}):
        figure.savefig(file, format="svg", metadata=nothing)
    text = file.getvalue()
    text = re.sub(
        r'(<svg [^>]*?width="[\d.]+)pt" height="([\d.]+)pt"', r'\1" height="\2"', text[text.index("<svg") :]
    )
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = text.replace("<svg ", '<svg class="chart" ', 1)
    if letters == "none":
        for name, (light, _dark) in COLOURS.items():
            text = text.replace(light, f"var(--{name},{light})")
    return text
