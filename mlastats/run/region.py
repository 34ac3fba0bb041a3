"""What a secretariat does with returns and flows, as its commands print it."""

from pathlib import Path
from typing import Any

from mlastats.region import mirror


def mirrored(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What a table of flows tells, as data and in lines: pair by pair, or the bounds that totals allow."""
    table = mirror.read(path)
    if "counterpart" not in table:
        bounds = mirror.margins(table)
        lines = [
            "The table has no counterparts: no pair can be compared, and what was sent and what was received are bounds "
            "on each other alone.",
            *(
                f"{row['year']}: {row['sent']} sent as {row['senders']} report, {row['received']} received as "
                f"{row['receivers']} report. At most {row['matched_at_most']} stand in both counts; at least "
                f"{row['apart_at_least']} stand in one alone, or their other side is one who did not report "
                f"({row['silent'].replace(mirror.APART, ', ') or 'nobody'})."
                for row in bounds.to_dict("records")
            ),
        ]
        return {"margins": bounds.to_dict("records")}, lines
    flows = mirror.pairs(table)
    of, over_years, (effects, fit) = (
        mirror.agreement(flows),
        mirror.persistence(flows),
        mirror.reporters(flows),
    )
    (told,) = of.to_dict("records")
    lines = [
        f"{told['flows']} flows that both sides report: {told['equal']} equal, {told['within']} within chance, "
        f"{told['outside']} outside ({100 * mirror.CHANCE:g} %); {told['one_nil']} nil on one side, and "
        f"{told['one_missing']} more that one side alone reports.",
        f"{told['sent']} sent as the senders report, {told['received']} received as the receivers do; asymmetry "
        f"{told['asymmetry']:.1%}, over the years together {over_years['pooled']:.1%}.",
        f"Gaps of successive years: correlation {over_years['correlation']:.2f} over {over_years['successive']}."
        if over_years["successive"] >= mirror.CORRELATED
        else f"Gaps of successive years: {over_years['successive']}, too few to correlate.",
        f"Chi-squared by degree of freedom {fit['before']:.1f}, with the effects of reporters {fit['after']:.1f}.",
        "Neither side is the true one.",
    ]
    data = {
        "agreement": told,
        "persistence": over_years,
        "fit": fit,
        "reporters": effects.to_dict("records"),
        "countries": mirror.by_country(flows).to_dict("records"),
        "flows": flows.astype(object).where(flows.notna(), None).to_dict("records"),
    }
    return data, lines
