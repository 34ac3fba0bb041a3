"""The numbers that each finding has to say, in their order, from the tables worked out anew; and which groups it names."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import betabinom, binom, chi2
from scipy.stats import t as student

from tests.recomputed.curves import curve, difference, logrank
from tests.recomputed.records import vocabulary
from tests.recomputed.tables import AFTER, RECORDS, Records, asked_lines, both_ways_asked, matching, two_arms

NUMBER = re.compile(r"(?<![\w.])[<>]?\d[\d,]*(?:\.\d+)?%?")
Tables = dict[str, pd.DataFrame]
WAYS = ("incoming", "outgoing")
FEW, SURE = 20, 0.01


def numbers(text: str) -> list[str]:
    return [n.replace(",", "").rstrip(",") for n in NUMBER.findall(text)]


def whole(n: float) -> str:
    # Half to even, as the pages write numbers.
    return f"{float(n):.0f}"


def span(days: float) -> str:
    return f"{days / 365.25:.1f}" if days >= 730 else whole(days)


def percent(share: float) -> str:
    if 0.995 <= share < 1:
        return ">99%"
    return "<1%" if 0 < share < 0.005 else f"{100 * share:.0f}%"


def of(part: float, total: float) -> list[str]:
    return [percent(part / total), whole(total)] if total >= FEW else [whole(part), whole(total)]


def row(table: pd.DataFrame, **codes: str) -> pd.Series:
    (found,) = [r for _i, r in table.iterrows() if all(str(r[n]) == c for n, c in codes.items())]
    return found


def assistance(table: pd.DataFrame, **codes: str) -> list[pd.Series]:
    """The rows of legal assistance, which the headlines are of, one a direction."""
    return [row(table, direction=way, strand="legal_assistance", **codes) for way in WAYS]


def label(name: str, code: str) -> str:
    return next((r["label"] for r in vocabulary(name) if r["code"] == code), code)


def account(t: Tables) -> list[str]:
    table = t["register_account"]
    return [whole(table[name].sum()) for name in ("requests", "read", "apart")]


def recorded_least(t: Tables) -> list[str]:
    sums = t["register_filled_by_register"].groupby("field")[["filled", "expected"]].sum()
    least = sums.loc[(sums["filled"] / sums["expected"]).idxmin()]
    return of(least["filled"], least["expected"])


def kept_by_some(t: Tables) -> list[str]:
    """How many fields all registers fill, some, none."""
    filled = t["register_filled_by_more"].set_index(["field", "register"])["filled"].gt(0).unstack()
    every, some = int(filled.all(axis=1).sum()), int(filled.any(axis=1).sum())
    return [whole(n) for n in (every, len(filled), some - every, len(filled) - some)]


def last_year(t: Tables) -> list[str]:
    """The share of the last year; no straight line through all of them rises or falls so much (p of .01)."""
    sums = t["register_filled_by_year"].groupby("year")[["filled", "expected"]].sum()
    share = sums["filled"] / sums["expected"]
    assert not line(share.to_numpy(), sums["expected"].to_numpy()) < SURE
    return [share.index.max(), percent(share[share.index.max()])]


def line(share: np.ndarray, weight: np.ndarray) -> float:
    """How often chance would give so steep a weighted straight line: t on periods less two."""
    seen = np.isfinite(share) & (weight > 0)
    y, w, x = share[seen], weight[seen], np.arange(len(share), dtype=float)[seen]
    if len(y) < 5:
        return np.nan
    design = np.column_stack([np.ones(len(x)), x]) * np.sqrt(w)[:, None]
    beta, *_rest = np.linalg.lstsq(design, y * np.sqrt(w))
    rest = y * np.sqrt(w) - design @ beta
    error = np.sqrt((rest**2).sum() / (len(x) - 2) * np.linalg.inv(design.T @ design)[1, 1])
    return float(2 * student.sf(abs(beta[1]) / error, len(x) - 2))


def agencies(t: Tables) -> list[str]:
    sums = t["register_filled_by_agency_and_year"].groupby("agency")[["filled", "expected"]].sum()
    share = sums["filled"] / sums["expected"]
    return [percent(share.min()), percent(share.max())]


def decisions(t: Tables) -> list[str]:
    sums = t["register_decisions"].groupby("severity")["rows"].sum()
    return [whole(sums["error"]), whole(sums["warning"])]


def to_mend(t: Tables) -> list[str]:
    sums = t["register_to_do"].groupby("register")["rows"].sum()
    return [whole(sums.sum()), whole(sums.max())]


def glance(t: Tables) -> list[str]:
    return [
        text
        for r in assistance(t["turnaround_glance"])
        for text in (span(r["median_days"]), span(r["closed_only_median"]), whole(r["pending"]))
    ]


def curves(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        table = matching(t["turnaround_curves"], {"direction": way, "strand": "legal_assistance"})
        days = [30, 180, 365]
        shares = [table.loc[table["day"].astype(int) <= day, "share"].iloc[-1] for day in days]
        said += [*map(str, days), *map(percent, shares)]
    return said


def quantiles(t: Tables) -> list[str]:
    quarter, three = (assistance(t["turnaround_quantiles"], quantile=q) for q in ("0.25", "0.75"))
    return [span(quarter[0]["days"]), span(three[0]["days"]), span(quarter[1]["days"])]


def fates(t: Tables) -> list[str]:
    codes = ("executed", "refused", "pending")
    each = [assistance(t["outcomes"], outcome=code) for code in codes]
    return [text for way in (0, 1) for text in ("365", *(percent(rows[way]["share"]) for rows in each))]


def grounds(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        table = matching(t["outcomes_refusals"], {"direction": way, "strand": "legal_assistance"})
        total, none = table["whole"].max(), row(table, refusal_ground="unrecorded")["requests"]
        said += [
            *of(total - none, total),
            whole(table.loc[table["refusal_ground"].ne("unrecorded"), "requests"].max()),
        ]
    return said


def within_standard(t: Tables) -> list[str]:
    r = row(t["turnaround_within_standard"], direction="incoming", kind="mla")
    return [percent(r["within"]), whole(r["standard_days"])]


def stages(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        table = matching(t["stages"], {"direction": way, "strand": "legal_assistance"})
        said += [percent(table["share"].max()), whole(table["stuck"].max())]
    return said


def steps(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        table = matching(t["stages_pairs"], {"direction": way, "strand": "legal_assistance"})
        said.append(span(round(table.loc[table["legs"].ge(FEW), "median_days"].max())))
    return said


def holders(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        table = matching(t["stages_by_agency"], {"direction": way, "strand": "legal_assistance"})
        stuck = table.groupby("agency")["stuck"].sum()
        said += [whole(stuck.sum()), whole(stuck.gt(0).sum())]
    return said


def held(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        sizes = matching(t["turnaround_by_agency"], {"direction": way, "kind": "mla"})["requests"]
        said += of(sizes.max(), sizes.sum())
    return said


def standing(name: str) -> Callable[[Tables], list[str]]:
    """Who stands apart, else of how many none does; and how often one of middling size would be named that answers half
    as often in time as is usual (the share of all then is a little lower)."""

    def said(t: Tables) -> list[str]:
        told = t[name][t[name]["stands"].isin(["below", "within", "above"])]
        if told.empty:
            return [] if t[name]["stands"].eq("unlike").any() else ["3", "10"]
        apart = told[told["stands"].ne("within")]
        first = [whole(len(told))] if apart.empty else []
        for _i, r in apart.iterrows():
            first += [percent(r["marked"] / r["compared"]), percent(r["expected"] / r["compared"])]
        size, (usual, spread) = (
            int(told["compared"].median()),
            told[["target", "spread"]].astype(float).iloc[0],
        )
        pulled = usual + size / told["compared"].sum() * (usual / 2 - usual)
        total = pulled * (1 - pulled) / spread**2 - 1
        counts = np.arange(size + 1)
        law = betabinom(size, pulled * total, (1 - pulled) * total).pmf(counts)
        named = 2 * np.minimum(np.cumsum(law), np.cumsum(law[::-1])[::-1]) <= 0.002
        often = binom.pmf(counts, size, usual / 2)[named].sum()
        return [*first, percent(usual / 2), whole(size), percent(usual), whole(round(100 * often)), "100"]

    return said


def by_year(t: Tables) -> list[str]:
    """The last year of which the share rests on 20, and those not followed so long of which there is none to say."""
    said = []
    for way in WAYS:
        table = matching(t["turnaround_by_year"], {"direction": way, "strand": "legal_assistance"})
        years = table[["direction", "strand", "year"]].to_dict("records")
        rests = [curve(matching(RECORDS[0].rows, codes)).rests_on_at(180) for codes in years]
        some = table["within"].notna() & (np.array(rests) >= FEW)
        assert not line(table["within"].to_numpy(float), np.where(table["within"].notna(), rests, 0)) < SURE
        last = table[some].iloc[-1]
        early = table["followed_days"].lt(180) & ~some & table["year"].gt(last["year"])
        said += [last["year"], percent(last["within"]), "180", *table.loc[early, "year"]]
    return said


def waiting(t: Tables) -> list[str]:
    """Of each direction how many of those open have waited for a year or longer; what is open is added over none."""
    said = []
    for way in WAYS:
        table = matching(t["pending_by_age"], {"direction": way})
        old = table.loc[table["age_band"].isin(["365-729", "730+"]), "pending"].sum()
        said += [whole(old), whole(table["pending"].sum())]
    return said


def over_groups(name: str, part: str, total: str) -> Callable[[Tables], list[str]]:
    def said(t: Tables) -> list[str]:
        texts = []
        for way in WAYS:
            table = matching(t[name], {"direction": way, "strand": "legal_assistance"})
            texts += of(table[part].sum(), table[total].sum())
        return texts

    return said


def slowest(rows: pd.DataFrame, by: str) -> list[list[str]]:
    """Which groups cannot be told from the slowest, and which from the fastest, by log-rank tests; none unless all
    together differ at .01, three at most stand at an end, and none at both; a group of fewer than 20 at neither."""
    groups = dict(list(rows[rows["timed"]].assign(**{by: rows[by].fillna("unrecorded")}).groupby(by)))
    if len(groups) < 2 or not any(part["status"].eq("answered").any() for part in groups.values()):
        return []
    codes = list(groups)
    came, due, _p = logrank(list(groups.values()))
    order = np.argsort(due, kind="stable")
    small = int((due < 5).sum())
    while 0 < small < len(order) and due[order[:small]].sum() < 5:
        small += 1
    together = [pd.concat([groups[codes[n]] for n in order[:small]])] if small else []
    together += [groups[codes[n]] for n in range(len(codes)) if n not in order[:small]]
    large = [n for n in range(len(codes)) if due[n] >= 5 and len(groups[codes[n]]) >= 20]
    if len(large) < 2 or len(together) < 2 or not logrank(together)[2] < SURE:
        return []
    pace = {n: came[n] / due[n] for n in large}
    ends = []
    for first in (min(pace, key=lambda n: pace[n]), max(pace, key=lambda n: pace[n])):
        ends.append(
            [
                codes[n]
                for n in large
                if n == first or logrank([groups[codes[first]], groups[codes[n]]])[2] >= 0.05
            ]
        )
    apart = all(len(end) <= 3 for end in ends) and not set(ends[0]) & set(ends[1])
    return ends if apart else []


def paces(name: str, by: str, within: str = "") -> Callable[[Tables], tuple[list[str], list[str]]]:
    """The medians that are said, and the names, of the first kind of each direction of which something can be."""

    def said(t: Tables) -> tuple[list[str], list[str]]:
        figures, names = [], []
        rows = RECORDS[0].rows
        for way in WAYS:
            kinds = [r["code"] for r in vocabulary("kind")] if within else [""]
            for kind in kinds:
                part = matching(rows, {"direction": way, **({within: kind} if within else {})})
                ends = slowest(part, by) if len(part) else []
                for end in ends:
                    said_of = (label(by, c) for c in end)
                    small = [n if n.isupper() else n[0].lower() + n[1:] for n in said_of]
                    names.append(" and ".join(", ".join(small).rsplit(", ", 1)))
                    if len(end) == 1:
                        key = {"direction": way, by: end[0], **({within: kind} if within else {})}
                        median = row(t[name], **key)["median_days"]
                        figures += [] if np.isnan(median) else [span(median)]
                if ends:
                    break
        return figures, names

    return said


def commonest(t: Tables) -> list[str]:
    tables = [
        matching(t["channels_by_channel"], {"direction": way, "strand": "legal_assistance"}) for way in WAYS
    ]
    return [text for table in tables for text in of(table["requests"].max(), table["whole"].max())]


def preceded(t: Tables) -> list[str]:
    rows = [row(t["informal_first"], direction=way, kind="mla") for way in WAYS]
    return [text for r in rows for text in of(r["preceded"], r["known"])]


def first_strands(table: pd.DataFrame, says: Callable[[pd.DataFrame], bool]) -> list[pd.DataFrame]:
    """Of each direction the rows of the first strand that says something, in the order of the strands."""
    first: dict[str, pd.DataFrame] = {}
    for strand in (r["code"] for r in vocabulary("strand")):
        for way in WAYS:
            rows = matching(table, {"direction": way, "strand": strand})
            if len(rows) and says(rows):
                first.setdefault(way, rows)
    return list(first.values())


def became(t: Tables) -> list[str]:
    rows = matching(t["contacts_became_formal"], {"within_days": "365"})
    said = [
        rows.loc[part["contacts"].astype(int).idxmax()]
        for _way, part in rows.groupby("direction", sort=False)
    ]
    return [text for r in said for text in (percent(r["share"]), whole(r["contacts"]), "365")]


def goes_both_ways(rows: pd.DataFrame) -> bool:
    return bool(rows["formal"].sum() and rows["informal"].sum())


def formality(name: str) -> Callable[[Tables], list[str]]:
    """The share formal of the first strand of a direction that goes both ways; of incoming requests each goes one way
    alone, the police theirs, all others the other."""

    def said(t: Tables) -> list[str]:
        incoming = matching(t[name], {"direction": "incoming"})
        assert not incoming.loc[incoming["strand"].eq("police"), "formal"].any()
        assert not incoming.loc[incoming["strand"].ne("police"), "informal"].any()
        (rows,) = first_strands(t[name], goes_both_ways)
        if "period" not in rows:
            return of(rows["formal"].sum(), rows[["formal", "informal"]].to_numpy().sum())
        known = rows["formal"] + rows["informal"]
        assert not line((rows["formal"] / known).to_numpy(float), known.to_numpy(float)) < SURE
        last = rows[known.gt(0)].iloc[-1]
        return [*of(last["formal"], last["formal"] + last["informal"]), last["period"]]

    return said


def compared(name: str, by: str, sides: tuple[str, str], figure: str) -> Callable[[Tables], list[str]]:
    """How many comparisons there are of which none shows a difference: the interval of the difference, recovered from the
    two intervals, holds 0."""

    def said(t: Tables) -> list[str]:
        apart = []
        for _codes, pair in t[name].groupby(["direction", "kind"], sort=False):
            both = pair[pair["requests"].ge(FEW) & pair[figure].notna()].set_index(by)
            if set(sides) <= set(both.index):
                three = [tuple(both.loc[side, [figure, "lower", "upper"]].astype(float)) for side in sides]
                *_figures, low, high = difference([three[0]], [three[1]], [1])
                apart.append(low > 0 or high < 0)
        assert not any(apart)
        return [str(len(apart))]

    return said


def two_shares(name: str) -> Callable[[Tables], list[str]]:
    """How many comparisons there are of which chi-squared tells none apart at .01."""

    def said(t: Tables) -> list[str]:
        pairs = 0
        for _codes, pair in t[name].groupby(["direction", "kind"], sort=False):
            if pair["requests"].ge(FEW).all():
                pairs += 1
                k, n = pair["pending"].to_numpy(float), pair["requests"].to_numpy(float)
                mean = k.sum() / n.sum()
                if (n * min(mean, 1 - mean)).min() >= 5:
                    assert chi2.sf(((k - n * mean) ** 2 / (n * mean * (1 - mean))).sum(), 1) >= SURE
        return [str(pairs)]

    return said


def like_with_like(name: str) -> Callable[[Tables], list[str]]:
    def said(t: Tables) -> list[str]:
        rows = [row(t[name], direction=way, compared="standardised") for way in WAYS]
        # Limits of 95% at the level of .01: 2.5758 / 1.95996 times as far from the difference.
        ends = {r["direction"]: r["lower"] if r["difference"] > 0 else r["upper"] for r in rows}
        told = [
            r
            for r in rows
            if abs(r["difference"]) > 2.5758 / 1.95996 * abs(r["difference"] - ends[r["direction"]])
        ]
        unit = span if name.startswith("mean") else lambda gap: whole(100 * gap)
        return [unit(abs(r["difference"])) for r in told]

    return said


def engaged(t: Tables) -> list[str]:
    partners = t["partners_engagement"]
    inside = partners["partner_group"].eq("asean")
    silent, sustained = (
        partners["engagement"].isin(["dormant", "none"]),
        partners["engagement"].eq("sustained"),
    )
    outside = [sustained[~inside].sum(), (~inside).sum(), silent[~inside].sum()]
    return [
        *map(whole, outside),
        "24",
        whole(sustained[inside].sum()),
        whole(inside.sum()),
        whole(silent.sum() - 6),
    ]


def nothing_happens(t: Tables) -> list[str]:
    sums = t["partners_not_happening"][["named_silent", "named", "bound_silent", "bound"]].sum()
    return [whole(n) for n in sums]


def asked_by_year(way: str) -> Callable[[Tables], list[str]]:
    def said(t: Tables) -> list[str]:
        years = t[f"partners_by_year_{way}"].groupby("partner")["matters"]
        sizes, often = years.sum(), years.agg(lambda n: n.eq(0).mean()).gt(0.5).sum()
        top = sizes[sizes >= sizes.nlargest(3).min()].sum()
        return [whole(top), whole(sizes.sum()), whole(often)]

    return said


def both_ways(t: Tables) -> list[str]:
    sums = t["partners_by_year_and_group"].groupby(["direction", "asean"])["matters"].sum()
    return [whole(sums[way, side]) for way in WAYS for side in ("asean", "non_asean")]


def bursts(t: Tables) -> list[str]:
    table, said = t["partners_regularity"], []
    for side in ("asean", "non_asean"):
        some = table[table["asean"].eq(side) & table["pattern"].ne("unknown")]
        said += [whole(some["pattern"].eq("bursts").sum()), whole(len(some))]
    return said


def effective(t: Tables) -> list[str]:
    table = t["partners_concentration"]
    told = table[table["strand"].eq("legal_assistance") & table["effective"].notna()]
    rows = [r for _i, r in told.iterrows()]
    return [text for r in rows for text in (whole(r["matters"]), f"{r['effective']:.1f}")]


def reciprocity(t: Tables) -> list[str]:
    table = t["partners_reciprocity"]
    rows = [r for _i, r in table[table["strand"].eq("legal_assistance")].iterrows()]
    return [whole(r[name]) for r in rows for name in ("made", "received")]


def unanswered(t: Tables) -> list[str]:
    """In ASEAN and outside it cannot be told apart, so that neither is said."""
    sides = [assistance(t["partners_unanswered"], asean=side) for side in ("non_asean", "asean")]
    for way in (0, 1):
        three = [
            tuple(
                side[way][["no_answer_share", "no_answer_share_lower", "no_answer_share_upper"]].astype(float)
            )
            for side in sides
        ]
        *_figures, low, high = difference([three[0]], [three[1]], [1])
        assert low <= 0 <= high
    return []


def stock(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        first, last, more = (row(t["flow_stock"], direction=way, period=p) for p in ("2016", "2026", AFTER))
        said += [whole(more["closing"]), "30", "2026", whole(first["closing"]), "2016"]
        said += [whole(last["opened"]), whole(last["ended"]), "1", "31", "2026", whole(last["opening"])]
        said += ["31", "2026", whole(more["opened"]), whole(more["ended"])]
    return said


def backlog(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        table = matching(t["backlog_forecast"], {"direction": way})
        now = table[table["stock"].notna()].iloc[-1]
        far = table[table["expected"].notna()].iloc[-1]
        said += [*(whole(far[n]) for n in ("expected", "lower", "upper")), whole(now["stock"])]
    return said


def kept_up(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        r = row(t["flow_ratios"], direction=way, strand="legal_assistance", period="2026")
        said += ["1", "31", "2026", whole(r["ended"]), whole(r["opened"])]
    return said


def since(t: Tables) -> list[str]:
    rows = assistance(t["before_after_sides_2017_06_28"], arm="after")
    return [text for r in rows for text in ("28", "2017", span(r["median_days"]))]


def half_a_year(way: str) -> Callable[[Tables], list[str]]:
    def said(t: Tables) -> list[str]:
        codes = {"strand": "legal_assistance", "arm": "after"}
        table = matching(t[f"before_after_curves_{way}_2017_06_28"], codes)
        return ["28", "2017", percent(table.loc[table["day"].astype(int) <= 180, "share"].iloc[-1]), "180"]

    return said


def qualities(t: Tables) -> list[str]:
    rows = assistance(t["before_after_quality_2017_06_28"], quality="returned", arm="after")
    return [text for r in rows for text in ("28", "2017", *of(r["part"], r["whole"]))]


def by_the_day(t: Tables) -> list[str]:
    """Of the first kind of each direction of which something was due."""
    table = t["in_time_for_deadline"]
    table = table[table["due"].gt(0)] if len(table) else table
    return [n for r in first_kinds(table) for n in of(r["in_time"], r["due"])]


def first_kinds(table: pd.DataFrame) -> list[pd.Series]:
    """The row of the first kind, in the order of the vocabulary, of each direction."""
    order = [r["code"] for r in vocabulary("kind")]
    found = []
    for way in WAYS if len(table) else ():
        rows = matching(table, {"direction": way})
        found += [r for _i, r in rows.iloc[rows["kind"].map(order.index).argsort()].head(1).iterrows()]
    return found


def lost(t: Tables) -> list[str]:
    table = t["supplements"]
    table = table[table["requests"].ge(FEW) & table["supplemented"].gt(0)]
    said = []
    for r in first_kinds(table):
        said += of(r["supplemented"], r["requests"])
        said += [whole(r[n]) for n in ("days_known", "lost_days", "waiting")] if r["lost_days"] > 0 else []
    return said


def two_ways(
    name: str, alike: list[str], of_both: Callable[[Records], pd.DataFrame]
) -> Callable[[Tables], list[str]]:
    """Formal and informal side by side, by what is `alike` of the records `of_both`. Which comparisons tell a difference is
    worked out from the limits; of the same assistance the counts are said where there is none."""

    def said(t: Tables) -> list[str]:
        table, told, compared_ = t[name], [], 0
        sizes = []
        for _codes, pair in [] if table.empty else table.groupby(alike, sort=False):
            both = pair.set_index("formality").loc[["formal", "informal"]]
            sizes.append((both["requests"].min(), both))
            codes = pair[[*alike, "formality"]].astype(str).to_dict("records")
            rests = [
                curve(matching(of_both(RECORDS[0]), code)).rests_on_at(median)
                for code, median in zip(codes, pair["median_days"], strict=True)
                if not np.isnan(median)
            ]
            if both["requests"].lt(FEW).any() or len(rests) < 2 or min(rests) < FEW:
                continue
            compared_ += 1
            sides = [
                tuple(both.loc[side, ["median_days", "lower", "upper"]].astype(float)) for side in both.index
            ]
            *_figures, gap, low, high = difference([sides[0]], [sides[1]], [1])
            if abs(gap) > 2.5758 / 1.95996 * abs(gap - (low if gap > 0 else high)):
                told += [span(n) for n in both["median_days"]]
        if not compared_ and sizes and "assistance" in alike:
            both = max(sizes, key=lambda size: size[0])[1]
            return [whole(n) for side in both.index for n in both.loc[side, ["answered", "requests"]]]
        return told or ([str(compared_)] if compared_ else [])

    return said


def scored(t: Tables) -> list[str]:
    """Of the field that would answer most; and how many targets are missed."""
    table = t["scorecard"]
    asked, most = table.dropna(subset="target"), table[table["unlocked"].eq(table["unlocked"].max())]
    said = [whole(most["unlocked"].max()), whole(len(asked_lines())), whole(most["agency"].nunique())]
    return [*said, whole(asked["share"].lt(asked["target"]).sum()), whole(len(asked))]


def bases(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        table = matching(t["by_legal_basis"], {"direction": way, "strand": "legal_assistance"})
        none = table["legal_basis"].eq("unrecorded")
        said += [whole(table.loc[~none, "requests"].max()), whole(table.loc[none, "requests"].sum())]
    return said


def never_named(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        table = matching(t["treaties_named"], {"direction": way})
        never = table.loc[table["named"].eq(0)]
        each = [n for _i, r in never.iterrows() for n in [*numbers(r["treaty"]), whole(r["could"])]]
        said += [whole(len(never)), whole(len(table)), *each]
    return said


def joint_lives(t: Tables) -> list[str]:
    table = t["joint_investigations"]
    partners = map(whole, table["partner"].value_counts())
    over = table.loc[table["ended"].notna(), "age"]
    return [
        whole(table["outcome"].eq("pending").sum()),
        whole(len(table)),
        *partners,
        whole(over.min()),
        whole(over.max()),
    ]


def over_offences(t: Tables) -> list[str]:
    """Of the first of these offences of each direction that any request is about."""
    table = t["terrorism"]
    table = table[table["requests"].gt(0)] if len(table) else table
    firsts = [matching(table, {"direction": way}).head(1) for way in WAYS]
    return [
        text for rows in firsts for _i, r in rows.iterrows() for text in of(r["resolution"], r["requests"])
    ]


def assessed(t: Tables) -> list[str]:
    of = matching(t["assessment_years"], {"year": "2025"})
    cells = [(kind, way) for kind in ("mla", "extradition") for way in WAYS]
    return ["2025", *(whole(matching(of, {"kind": k, "direction": w})["requests"].sum()) for k, w in cells)]


def most_often(name: str) -> Callable[[Tables], list[str]]:
    def said(t: Tables) -> list[str]:
        table = t[name][t[name].iloc[:, 1].ne("unrecorded")]
        return [whole(matching(table, {"direction": way})["requests"].max()) for way in WAYS]

    return said


def most_persons(name: str) -> Callable[[Tables], list[str]]:
    def said(t: Tables) -> list[str]:
        table = t[name][t[name].iloc[:, 1].ne("unrecorded")]
        return [whole(matching(table, {"direction": way})["persons"].max()) for way in WAYS]

    return said


def refused(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        sums = (
            matching(t["assessment_refusal_grounds"], {"direction": way})
            .groupby("refusal_ground")["requests"]
            .sum()
        )
        said += [whole(sums.sum()), whole(sums["unrecorded"])]
    return said


def nothing(t: Tables) -> list[str]:
    return []


def of_the_year(t: Tables) -> list[str]:
    return assessed({"assessment_years": t["front_years"]})


def judged(table: pd.DataFrame) -> pd.DataFrame:
    told = ["below", "within", "above"]
    return table[table["signal"].isin(told) | table["year_signal"].isin(told)]


def moved(t: Tables) -> list[str]:
    """None of the counts is outside what its past allows: how many were judged; of how many a fall to nothing is allowed."""
    table = judged(t["signals"])
    assert not table[["signal", "year_signal"]].isin(["below", "above"]).any(axis=None)
    # All together end with the register that ends first, and some strands do not.
    every = t["signals"]["strand"].eq("every")
    days = t["signals"].loc[every, "counted_to"].min(), t["signals"].loc[~every, "counted_to"].max()
    said = [whole(len(table)), "2026", whole(table["lower"].eq(0).sum())]
    return said + [text for day in days for text in (str(day.day), str(day.year))]


def ever_moved(t: Tables) -> list[str]:
    table = t["signals_past"]
    told = table[table["signal"].isin(["below", "within", "above"])]
    return [whole(told["signal"].ne("within").sum()), whole(len(told)), "2023"]


def overdue(t: Tables) -> list[str]:
    said = []
    for way in WAYS:
        rows = matching(t["signals_overdue"], {"direction": way})
        said += [whole(rows[name].sum()) for name in ("overdue", "newly")] + [
            "1",
            "2026",
            span(rows["oldest"].max()),
        ]
    return said


SAID: dict[str, Callable[[Tables], list[str]]] = {
    "front_stock": lambda t: ["2021"],
    "front_pace": lambda t: [span(row(t["front_pace"], direction=way)["median_days"]) for way in WAYS],
    "front_years": of_the_year,
    "front_decisions": lambda t: [whole(t["front_decisions"]["decision"].nunique())],
    "front_basis": lambda t: [whole(t["front_basis"]["requests"].iloc[0])],
    "signals": moved,
    "signals_past": ever_moved,
    "signals_shares": lambda t: ["2026"] * (len(judged(t["signals_shares"])) == 1),
    "signals_new": lambda t: ["2026"] * t["signals_new"].empty,
    "signals_overdue": overdue,
    "partner_open": lambda t: [whole(len(matching(t["partner_open"], {"direction": way}))) for way in WAYS],
    "partner_ends": most_often("partner_ends"),
    "partner_treaties": nothing,
    "register_account": account,
    "register_incomplete": lambda t: ["90"],
    "register_filled_by_register": recorded_least,
    "register_filled_by_year": last_year,
    "register_filled_by_more": kept_by_some,
    "register_filled_by_agency_and_year": agencies,
    "scorecard": scored,
    "register_changes": lambda t: [whole(n) for n in t["register_changes"][["values", "rows"]].sum()],
    "register_decisions": decisions,
    "register_to_do": to_mend,
    "turnaround_glance": glance,
    "turnaround_curves": curves,
    "turnaround_quantiles": quantiles,
    "outcomes": fates,
    "outcomes_refusals": grounds,
    "turnaround_within_standard": within_standard,
    "turnaround_by_agency": held,
    "funnel_agencies": standing("funnel_agencies"),
    "funnel_partners": standing("funnel_partners"),
    "stages": stages,
    "stages_pairs": steps,
    "stages_by_agency": holders,
    "stages_handovers": lambda t: [
        whole(matching(t["stages_handovers"], {"direction": way})["requests"].max()) for way in WAYS
    ],
    "turnaround_by_year": by_year,
    "pending_by_age": waiting,
    "pending_oldest": lambda t: [whole(int(t["pending_oldest"]["age"].max() / 365.25))],
    **{
        name: formality(name)
        for name in ("channels_formality", "channels_formality_by_period", "channels_formality_by_partner")
    },
    "channels_by_channel": commonest,
    **{
        f"{what}_by_{by}": over_groups(f"{what}_by_{by}", what, total)
        for what, total in (("no_basis", "requests"), ("not_invoked", "treaty_known"), ("returned", "ended"))
        for by in ("agency", "partner")
    },
    "informal_first": preceded,
    "contacts_became_formal": became,
    "after_contact": compared("after_contact", "contacted", ("yes", "no"), "median_days"),
    "times_formality_within_kind": two_ways(
        "times_formality_within_kind", ["direction", "kind"], two_arms("formality")
    ),
    "ends_formality_within_kind": two_shares("ends_formality_within_kind"),
    "times_urgent_within_kind": compared(
        "times_urgent_within_kind", "urgent", ("true", "false"), "median_days"
    ),
    "times_asean_within_kind": compared(
        "times_asean_within_kind", "asean", ("non_asean", "asean"), "median_days"
    ),
    "ends_asean_within_kind": two_shares("ends_asean_within_kind"),
    **{
        f"{measure}_{between}_side_by_side": like_with_like(f"{measure}_{between}_side_by_side")
        for measure in ("answered_within", "mean_days", "refused")
        for between in ("formality", "asean")
    },
    "partners_engagement": engaged,
    "partners_not_happening": nothing_happens,
    "partners_by_year_incoming": asked_by_year("incoming"),
    "partners_by_year_outgoing": asked_by_year("outgoing"),
    "partners_by_year_and_group": both_ways,
    "partners_regularity": bursts,
    "partners_concentration": effective,
    "partners_reciprocity": reciprocity,
    "partners_unanswered": unanswered,
    "flow_stock": stock,
    "flow_ratios": kept_up,
    "backlog_forecast": backlog,
    "counted_apart": lambda t: [whole(n) for n in t["counted_apart"].groupby("apart")["entries"].sum()],
    "before_after_sides_2017_06_28": since,
    "before_after_curves_incoming_2017_06_28": half_a_year("incoming"),
    "before_after_curves_outgoing_2017_06_28": half_a_year("outgoing"),
    # No change can be told: the day of the event is said, once a direction.
    "before_after_changes_2017_06_28": lambda t: ["28", "2017"] * 2,
    "before_after_quality_2017_06_28": qualities,
    "assessment_years": assessed,
    "assessment_by_kind": most_often("assessment_by_kind"),
    "assessment_by_partner": most_often("assessment_by_partner"),
    "assessment_by_offence": most_often("assessment_by_offence"),
    "assessment_by_kind_matters": most_persons("assessment_by_kind_matters"),
    "assessment_by_partner_matters": most_persons("assessment_by_partner_matters"),
    "assessment_by_offence_matters": most_persons("assessment_by_offence_matters"),
    "assessment_refusal_grounds": refused,
    "in_time_for_deadline": by_the_day,
    "supplements": lost,
    "times_formality_same_assistance": two_ways(
        "times_formality_same_assistance", ["direction", "kind", "assistance"], both_ways_asked
    ),
    "by_legal_basis": bases,
    "treaties_named": never_named,
    "joint_investigations": joint_lives,
    "terrorism": over_offences,
}
# Of these the names of the groups are worked out too.
PACES = {
    "turnaround_by_kind": paces("turnaround_by_kind", "kind"),
    "turnaround_by_channel": paces("turnaround_by_channel", "channel", "kind"),
}
