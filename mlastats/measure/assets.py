"""What was done with assets: counts first, sums within one currency, and where value goes from tracing to return.

The steps are `traced frozen seized confiscated shared returned`; what is confiscated is shared or returned. A row is an
asset and a measure. Its direction is that of its request, and `unrecorded` where that is not known or not the only one.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mlastats import vocab
from mlastats.errors import one_of
from mlastats.measure.contract import By, Day, measure
from mlastats.measure.groups import UNRECORDED, of_request

STEPS = ("traced", "frozen", "seized", "confiscated", "shared", "returned")
# The last two follow what was confiscated, neither the other.
ENDS = ("shared", "returned")
COLUMNS = ("asset_kind", "counterpart", "currency", "measure")
FLOW = ("began", "carried_in", "unexplained", "open_in", "went_on", "stayed", "open_out")


@measure
def counts(assets: pd.DataFrame, requests: pd.DataFrame, by: By = "measure", *, as_of: Day) -> pd.DataFrame:
    """How many assets: `direction`, those of `by` (measure, asset_kind, counterpart, currency), then `assets` = `valued`
    (with an amount in a known currency) + `open` (its currency is not known) + `unvalued`; and `of_requests`, how many
    requests they belong to. Every measure has its row. What is dated after `as_of` has not happened.

    >>> table = measure.assets.counts(mlastats.load_assets(), requests, as_of="2026-09-30")
    >>> table.columns.tolist()
    ['direction', 'measure', 'assets', 'valued', 'open', 'unvalued', 'of_requests']
    """
    names = _names(by)
    rows = _placed(assets, requests, as_of)
    for name in names[1:]:
        known = STEPS if name == "measure" else vocab.codes("asset_kind") if name == "asset_kind" else ()
        levels = [*known, *sorted(set(rows[name]) - {*known, UNRECORDED}), UNRECORDED]
        kept = [
            level for level in levels if level in set(rows[name]) or (name == "measure" and level in STEPS)
        ]
        rows[name] = pd.Categorical(rows[name], kept)
    has, known_currency = rows["amount"].notna(), rows["currency"].ne(UNRECORDED)
    marks = {"assets": True, "valued": has & known_currency, "open": has & ~known_currency, "unvalued": ~has}
    groups = rows.assign(**marks).groupby(names, observed=False)
    table = groups[[*marks]].sum().astype("int64")
    table["of_requests"] = groups["request_id"].nunique()
    return table.reset_index()


@measure
def sums(assets: pd.DataFrame, requests: pd.DataFrame, by: By = "measure", *, as_of: Day) -> pd.DataFrame:
    """Sums within one currency: `direction currency`, those of `by`, `valued` (assets in the sum), `amount`, and of its
    requests `contributors` with the sums of the `largest` and of the `largest_two`, by which disclosure control judges
    the amount. Amounts whose currency is open are in no sum; `counts` counts them.

    >>> table = measure.assets.sums(mlastats.load_assets(), requests, as_of="2026-09-30")
    >>> table.columns.tolist()
    ['direction', 'currency', 'measure', 'valued', 'amount', 'contributors', 'largest', 'largest_two']
    """
    names = [*dict.fromkeys(["direction", "currency", *_names(by)])]
    rows = _placed(assets, requests, as_of)
    rows = rows[rows["amount"].notna() & rows["currency"].ne(UNRECORDED)]
    own = rows["request_id"].fillna(rows["alone"])
    each = rows.groupby([*names, own])["amount"].sum().sort_values(ascending=False, kind="stable")
    by_cell = each.groupby(level=names)
    table = pd.DataFrame(
        {
            "valued": rows.groupby(names).size(),
            "amount": by_cell.sum(),
            "contributors": by_cell.size(),
            "largest": by_cell.max(),
            "largest_two": by_cell.apply(lambda amounts: amounts.iloc[:2].sum()),
        }
    ).reset_index()
    place = {step: n for n, step in enumerate(STEPS)}
    order = table.assign(**({"measure": table["measure"].map(place)} if "measure" in table else {}))
    return table.loc[order.sort_values(names, kind="stable").index].reset_index(drop=True)


def converted(assets: pd.DataFrame, rates: Mapping[str, float], reporting: str) -> pd.DataFrame:
    """The assets in one reporting currency: each amount times the rate of its currency. What has none keeps its amount,
    and its currency is open.

    >>> assets = pd.DataFrame({"amount": [2.0, 3.0, 5.0], "currency": ["THB", "USD", None]})
    >>> measure.assets.converted(assets, {"THB": 0.5}, "USD")[["amount", "currency"]].values.tolist()
    [[1.0, 'USD'], [3.0, 'USD'], [5.0, nan]]
    """
    rate = assets["currency"].map({**rates, reporting: 1.0}).astype("float64")
    now = rate.notna().map({True: reporting, False: None}).astype("str")
    return assets.assign(amount=assets["amount"] * rate.fillna(1.0), currency=now)


@measure
def reconciliation(assets: pd.DataFrame, requests: pd.DataFrame, *, as_of: Day) -> pd.DataFrame:
    """Where the value of each step came from and where it went, within one currency: `direction currency measure assets
    assets_on`, `amount`, and then what adds up to it twice over.

    In: `began` (of assets without an earlier step), `carried_in` (from the step before), `unexplained` (more than that
    had), `open_in` (the step before has an amount that is not known). Out: `went_on` (to the next step), `stayed` (it has
    none, or less), `open_out` (the next step has an amount that is not known). So nothing is lost between steps: amount =
    in = out, and all that `went_on` is `carried_in`. `assets` are those of the step, `assets_on` those with a later one.

    An asset is told by its number within its request; without one, all of a kind of one request are one. What has
    neither request nor number stands alone.

    >>> table = measure.assets.reconciliation(mlastats.load_assets(), requests, as_of="2026-09-30")
    >>> bool(table["went_on"].sum() == table["carried_in"].sum())
    True
    """
    rows = _placed(assets, requests, as_of)
    rows = rows[rows["measure"].isin(STEPS)]
    alone = rows["request_id"].isna() & rows["asset"].isna()
    own = rows["asset"].fillna("kind " + rows["asset_kind"])
    unit = rows["request_id"].fillna("") + "\x1f" + own.where(~alone, rows["alone"])
    rows = rows.assign(unit=rows["direction"] + "\x1f" + unit)
    told = []
    for (_direction, currency), some in _by_currency(rows):
        told.append(_flows(some, currency).assign(direction=_direction, currency=currency))
    names = ["direction", "currency", "measure", "assets", "assets_on", "amount", *FLOW]
    return pd.concat(told, ignore_index=True)[names] if told else pd.DataFrame(columns=names)


def _by_currency(rows: pd.DataFrame) -> list[tuple[tuple[str, str], pd.DataFrame]]:
    """For each direction and known currency all rows of the assets that have any amount in it."""
    found = []
    for direction, some in rows.groupby("direction"):
        for currency in sorted(set(some["currency"]) - {UNRECORDED}):
            units = set(some.loc[some["currency"].eq(currency) & some["amount"].notna(), "unit"])
            if units:
                found.append(((str(direction), currency), some[some["unit"].isin(units)]))
    return found


def _flows(rows: pd.DataFrame, currency: str) -> pd.DataFrame:
    """The steps of the assets of one currency."""
    step = pd.Categorical(rows["measure"], STEPS)
    within = rows["amount"].notna() & rows["currency"].eq(currency)
    value = _matrix(rows["amount"].where(within, 0.0), rows["unit"], step)
    there = _matrix(pd.Series(1.0, rows.index), rows["unit"], step) > 0
    unknown = _matrix((~within).astype(float), rows["unit"], step) > 0
    flow = {name: np.zeros_like(value) for name in FLOW}
    chain = len(STEPS) - len(ENDS)
    every, units = np.arange(len(value)), np.zeros(len(value), bool)
    later = {n: units.copy() for n in range(len(STEPS))}
    for n in range(len(STEPS)):
        before = there[:, : min(n, chain)]
        first = there[:, n] & ~before.any(axis=1)
        flow["began"][first, n] = value[first, n]
        # The last step before it that the asset has.
        source = before.shape[1] - 1 - np.argmax(before[:, ::-1], axis=1) if before.shape[1] else every
        rest = there[:, n] & ~first
        at, of = every[rest], source[rest]
        left = value[at, of] - flow["went_on"][at, of]
        carried = np.minimum(left, value[at, n])
        flow["carried_in"][at, n] = carried
        flow["went_on"][at, of] += carried
        flow["unexplained"][at, n] = np.where(unknown[at, of], 0.0, value[at, n] - carried)
        flow["open_in"][at, n] = np.where(unknown[at, of], value[at, n] - carried, 0.0)
        for place in range(chain):
            later[place][at[of == place]] = True
            some = at[(of == place) & unknown[at, n]]
            flow["open_out"][some, place] = 1.0
    left = value - flow["went_on"]
    flow["stayed"], flow["open_out"] = (
        np.where(flow["open_out"] > 0, a, b) for a, b in ((0.0, left), (left, 0.0))
    )
    table = pd.DataFrame({"measure": STEPS, "assets": there.sum(axis=0), "amount": value.sum(axis=0)})
    table["assets_on"] = [int((there[:, n] & later[n]).sum()) for n in range(len(STEPS))]
    return table.assign(**{name: amounts.sum(axis=0) for name, amounts in flow.items()})


def _matrix(values: pd.Series, unit: pd.Series, step: pd.Categorical) -> np.ndarray:
    """The sums of the values of each asset by step."""
    table = values.groupby([unit, step], observed=False).sum().unstack(fill_value=0.0)
    return table.reindex(columns=list(STEPS), fill_value=0.0).to_numpy(float)


def _names(by: By) -> list[str]:
    asked = [by] if isinstance(by, str) else list(by)
    for name in asked:
        one_of("by", name, COLUMNS)
    return ["direction", *asked]


def _placed(assets: pd.DataFrame, requests: pd.DataFrame, as_of: Day) -> pd.DataFrame:
    """The assets that there are by the day, with the direction of their requests; codes that are missing are
    `unrecorded`."""
    rows = assets[~assets["on"].gt(pd.Timestamp(as_of))].reset_index(drop=True)
    # What belongs to no known request, and has no number, stands alone.
    alone = pd.Series("row " + rows.index.astype("str"), rows.index)
    codes = {name: rows[name].fillna(UNRECORDED).astype("str") for name in COLUMNS}
    return rows.assign(direction=of_request(rows, requests), alone=alone, **codes)
