"""A return that may be published: what the public report may show and no more, of the same cells by the same keys.

Every count is 0 to 4, which is withheld, or rounded at random to a multiple of 5 by the sum of its requests' keys
(disclosure.rounding), so that the same set of requests has the same number here and in every public report of the state.
"""

from collections.abc import Mapping

import pandas as pd

from mlastats.disclosure import rounding
from mlastats.region.cube import CUBES, FREE, NOT_APPLICABLE, NOT_KNOWN, TOTAL, WITHHELD

# Where bands may end: days below 28, weeks below a year, then two digits; a figure is published no finer.
EDGES = (*range(28), *range(28, 365, 7), *range(370, 1000, 10), *range(1000, 10_000, 100))
# Of what is left over, nothing is told: a residual gives away what stands beside it.
RESIDUAL = ("ended_otherwise", "ended_undated", "undated", "unrecorded", "unclear")
BASE = {"ANSWER_IS": "answered", "ENQUIRIES": "in", "DAYS": "calendar"}


def banded(exact: Mapping[str, pd.DataFrame], secret: bytes) -> dict[str, pd.DataFrame]:
    """The cubes of a banded return from the exact ones with keys, by the state's own secret.

    FLOW and OUTCOME are without counterpart, basis and ground; no residual (ended otherwise, undated), no persons, nothing
    of MIRROR, ASSET and COVERAGE. DURATION has for each direction and kind, of the clock `answer`, how many had entered,
    were last seen pending, were answered or had ended otherwise *up to and on* a day, and in all (`_T`). The days of each
    event are the ends of bands that hold at least five of it, so that one rounding stands in each number: a published n is
    a true count of n - 4 to n + 4, and one that is withheld 0 to 4. HEADLINE has the state's own choice, its medians from
    15 answers on and in the steps of public days. A register of fewer than 100 requests has requests by direction and
    strand alone.
    """
    first = exact["FLOW"].iloc[0]
    state, period = first["REF_AREA"], first["TIME_PERIOD"]
    tables = {
        "FLOW": _flow(exact["FLOW"], secret),
        "OUTCOME": _outcome(exact["OUTCOME"], secret),
        "DURATION": _duration(exact["DURATION"], secret),
        "HEADLINE": _headline(exact["HEADLINE"], secret),
    }
    requests = exact["OUTCOME"].query("MEASURE == 'requests'")["OBS_VALUE"].sum()
    if requests < rounding.ALONE:
        tables = {"HEADLINE": tables["HEADLINE"].query("MEASURE == 'requests'")}
    made = {"CONCEPT": exact["CONCEPT"].assign(CONF_STATUS=FREE)}
    for name, cube in CUBES.items():
        if len(table := tables.get(name, pd.DataFrame())):
            made[name] = cube.finished(table, state, period)
        elif name not in made:
            made[name] = cube.said(state, period, CONF_STATUS=WITHHELD)
    return {name: made[name] for name in CUBES}


def _together(table: pd.DataFrame, *away: str) -> pd.DataFrame:
    """Cells summed over some dimensions, and their keys modulo 2**64."""
    table = table.assign(**dict.fromkeys(away, TOTAL))
    names = [name for name in table if name not in ("OBS_VALUE", "OBS_STATUS", "CONF_STATUS", "CELL_KEY")]
    value, key = table["OBS_VALUE"].astype("int64"), table["CELL_KEY"].astype("uint64")
    sums = table[names].assign(OBS_VALUE=value, CELL_KEY=key).groupby(names, sort=False)
    return sums[["OBS_VALUE", "CELL_KEY"]].sum().reset_index()


def _published(table: pd.DataFrame, secret: bytes) -> pd.DataFrame:
    """The cells as they are published: rounded, or withheld where they are 0 to 4."""
    units = table["MEASURE"].where(table["MEASURE"].eq("matters"), "requests")
    cells = zip(units, table["OBS_VALUE"], table["CELL_KEY"], strict=True)
    values = pd.Series(
        [rounding.published(secret, unit, int(count), int(key)) for unit, count, key in cells], table.index
    )
    conf = values.isna().map({True: WITHHELD, False: FREE})
    return table.assign(OBS_VALUE=values, CONF_STATUS=conf, OBS_STATUS="A").drop(columns="CELL_KEY")


def _shown(table: pd.DataFrame, *levels: str) -> pd.DataFrame:
    """The rows of levels with a published 5: that a row stands there says that a request does."""
    return table[table["OBS_VALUE"].notna().groupby([table[name] for name in levels]).transform("any")]


def _flow(table: pd.DataFrame, secret: bytes) -> pd.DataFrame:
    table = _published(_together(table, "COUNTERPART_AREA"), secret)
    left = table["MEASURE"].isin(RESIDUAL)
    table = table.assign(
        OBS_VALUE=table["OBS_VALUE"].mask(left), CONF_STATUS=table["CONF_STATUS"].mask(left, WITHHELD)
    )
    return _shown(table, "DIRECTION", "KIND")


