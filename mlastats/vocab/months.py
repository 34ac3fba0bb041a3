"""The names of months in month.csv, made anew from CLDR: `python -m mlastats.vocab.months`.

CLDR's names in the format context, wide and abbreviated; those it does not have (Sept, febrero) stay as they
were added by hand. Stand-alone names are not used: the library that holds them gives one language's for
another's.
"""

import csv
import io

from mlastats import vocab

LANGUAGES = ("en", "lo", "th", "km", "my", "vi", "id", "ms", "fil", "fr", "pt", "zh")


def table() -> str:
    """The file month.csv with every name of CLDR in it; a month by its number (thg 1, 1月) is no name."""
    rows = vocab.rows("month")
    for row in rows:
        known = {vocab.normalise(text) for text in (row["label"], *row["aliases"].split("|"))}
        new = {name for name in cldr_names(int(row["code"])) if vocab.normalise(name) not in known}
        row["aliases"] = "|".join([row["aliases"], *sorted(new)])
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def cldr_names(month: int) -> set[str]:
    """What the twelve languages call a month in a date."""
    from babel.dates import get_month_names

    names = [get_month_names("wide", "format", language)[month] for language in LANGUAGES]
    names += [get_month_names("abbreviated", "format", language)[month] for language in LANGUAGES]
    return {name for name in names if not any(sign.isdigit() for sign in name)}


if __name__ == "__main__":
    (vocab.FOLDER / "month.csv").write_text(table(), encoding="utf-8")
