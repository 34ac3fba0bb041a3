"""Joint investigations in exhibits: with whom, since when, and how long they have lived."""

import pandas as pd

from mlastats.findings.declared import Declared
from mlastats.findings.phrases import in_line, span
from mlastats.measure.durations import PENDING
from mlastats.messages import _, _n, number, partner_name


def _lives(table: pd.DataFrame) -> str:
    still = table["outcome"].eq(PENDING)
    partners = table["partner"].value_counts(dropna=False).items()
    said = _n(
        "{n} of {all} joint investigations is open. They are with {partners}.",
        "{n} of {all} joint investigations are open. They are with {partners}.",
        int(still.sum()),
        all=number(len(table)),
        partners=in_line([f"{partner_name(code)} ({number(count)})" for code, count in partners]),
    )
    over = table.loc[table["ended"].notna(), "age"].dropna()
    if over.empty:
        return said
    if over.nunique() == 1:
        return f"{said} " + _("What has ended lived for {days}.", days=span(over.max()))
    return f"{said} " + _(
        "Those that have ended lived for {least} to {most}.", least=span(over.min()), most=span(over.max())
    )


lives = Declared(
    "joint_investigations",
    "Which joint investigations were there, with whom, and how long did they live?",
    by="direction request_id",
    columns="partner agency start ended age outcome",
    unit="days",
    finding=_lives,
    empty="No register holds a joint investigation.",
    notes=(
        "Since: the day of the request. The days of an open one run for as long as its register was kept.",
    ),
    internal_only=True,
)
