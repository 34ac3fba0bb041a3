"""What `mlastats vocab check` reports: terms of the registers that no vocabulary knows, and aliases that
no register uses."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mlastats import schema, storage, vocab
from mlastats.register import parties, terms
from mlastats.register.processed import Cleaned, inert
from mlastats.settings import Settings

RULES = ("unknown_term", "unknown_partner")
HEADER = "code,label,aliases,source"
VOCABULARIES = {
    column.name: column.vocabulary or column.name
    for column in schema.COLUMNS
    if column.vocabulary not in ("", "precision") or column.dtype == "boolean"
}


@dataclass(frozen=True)
class Report:
    """`terms`: vocabulary, value, rows, registers and the line to paste, the most frequent first;
    `unused`: vocabulary, code and alias of the workspace's own files that no register has."""

    terms: pd.DataFrame
    unused: pd.DataFrame


def check(cleaned: Cleaned) -> Report:
    """The report on the registers just cleaned; values in it are case data."""
    return Report(_unmatched(cleaned.issues), _unused(cleaned.changes))


def write(report: Report, settings: Settings) -> Path:
    """Write the terms with their lines to `unmatched.csv` beside the cleaned table, for whom that is."""
    path = settings.path(settings.processed) / "unmatched.csv"
    with storage.private(settings):
        storage.folder(path.parent, settings)
        path.unlink(missing_ok=True)
        inert(report.terms).to_csv(path, index=False, encoding="utf-8-sig")
    return path


def lines(report: Report) -> list[str]:
    """The report for the analyst's own screen: for each file the lines to paste, and what is unused."""
    said: list[str] = []
    for name, found in report.terms.groupby("vocabulary", sort=True):
        said += [
            f"To paste into {name}.csv, below its header (the rows of each term stand in unmatched.csv):"
        ]
        said += [f"  {HEADER}", *(f"  {line}" for line in found["line"])]
    if len(report.unused):
        said += ["Aliases of your own that no register uses:"]
        said += [
            f"  {name}.csv {code}: {alias}" for name, code, alias in report.unused.itertuples(index=False)
        ]
    return said


def summary(report: Report) -> dict[str, object]:
    """What may stand in a log: numbers by vocabulary."""
    return {
        "terms": report.terms["vocabulary"].value_counts().sort_index().to_dict(),
        "rows": int(report.terms["rows"].sum()),
        "unused": len(report.unused),
    }


def _unmatched(issues: pd.DataFrame) -> pd.DataFrame:
    found = issues[issues["rule"].isin(RULES)]
    found = found.assign(vocabulary=found["column"].map(VOCABULARIES))
    table = (
        found.groupby(["vocabulary", "value"])
        .agg(rows=("row", "size"), registers=("register", lambda names: ";".join(sorted(set(names)))))
        .reset_index()
        .sort_values(["vocabulary", "rows", "value"], ascending=[True, False, True], ignore_index=True)
    )
    pairs = zip(table["vocabulary"], table["value"], strict=True)
    table["line"] = pd.Series([_line(name, value) for name, value in pairs], dtype="str")
    return table


def _line(name: str, value: str) -> str:
    if name == "partner":
        return terms.line(value, name, parties.suggested(value))
    return terms.line(value, name, terms.most_alike(vocab.normalise(value), vocab.aliases(name)))


def _unused(changes: pd.DataFrame) -> pd.DataFrame:
    """Of the workspace's own aliases; those of the package are there for registers of every country."""
    kept = []
    for name in sorted(set(VOCABULARIES.values())):
        columns = [column for column, vocabulary in VOCABULARIES.items() if vocabulary == name]
        used = {key for text in changes.loc[changes["column"].isin(columns), "was"] for key in _keys(text)}
        for _file, _place, row in vocab.own_rows(name):
            for alias in filter(None, map(str.strip, (row.get("aliases") or "").split("|"))):
                if vocab.normalise(alias) not in used:
                    kept.append((name, row["code"], alias))
    return pd.DataFrame(kept, columns=["vocabulary", "code", "alias"], dtype="str")


def _keys(text: str) -> set[str]:
    """A cell and its parts, normalised."""
    parts = {text, *(part for separator in terms.SEPARATORS for part in separator.split(text))}
    return {vocab.normalise(part) for part in parts}