def _outcome(table: pd.DataFrame, secret: bytes) -> pd.DataFrame:
    kept = table[table["MEASURE"].ne("persons") & ~table["OUTCOME"].isin(RESIDUAL)]
    return _shown(_published(_together(kept, "BASIS", "GROUND"), secret), "DIRECTION", "KIND", "OUTCOME")


def _duration(table: pd.DataFrame, secret: bytes) -> pd.DataFrame:
    timed = table[table["CLOCK"].eq("answer") & table["DAY"].ne(NOT_APPLICABLE)]
    cells = _together(timed, "CHANNEL", "COHORT")
    parts = []
    for _key, group in cells.assign(day=cells["DAY"].astype(int)).groupby(["DIRECTION", "KIND", "EVENT"]):
        group = group.sort_values("day")
        sums = group[["OBS_VALUE", "CELL_KEY"]].cumsum().set_index(group["day"])  # of keys, modulo 2**64
        days = edges(sums["OBS_VALUE"])
        upto = sums.reindex(days, method="ffill").assign(DAY=[str(day) for day in days])
        upto = pd.concat([upto, sums.iloc[[-1]].assign(DAY=TOTAL)])
        own = {
            name: group[name].iloc[0]
            for name in table
            if name in CUBES["DURATION"].dimensions and name != "DAY"
        }
        parts.append(_published(upto.reset_index(drop=True).assign(**own), secret))
    return _shown(pd.concat(parts, ignore_index=True), "DIRECTION", "KIND") if parts else pd.DataFrame()


def edges(upto: "pd.Series") -> list[int]:
    """The ends of bands, from `EDGES`, that hold at least five each and leave none or five behind them. `upto` has, by
    day and in order, how many there were up to and on it.

    >>> import pandas as pd
    >>> from mlastats.region.banded import edges
    >>> edges(pd.Series([3, 7, 8, 14, 16], [0, 2, 3, 30, 400]))
    [2, 35]
    """
    whole, before, ends = int(upto.iloc[-1]), 0, []
    by_edge = upto.reindex(upto.index.union(EDGES)).ffill().fillna(0).loc[list(EDGES)]
    for day, count in by_edge.items():
        if count - before >= rounding.BASE and whole - count >= rounding.BASE:
            ends.append(int(str(day)))
            before = count
    return ends


def _headline(table: pd.DataFrame, secret: bytes) -> pd.DataFrame:
    base = table[(table[list(BASE)] == pd.Series(BASE)).all(axis=1) & ~table["MEASURE"].isin(RESIDUAL)]
    figure = base["MEASURE"].str.startswith("median")
    counts = _published(base[~figure].astype({"OBS_VALUE": "int64"}), secret)
    answered = counts[counts["MEASURE"].eq("answered")].set_index(["DIRECTION", "STRAND"])["OBS_VALUE"]
    rows = []
    for row in base[figure].drop(columns="CELL_KEY").to_dict("records"):
        behind = answered.get((row["DIRECTION"], row["STRAND"]), float("nan"))
        enough = behind >= (rounding.FEWEST["median"] if row["MEASURE"] == "median" else rounding.LIMITS_FROM)
        value = float(row["OBS_VALUE"]) if enough and pd.notna(row["OBS_VALUE"]) else float("nan")
        row |= {
            "OBS_VALUE": rounding.stepped(value, rounding.days_step(value)),
            "CONF_STATUS": FREE if enough else WITHHELD,
        }
        rows.append(row | {"OBS_STATUS": NOT_KNOWN if enough and pd.isna(value) else "A"})
    return _shown(pd.concat([counts, pd.DataFrame(rows)], ignore_index=True), "DIRECTION", "STRAND")


def closes(flow: pd.DataFrame, slack: int) -> bool:
    """Whether a stock closes, each number being wrong by at most `slack` and one that is withheld no less than 0: of the
    rows of one cell of a FLOW cube.

    >>> import pandas as pd
    >>> from mlastats.region.banded import closes
    >>> rows = pd.DataFrame({"MEASURE": ["open_start", "opened", "answered", "open_end"], "OBS_VALUE": [10, 20, 15, 30]})
    >>> closes(rows, 4), closes(rows, 3)
    (True, False)
    """
    value = flow.set_index("MEASURE")["OBS_VALUE"].astype("Float64")
    low, high = 0.0, 0.0
    signs = {
        "open_start": 1,
        "opened": 1,
        "answered": -1,
        "ended_otherwise": -1,
        "ended_undated": -1,
        "open_end": -1,
    }
    for name, sign in signs.items():
        number = value.get(name)
        unknown = number is None or pd.isna(number)
        # What is withheld is 0 to 4, or a residual of any size.
        least = 0.0 if unknown else float(number) - slack
        most = (float("inf") if name in RESIDUAL else slack) if unknown else float(number) + slack
        low, high = (low + least, high + most) if sign > 0 else (low - most, high - least)
    return low <= 0 <= high
