"""Partners recognised: right, left as an issue, wrong; beside pycountry and countrynames on the same input.
Run: `python bench/recognition_parties.py [names of a locale to take, all if not given]`.

Names: all of CLDR in the twenty languages, each as it stands and with noise of case, accents (Latin only)
and spacing; and, apart, the names of tests/party_names.csv, written by hand and none of them from CLDR.
The two libraries are installed into an environment of their own, `.venv-bench-parties`; countrynames needs
PyICU, which takes ten minutes to build: where Debian's own Python has it (apt-get install python3-icu), it
is taken from there; where nothing has it within two minutes, countrynames is left out, with a word. A few
names mean several partners whatever CLDR chose (Saint Martin, Congo; `AMBIGUOUS` lists them, by hand): there
the right answer is to ask, with just these candidates, and it is counted apart as `asked`. A reader that
chooses what CLDR chose is right there too.
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
# Debian's own Python, and how many seconds an installation may take.
DEBIAN, PATIENCE = "/usr/bin/python3", 120
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
def code(text):
    try:
        return countrynames.to_code_3(text)
    except KeyError:  # a code of two letters, which has none of three
        return countrynames.to_code(text)
print(json.dumps([code(text) for text in json.load(sys.stdin)]))
""",
}

# Names of several partners; and, without case or accents, a name that is another partner's code.
AMBIGUOUS = {
    "MAF, SXM": (
        *("st. martin", "saint-martin", "saint martin", "san martin", "sao martinho"),
        *("сен-мартен", "сен мартен"),
    ),
    "COD, COG": ("congo", "ကွန်ဂို"),
    "GUY, GUF, SUR": ("guiana",),
    "NGA, RUS": ("nga",),
    "AGO, AUT": ("ao",),
    "BDI, BEL": ("bi",),
}

Pairs = list[tuple[str, str]]
Reader = Callable[[list[str]], list[str | None]]


def main(languages: list[str] | None = None) -> None:
    """Print right, issue and wrong of every reader on every sample, and the time for all of CLDR."""
    vocab.use(None)
    named = list(cldr_names(languages or vocab.LANGUAGES.split()))
    samples = {"CLDR as it stands": named}
    for title, noise in NOISES.items():
        samples[f"CLDR, {title}"] = [(noise(text), code) for text, code in named if noise(text) != text]
    samples["not from CLDR"] = hand_written()
    readers = {"mlastats": read, **peers()}
    print(
        f"{'names':<28}{'reader':<14}{'n':>7}{'right':>8}{'asked':>8}{'issue':>8}{'wrong':>8}{'right or asked %':>18}"
    )
    for title, pairs in samples.items():
        for reader, recognise in readers.items():
            count = Counter(judged(recognise([text for text, _ in pairs]), pairs))
            cells = "".join(f"{count[word]:>8}" for word in ("right", "asked", "issue", "wrong"))
            share = 100 * (count["right"] + count["asked"]) / len(pairs)
            print(f"{title:<28}{reader:<14}{len(pairs):>7}{cells}{share:>18.2f}")
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


def plain(text: str) -> str:
    """A name without any of the noise but hyphens."""
    visible = text.replace(ZERO_WIDTH_SPACE, "").replace(NO_BREAK_SPACE, " ")
    return " ".join(without_accents(visible).casefold().split())


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
    """What mlastats makes of names, each as if it stood in a column of its own kind; the candidates of a
    name that may mean several."""
    found = parties.recognise(pd.Series(texts, dtype="str").str.strip())
    candidates = found["suggestion"].str.extract("meant: (.+)", expand=False)
    told = found["partner"].fillna(candidates.where(found["rule"].eq("ambiguous_partner")))
    return [None if pd.isna(code) else str(code) for code in told]


def peers() -> dict[str, Reader]:
    """The libraries that could be installed; a word on the one that could not."""
    python = PEERS / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    if not python.is_file():
        base = DEBIAN if _runs(DEBIAN, "-c", "import icu, venv") else sys.executable
        subprocess.run([base, "-m", "venv", "--system-site-packages", PEERS], check=True)
    found: dict[str, Reader] = {}
    for name, code in LOOK_UP.items():
        get = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install", name)
        if _runs(python, "-c", f"import {name}") or _runs(python, *get):
            found[name] = _reader(python, code)
        else:
            print(f"{name} could not be installed in {PATIENCE} s; it is left out.")
    return found


def _runs(python: Path | str, *arguments: str) -> bool:
    try:
        done = subprocess.run([python, *arguments], capture_output=True, check=False, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return not done.returncode


def _reader(python: Path, code: str) -> Reader:
    def recognise(texts: list[str]) -> list[str | None]:
        given = json.dumps(texts)
        said = subprocess.run([python, "-c", code], input=given, capture_output=True, text=True, check=True)
        codes: list[str | None] = json.loads(said.stdout)
        return codes

    return recognise


def judged(codes: list[str | None], pairs: Pairs) -> Iterator[str]:
    """Right, asked, issue or wrong, name by name. A peer's own code for what has none by ISO is no error;
    candidates where one was meant are an issue."""
    own = {"XKX": {"XKX", "XKK", "UNK", "XK"}, "EU": {"EU", "EUU", "EUE"}, "UN": {"UN", "UNO"}}
    for code, (text, expected) in zip(codes, pairs, strict=True):
        right = own.get(expected, {expected})
        if code is None or "," in code:
            yield "asked" if code and plain(text) in AMBIGUOUS.get(code, ()) else "issue"
        else:
            yield "right" if code in right else "wrong"


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
