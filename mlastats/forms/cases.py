"""The rows of which a form counts, what is derived of them, and what each says to what a cell asks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from mlastats import schema, vocab
from mlastats.measure.assessment import ends
from mlastats.measure.clocks import ENDED, REQUESTED, moment
from mlastats.measure.durations import PENDING, UNCLEAR, UNDATED, durations, outcome_known
from mlastats.measure.groups import UNRECORDED

ANY = "*"
MOMENTS = (REQUESTED, ENDED)
# Whether each row has what is asked for, and whether that is not recorded.
Answer = tuple[np.ndarray, np.ndarray]
# A column and the codes of it that count.
Asked = tuple[str, Sequence[str | bool]]


@dataclass
class Cases:
    """The rows of one table of which a form counts, and what is derived of them; what a cell asks of a column is
    answered once. An answer is whether each row has one of the codes, and whether that is not recorded."""

    frame: pd.DataFrame
    derived: dict[str, pd.Series]
    begun: pd.DataFrame
    ended: pd.Series
    _answers: dict[tuple[str, tuple[str | bool, ...]], Answer] = field(default_factory=dict)
    _silent: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    _within: dict[tuple[str, pd.Timestamp, pd.Timestamp], np.ndarray | None] = field(default_factory=dict)

    def answer(self, name: str, codes: Sequence[str | bool]) -> Answer:
        """Which rows have one of the codes in a column, and of which this is not recorded."""
        key = name, tuple(codes)
        if key not in self._answers:
            self._answers[key] = self._asked(
                name, {str(c).lower() if isinstance(c, bool) else c for c in codes}
            )
        return self._answers[key]

    def _asked(self, name: str, codes: set[str]) -> Answer:
        if unknown_codes(name, codes) or (name not in self.derived and name not in self.frame):
            none = np.zeros(len(self.frame), dtype=bool)
            return none, ~none
        places, distinct = vocab.places_of(self.derived.get(name, self.frame.get(name)))
        texts = [
            str(value).lower() if isinstance(value, bool | np.bool_) else str(value) for value in distinct
        ]
        has = [ANY in codes or bool({*text.split(schema.SEVERAL)} & codes) for text in texts]
        # Place -1, what is not recorded, takes the last.
        return np.array([*has, UNRECORDED in codes])[places], (places < 0) & (UNRECORDED not in codes)

    def levels(self, by: Sequence[str], asked: Sequence[Asked]) -> list[str]:
        """The levels of the columns of `by` that rows have which are not ruled out; what is not recorded is the last."""
        if not by or not set(by) <= {*self.frame, *self.derived}:
            return []
        held = pd.DataFrame({name: self.derived.get(name, self.frame.get(name)) for name in by})
        held = held[self.allowed([self.answer(*each) for each in asked])]
        held = held.astype("str").where(held.notna(), UNRECORDED)
        for name in by:
            held = held.assign(**{name: held[name].str.split(schema.SEVERAL)}).explode(name)
        levels = {*held.itertuples(index=False, name=None)}
        return [
            "|".join(codes)
            for codes in sorted(levels, key=lambda codes: [(c == UNRECORDED, c) for c in codes])
        ]

    def allowed(self, answers: Sequence[Answer]) -> np.ndarray:
        """Which rows no answer rules out."""
        rows = np.ones(len(self.frame), dtype=bool)
        for yes, unknown in answers:
            rows = rows & (yes | unknown)
        return rows

    def within(self, at: str, start: pd.Timestamp, end: pd.Timestamp) -> np.ndarray | None:
        """Which rows stand in a period: begun or ended in it, open when it opens or closes, or with that date in it;
        None where there is no such date."""
        if (at, start, end) not in self._within:
            self._within[at, start, end] = self._inside(at, start, end)
        return self._within[at, start, end]

    def _inside(self, at: str, start: pd.Timestamp, end: pd.Timestamp) -> np.ndarray | None:
        day, lost = self.begun["day"], outcome_known(self.frame) & self.ended.isna()
        if at == "begun":
            # One known to the year stands in a period that holds the year.
            rough = self.begun["precision"].eq("year")
            inside = day.between(start, end) & ~rough | self.begun["first"].ge(start) & self.begun["last"].le(
                end
            )
        elif at == "ended":
            inside = self.ended.between(start, end)
        elif at == "opening":
            inside = day.lt(start) & ~self.ended.lt(start) & ~lost
        elif at == "closing":
            inside = day.le(end) & ~self.ended.le(end) & ~lost
        elif at in self.frame:
            inside = pd.to_datetime(self.frame[at]).between(start, end)
        else:
            return None
        return inside.to_numpy(bool)

    def days(self, first: str, last: str) -> pd.Series:
        """The days between two moments of each row, missing where one is."""
        own = {REQUESTED: self.begun["day"].where(self.begun["precision"].ne("year")), ENDED: self.ended}
        start, end = (
            own[name] if name in own else pd.to_datetime(self.frame[name]) for name in (first, last)
        )
        return (end - start).dt.days

    def silent(self, name: str, rows: np.ndarray) -> str:
        """The registers of some rows that have nothing in a column, in any of all their rows."""
        if name not in self._silent:
            held = self.frame["register"].fillna("").str.split(schema.SEVERAL).explode()
            said = self.frame.get(name, pd.Series(index=self.frame.index, dtype=object)).notna()
            keeps = said.reindex(held.index).groupby(held.to_numpy()).any()
            self._silent[name] = {
                register: self.frame.index.isin(held.index[held.eq(register)])
                for register in keeps.index[~keeps]
            }
        return ", ".join(register for register, held in self._silent[name].items() if (held & rows).any())


def unknown_codes(name: str, codes: Iterable[str | bool]) -> str:
    """The codes of a column, where its vocabulary has none of them."""
    vocabulary = next((column.vocabulary for column in schema.COLUMNS if column.name == name), "")
    known = {*vocab.codes(vocabulary), ANY, UNRECORDED, PENDING, True, False} if vocabulary else {*codes}
    return "" if known & {*codes} else ", ".join(map(str, codes))


def cases_of(name: str, table: pd.DataFrame, until: pd.Timestamp) -> Cases:
    """The rows of a table that had begun by a day, with how each stands and how it ended."""
    derived: dict[str, pd.Series] = {}
    if name == "requests":
        status = durations(table, as_of=until)["status"]
        table = table[status.notna() & ~table["is_enquiry"].fillna(False).astype(bool)]
        ended = ends(table, until)
        outcome = ended.where(~ended.eq(UNDATED), table["outcome"]).replace({UNRECORDED: None, UNCLEAR: None})
        ground = table["refusal_ground"].where(outcome.eq("refused") | outcome.isna(), "none")
        strands = {code: row["strand"] or None for code, row in vocab.codes("kind").items()}
        derived = {
            "status": status.loc[table.index].astype("str"),
            "outcome": outcome,
            "refusal_ground": ground,
            "strand": table["kind"].map(strands),
            "partner_group": vocab.partner_group(table["partner"], schema.requested_on(table)).replace(
                {UNRECORDED: None}
            ),
        }
    begun, over = moment(table, REQUESTED), moment(table, ENDED)["day"]
    over = over.where(over.le(until))
    if "deadline" in table:
        met = over.fillna(until).le(table["deadline"]).astype("boolean")
        # One that is open, and whose deadline has not come, is neither in time nor late.
        derived["in_time"] = met.where(table["deadline"].notna() & (over.notna() | ~met))
    return Cases(table, derived, begun, over)
