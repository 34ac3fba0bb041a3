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

from mlastats.publish.charts.grid import heat, small_multiples
from mlastats.publish.charts.over_time import curves, lines
from mlastats.publish.charts.ranked import bars, dots, strip

__all__ = ["bars", "curves", "dots", "heat", "lines", "small_multiples", "strip"]
