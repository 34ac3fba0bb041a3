"""Partners recognised: right, left as an issue, wrong; beside pycountry and countrynames where they are
importable. Run: `python bench/recognition_parties.py [UK treaty subset.csv]`.

Names: all of CLDR in the twenty languages, each as it stands and with noise of case, accents (Latin only)
and spacing; and, apart, the hand-written names of tests/party_names.csv, which are not from CLDR.
"""

import csv
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
from babel import Locale

from mlastats import vocab
from mlastats.register import parties

HAND_WRITTEN = Path(__file__).parent.parent / "tests" / "party_names.csv"
ZERO_WIDTH_SPACE, NO_BREAK_SPACE = "​", " "


def main() -> None:
    named = list(cldr_names())
    samples = {"CLDR names as they stand": named}
    for title, noise in NOISES.items():
        samples[f"CLDR, {title}"] = [(noise(text), code) for text, code in named if noise(text) != text]
    samples["not from CLDR"] = hand_written()
    readers = {"mlastats": read, **rivals()}
    print(f"{'names':<28}{'reader':<14}{'n':>7}{'right':>8}{'issue':>8}{'wrong':>8}{'right %':>9}")
    for title, pairs in samples.items():
        for reader, recognise in readers.items():
            count = Counter(judged(recognise([text for text, _ in pairs]), pairs))
            share = 100 * count["right"] / len(pairs)
            cells = "".join(f"{count[word]:>8}" for word in ("right", "issue", "wrong"))
            print(f"{title:<28}{reader:<14}{len(pairs):>7}{cells}{share:>9.2f}")
    start = time.perf_counter()
    read([text for text, _ in named])
    print(f"{len(named)} distinct names in {time.perf_counter() - start:.2f} s")
    if len(sys.argv) > 1:
        treaties(Path(sys.argv[1]))


def cldr_names() -> Iterator[tuple[str, str]]:
    """The names of states, territories and the two organisations of CLDR."""
    by_alpha2 = {row["alpha2"]: code for code, row in vocab.codes("partner").items() if row["alpha2"]}
    for language in vocab.LANGUAGES:
        for alpha2, text in Locale(language).territories.items():
            if alpha2 in by_alpha2:
                yield text, by_alpha2[alpha2]


def without_accents(text: str) -> str:
    """Latin letters without their marks; other scripts as they are."""
    folded = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return folded if all("LATIN" in unicodedata.name(c, "") for c in text if c.isalpha()) else text


NOISES: dict[str, Callable[[str], str]] = {
    "capitals": str.upper,
    "small letters": str.lower,
    "title case": str.title,
    "without accents": without_accents,
    "spaces": lambda text: f"  {text.replace(' ', '   ')} ",
    "no-break spaces": lambda text: text.replace(" ", NO_BREAK_SPACE),
    "zero-width spaces": lambda text: ZERO_WIDTH_SPACE.join(text),
    "decomposed": lambda text: unicodedata.normalize("NFD", text),
    "hyphens as spaces": lambda text: text.replace("-", " "),
}


def hand_written() -> list[tuple[str, str]]:
    with HAND_WRITTEN.open(encoding="utf-8", newline="") as file:
        return [(row["name"], row["code"]) for row in csv.DictReader(file)]


def read(texts: list[str]) -> list[str | None]:
    found = parties.recognise(pd.Series(texts, dtype="str").str.strip())
    return [None if pd.isna(code) else code for code in found["partner"]]


def rivals() -> dict[str, Callable[[list[str]], list[str | None]]]:
    """What other libraries make of the same names, where they are installed."""
    found: dict[str, Callable[[list[str]], list[str | None]]] = {}
    try:
        import pycountry

        def looked_up(text: str) -> str | None:
            try:
                return pycountry.countries.lookup(text.strip()).alpha_3
            except LookupError:
                return None

        found["pycountry"] = lambda texts: [looked_up(text) for text in texts]
    except ImportError:
        pass
    try:
        import countrynames

        found["countrynames"] = lambda texts: [countrynames.to_code_3(text) for text in texts]
    except ImportError:
        pass
    return found


def judged(codes: list[str | None], pairs: list[tuple[str, str]]) -> Iterator[str]:
    for code, (_text, expected) in zip(codes, pairs, strict=True):
        yield "issue" if code is None else "right" if code == expected else "wrong"


def treaties(path: Path) -> None:
    """What becomes of the cells and of the single parties of the extradition treaties."""
    with path.open(encoding="utf-8", newline="") as file:
        cells = [row["country_name"] for row in csv.DictReader(file) if row["subject"] == "EXTRADITION"]
    single = pd.Series([name.strip() for cell in cells for name in cell.split(" ; ")], dtype="str")
    distinct = single.drop_duplicates().reset_index(drop=True)
    found = parties.recognise(distinct)
    print(f"\nextradition treaties: {len(cells)} rows, {len(single)} parties, {len(distinct)} distinct")
    print(f"distinct recognised {found['partner'].notna().sum()}, issues {found['partner'].isna().sum()}")
    known = set(distinct[found["partner"].notna()])
    print(f"parties recognised {single.isin(known).sum()} of {len(single)}")
    whole = parties.recognise(pd.Series(cells, dtype="str").str.strip())
    print("cells as one value:", whole["rule"].replace("", "recognised").value_counts().to_dict())


if __name__ == "__main__":
    main()
