"""Partners recognised: right, left as an issue, wrong; beside pycountry and countrynames on the same input.
Run: `python bench/recognition_parties.py [names of a locale to take, all if not given]`.

Names: all of CLDR in the twenty languages, each as it stands and with noise of case, accents (Latin only)
and spacing; and, apart, the names of tests/party_names.csv, written by hand and none of them from CLDR.
The two libraries are installed into an environment of their own, `.venv-bench-parties`; countrynames needs
ICU to be built (libicu-dev), and is left out, with a word, where it is not. CLDR calls several partners
by one name (Saint Martin, Congo): those are issues of mlastats, never choices.
"""

import csv
import json
import subprocess
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

ROOT = Path(__file__).parent.parent
HAND_WRITTEN = ROOT / "tests" / "party_names.csv"
PEERS = ROOT / ".venv-bench-parties"
TREATIES = ROOT.parent / "shared" / "data" / "uk_extradition_treaties" / "uk_treaties_cooperation_subset.csv"
ZERO_WIDTH_SPACE, NO_BREAK_SPACE = "\u200b", "\u00a0"
# Runs in the peers' environment: names in, codes out, both as JSON.
LOOK_UP = {
    "pycountry": """
import json, sys, pycountry
def code(text):
    try:
        return pycountry.countries.lookup(text.strip()).alpha_3
    except LookupError:
        return None
print(json.dumps([code(text) for text in json.load(sys.stdin)]))
""",
    "countrynames": """
import json, sys, countrynames
print(json.dumps([countrynames.to_code_3(text) for text in json.load(sys.stdin)]))
""",
}

Pairs = list[tuple[str, str]]
Reader = Callable[[list[str]], list[str | None]]


def main(languages: list[str] | None = None) -> None:
    """Print right, issue and wrong of every reader on every sample, and the time for all of CLDR."""
    vocab.use(None)
    named = list(cldr_names(languages or vocab.LANGUAGES))
    samples = {"CLDR as it stands": named}
    for title, noise in NOISES.items():
        samples[f"CLDR, {title}"] = [(noise(text), code) for text, code in named if noise(text) != text]
    samples["not from CLDR"] = hand_written()
    readers = {"mlastats": read, **peers()}
    print(f"{'names':<28}{'reader':<14}{'n':>7}{'right':>8}{'issue':>8}{'wrong':>8}{'right %':>9}")
    for title, pairs in samples.items():
        for reader, recognise in readers.items():
            count = Counter(judged(recognise([text for text, _ in pairs]), pairs))
            cells = "".join(f"{count[word]:>8}" for word in ("right", "issue", "wrong"))
            print(f"{title:<28}{reader:<14}{len(pairs):>7}{cells}{100 * count['right'] / len(pairs):>9.2f}")
    start = time.perf_counter()
    read([text for text, _ in named])
    print(f"{len(named)} distinct names in {time.perf_counter() - start:.2f} s")
    if TREATIES.is_file():
        treaties()


def cldr_names(languages: list[str]) -> Iterator[tuple[str, str]]:
    """The names of states, territories and the two organisations of CLDR."""
    by_alpha2 = {row["alpha2"]: code for code, row in vocab.codes("partner").items() if row["alpha2"]}
    for language in languages:
        for alpha2, text in Locale(language).territories.items():
            if alpha2 in by_alpha2:
                yield str(text), by_alpha2[alpha2]


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


def hand_written() -> Pairs:
    """Names and codes that are not from CLDR."""
    with HAND_WRITTEN.open(encoding="utf-8", newline="") as file:
        return [(row["name"], row["code"]) for row in csv.DictReader(file)]


def read(texts: list[str]) -> list[str | None]:
    """What mlastats makes of names, each as if it stood in a column of its own kind."""
    found = parties.recognise(pd.Series(texts, dtype="str").str.strip())
    return [None if pd.isna(code) else str(code) for code in found["partner"]]


def peers() -> dict[str, Reader]:
    """The libraries that could be installed; a word on the one that could not."""
    python = PEERS / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.is_file():
        subprocess.run([sys.executable, "-m", "venv", PEERS], check=True)
    found: dict[str, Reader] = {}
    for name, code in LOOK_UP.items():
        known = [python, "-c", f"import {name}"]
        if subprocess.run(known, capture_output=True, check=False).returncode:
            get = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install", name]
            if subprocess.run(get, capture_output=True, check=False).returncode:
                print(f"{name} cannot be installed here; it is left out.")
                continue
        found[name] = _reader(python, code)
    return found


def _reader(python: Path, code: str) -> Reader:
    def recognise(texts: list[str]) -> list[str | None]:
        given = json.dumps(texts)
        said = subprocess.run([python, "-c", code], input=given, capture_output=True, text=True, check=True)
        codes: list[str | None] = json.loads(said.stdout)
        return codes

    return recognise


def judged(codes: list[str | None], pairs: Pairs) -> Iterator[str]:
    """Right, issue or wrong, name by name. A peer's own code for what has none by ISO is no error."""
    own = {"XKX": {"XKX", "XKK", "UNK"}, "EU": {"EU", "EUU", "EUE"}, "UN": {"UN", "UNO"}}
    for code, (_text, expected) in zip(codes, pairs, strict=True):
        right = own.get(expected, {expected})
        yield "issue" if code is None else "right" if code in right else "wrong"


def treaties() -> None:
    """What becomes of the cells and of the single parties of the extradition treaties."""
    with TREATIES.open(encoding="utf-8", newline="") as file:
        cells = [row["country_name"] for row in csv.DictReader(file) if row["subject"] == "EXTRADITION"]
    single = pd.Series([name.strip() for cell in cells for name in cell.split(" ; ")], dtype="str")
    distinct = single.drop_duplicates().reset_index(drop=True)
    found = parties.recognise(distinct)
    known = set(distinct[found["partner"].notna()])
    print(f"\nextradition treaties: {len(cells)} rows, {len(single)} parties, {len(distinct)} distinct")
    print(f"distinct: {len(known)} recognised, {len(distinct) - len(known)} issues")
    print(f"parties: {int(single.isin(known).sum())} of {len(single)} recognised")
    whole = parties.recognise(pd.Series(cells, dtype="str").str.strip())
    print("cells as one value:", whole["rule"].replace("", "recognised").value_counts().to_dict())


if __name__ == "__main__":
    main(sys.argv[1:])
