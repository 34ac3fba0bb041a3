"""Consistency in exhibits: bursts and silences, how few partners it rests on, and whether it goes both ways."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from mlastats.findings import endings, phrases
from mlastats.measure.consistency import FEWEST, RARE, in_bursts
from mlastats.messages import _, label, number, partner_name, percent
from mlastats.publish.exhibit import Column, Exhibit

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_ROWS = 30
OPEN = {"percent": "open", "lower": "open_lower", "upper": "open_upper"}


def regularity(table: pd.DataFrame, page: Any) -> Exhibit:
    """How regular contact with each partner is, against chance."""
    return Exhibit(
        name="partners_regularity",
        question=_("Is contact steady, or does it come in bursts?"),
        finding=_regularity,
        table=table,
        columns={
            "asean": phrases.count_columns()["asean"],
            "partner": phrases.count_columns()["partner"],
            "contacts": Column(_("Requests, either way"), "count"),
            "months_active": Column(_("Months with one"), "number", rests_on=("contacts",)),
            "months": Column(_("of months"), "number"),
            "active": Column(_("Share of months"), "share", rests_on=("contacts",)),
            "active_by_chance": Column(_("At random it would be"), "share", rests_on=("contacts",)),
            "silence": Column(_("Longest silence (days)"), "days", rests_on=("contacts",), single=True),
            "chance": Column(_("How often by chance (p)"), "text", rests_on=("contacts",), single=True),
            "pattern": Column(_("Pattern"), "code", "pattern", rests_on=("contacts",)),
        },
        unit=_("requests; months; share; days"),
        by=("asean", "partner"),
        scope={"contact": "either way"} | phrases.begun(page),
        counts={"contacts": {}},
        chart=_draw_regularity if len(table) else None,
        alt=lambda t: _(
            "The share of months with contact beside what chance would give, by partner; all is in the table."
        ),
        notes=[
            _(
                "By chance: as many requests, each on a day at random, at the pace at which requests with all partners "
                "together grow or shrink. p is how often the longest silence would be as long (Fisher 1929)."
            ),
            _("Partners with fewer than {n} requests are left out.", n=number(FEWEST)),
            _(
                "In bursts: a silence that chance would give less than once in {n}.",
                n=number(round(1 / RARE)),
            ),
        ],
    )


def shown(table: pd.DataFrame) -> pd.DataFrame:
    """A frame of `regularity` with its p-values as they are read; below a thousandth, that."""
    small = "<" + number(0.001, 3)
    chance = table["chance"].map(lambda p: small if p < 0.001 else number(p, 3))
    return table.assign(chance=chance.astype("str"))


def concentration(table: pd.DataFrame, page: Any) -> Exhibit:
    """On how many partners matters rest."""
    names = ("direction", "asean")
    rests = ("matters",)
    return Exhibit(
        name="partners_concentration",
        question=_("On how many partners does co-operation rest?"),
        finding=_concentration,
        table=table,
        columns={name: phrases.count_columns()[name] for name in names}
        | {
            "matters": Column(_("Matters"), "count"),
            "partners": Column(_("Partners"), "number", rests_on=rests),
            **phrases.limited("effective", _("Effective number"), "number", rests),
            **phrases.limited("top_three", _("Share of the top three"), "share", rests),
        },
        unit=_("matters; partners; share"),
        by=names,
        scope={"unit": "matters"} | phrases.begun(page),
        counts={"matters": {}},
        chart=_draw_concentration if table["effective"].notna().any() else None,
        alt=lambda t: _(
            "The effective number of partners with intervals, by group and direction; all is in the table."
        ),
        notes=[
            _(
                "Effective number: so many partners of equal size would be as concentrated (one over the chance that two "
                "matters are with the same partner). A partner is in its group on the day of the request."
            ),
            _(
                "Intervals are 95%: of the effective number by Simpson's variance, from 20 matters on; of the top three "
                "exact, and wider below because the three with most were chosen."
            ),
        ],
    )


def reciprocity(table: pd.DataFrame, page: Any) -> Exhibit:
    """Made against received, and what is answered of each."""
    return Exhibit(
        name="partners_reciprocity",
        question=_("Does co-operation go both ways?"),
        finding=_reciprocity,
        table=table,
        columns={
            "asean": phrases.count_columns()["asean"],
            "received": Column(_("Received"), "count"),
            "received_answered": Column(_("of these answered by us"), "count"),
            "received_pending": Column(_("pending with us"), "count"),
            "made": Column(_("Made"), "count"),
            "made_answered": Column(_("of these answered by partners"), "count"),
            "made_pending": Column(_("pending with partners"), "count"),
            **phrases.limited("made_share", _("Share made by us"), rests_on=("received", "made")),
            "received_share": Column(
                _("Answered by us"), "share", rests_on=("received", "received_answered")
            ),
            "made_answered_share": Column(
                _("Answered by partners"), "share", rests_on=("made", "made_answered")
            ),
            **phrases.limited(
                "difference",
                _("Difference"),
                rests_on=("received", "received_answered", "made", "made_answered"),
            ),
        },
        unit=_("matters; share"),
        by=("asean",),
        scope={"unit": "matters"} | phrases.begun(page),
        counts={
            "received": {"direction": "incoming"},
            "received_answered": {"direction": "incoming", "status": "answered"},
            "received_pending": {"direction": "incoming", "status": "pending"},
            "made": {"direction": "outgoing"},
            "made_answered": {"direction": "outgoing", "status": "answered"},
            "made_pending": {"direction": "outgoing", "status": "pending"},
        },
        chart=_draw_reciprocity if table[["received", "made"]].sum().sum() else None,
        alt=lambda t: _(
            "The share of matters made by us, with intervals, within ASEAN and outside; all is in the table."
        ),
        notes=[
            _("What is pending is not answered yet; it weighs on both sides, and more where more is recent."),
            _("Intervals are 95%: Wilson's of a share, Newcombe's of the difference (partners less us)."),
        ],
    )


def unanswered(table: pd.DataFrame, page: Any, days: int) -> Exhibit:
    """The share without an answer after so many days, within ASEAN and outside, by direction."""
    held = table[table["asean"].astype("str").ne("unrecorded")].copy()
    for name, source in (("open", "within"), ("open_lower", "within_upper"), ("open_upper", "within_lower")):
        held[name] = 1 - held[source]
    names = ["direction", "asean", "requests", "answered", "ended_otherwise", "pending", "undated"]
    made = Exhibit(
        name="partners_unanswered",
        question=_("How many requests have had no answer after {days} days?", days=number(days)),
        finding=lambda t: _unanswered(t, days),
        table=held[[*names, "open", "open_lower", "open_upper"]],
        columns={
            **{name: phrases.count_columns()[name] for name in names},
            **phrases.limited("open", _("Without an answer"), rests_on=("answered", "pending")),
        },
        unit=_("requests; share"),
        by=("direction", "asean"),
        scope=phrases.begun(page),
        counts={
            "requests": {},
            **{name: {"status": name} for name in ("answered", "ended_otherwise", "pending", "undated")},
        },
        chart=_draw_unanswered if held["open"].notna().any() else None,
        alt=lambda t: _("Shares with their intervals, one row a group; every number is in the table."),
        notes=[
            _(
                "Pending requests count for as long as they have waited; one that was withdrawn or returned has had "
                "no answer. Within kinds of request, see the tables that follow."
            ),
            _("The interval is 95%, on the log-log scale."),
        ],
    )
    return endings.together(made, page)


def _regularity(table: pd.DataFrame) -> str:
    known = table.dropna(subset=["contacts", "pattern"])
    if known.empty:
        return _("With no partner are there enough requests to tell a burst from chance.")
    found = in_bursts(known)
    said = []
    for _index, row in found[found["partners"].gt(0)].iterrows():
        said.append(
            _(
                "{group}: with {bursts} of {partners} partners contact came in bursts: a silence longer than chance gives.",
                group=label("asean", str(row["asean"])),
                bursts=number(row["bursts"]),
                partners=number(row["partners"]),
            )
        )
    if found["partners"].sum() < phrases.FEW:
        said.append(_("These are few partners, and each is a case of its own."))
    return " ".join(said)


def _group(direction: str, asean: str) -> str:
    return f"{phrases.direction(direction)}, {phrases.arms('asean')[asean == 'asean']}"


def _concentration(table: pd.DataFrame) -> str:
    said = []
    for _index, row in table.iterrows():
        if pd.isna(row["effective"]) or pd.isna(row["effective_lower"]):
            continue
        said.append(
            _(
                "{group}: {matters} matters rest on {effective} effective partners (95% interval {lower} to {upper}).",
                group=_group(str(row["direction"]), str(row["asean"])),
                matters=number(row["matters"]),
                effective=number(row["effective"], 1),
                lower=number(row["effective_lower"], 1),
                upper=number(row["effective_upper"], 1),
            )
        )
    return " ".join(said) or _("There are too few matters to say on how many partners they rest.")


def _reciprocity(table: pd.DataFrame) -> str:
    said = []
    for _index, row in table.dropna(subset=["received", "made", "made_share"]).iterrows():
        group = label("asean", str(row["asean"]))
        said.append(
            _(
                "{group}: {made} made for {received} received.",
                group=group,
                made=number(row["made"]),
                received=number(row["received"]),
            )
        )
        if pd.isna(row["difference_lower"]):
            continue
        values = {"partners": percent(row["made_answered_share"]), "us": percent(row["received_share"])}
        if row["difference_lower"] > 0 or row["difference_upper"] < 0:
            said.append(_("Partners have answered {partners}, we {us}.", **values))
        else:
            said.append(_("Partners have answered {partners}, we {us}; no difference is shown.", **values))
        said.append(phrases.few(min(row["received"], row["made"])))
    return phrases.sentences(said)


def _unanswered(table: pd.DataFrame, days: int) -> str:
    said = []
    for _index, row in table.iterrows():
        if pd.isna(row["requests"]) or not row["requests"]:
            continue
        group = _group(str(row["direction"]), str(row["asean"]))
        if pd.isna(row["open"]) or pd.isna(row["open_lower"]):
            said.append(
                _("{group}: too few have been followed for {days} days.", group=group, days=number(days))
            )
            continue
        values = {
            "group": group,
            "days": number(days),
            "share": phrases.roughly(row["open"], row["open_lower"], row["open_upper"]),
            **{name: percent(row[column]) for name, column in OPEN.items()},
        }
        said.append(
            _(
                "{group}: {share} have had no answer after {days} days ({percent}, 95% interval {lower} to {upper}).",
                **values,
            )
            if values["share"]
            else _(
                "{group}: {percent} have had no answer after {days} days (95% interval {lower} to {upper}).",
                **values,
            )
        )
        said.append(phrases.few(row["requests"]))
    return phrases.sentences(said)


def _draw_regularity(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    most = table.nlargest(MOST_ROWS, "contacts") if table["contacts"].notna().any() else table
    words = {"active": _("Months with contact"), "active_by_chance": _("What chance would give")}
    long = most.melt(id_vars=["partner"], value_vars=list(words), var_name="what", value_name="share")
    return charts.dots(
        long,
        "share",
        "partner",
        by="what",
        kind="share",
        label=partner_name,
        series=lambda code: words[code],
        xlabel=_("share of all months"),
    )


def _draw_concentration(table: pd.DataFrame) -> "Figure":
    return _rows(
        table,
        ("effective", "effective_lower", "effective_upper"),
        "number",
        _("effective number of partners"),
    )


def _draw_unanswered(table: pd.DataFrame) -> "Figure":
    return _rows(table, ("open", "open_lower", "open_upper"), "share", _("share without an answer"))


def _rows(table: pd.DataFrame, names: tuple[str, str, str], kind: str, xlabel: str) -> "Figure":
    from mlastats.publish import charts

    known = table.dropna(subset=[names[0]])
    return charts.dots(
        known,
        names[0],
        "direction",
        by="asean",
        bounds=names[1:],
        kind=kind,
        label=lambda code: phrases.group_label("direction", code),
        series=lambda code: phrases.group_label("asean", code),
        xlabel=xlabel,
    )


def _draw_reciprocity(table: pd.DataFrame) -> "Figure":
    from mlastats.publish import charts

    return charts.dots(
        table.dropna(subset=["made_share"]),
        "made_share",
        "asean",
        bounds=("made_share_lower", "made_share_upper"),
        kind="share",
        label=lambda code: phrases.group_label("asean", code),
        reference=0.5,
        reference_label=_("as many made as received"),
        xlabel=_("share of matters that we made"),
    )
