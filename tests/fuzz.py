"""Reads damaged and crafted registers for some minutes: none may crash, hang, exhaust, or lose a row.

    python tests/fuzz.py [minutes [seed]]

Files of all kinds are drawn around a small register, damaged byte by byte or, in packages, part by part, and read as
`read_register` reads them. Each must be a register whose rows add up, or one InputRejected. Printed are how many were
which, the longest time for one batch and the most memory; a file that breaks a rule is kept beside the report of it.
"""

import io
import random
import resource
import sys
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import pandas as pd

from mlastats.errors import InputRejected
from mlastats.register import files
from mlastats.settings import Reading

HERE = Path(__file__).parent
LIMITS = Reading(seconds=25, megabytes=1500)
BATCH = 20
NAMES = ("Ref", "Country", "Received", "Kind", "Persons")
WORTH = (
    b"\0",
    b"\xff\xff\xff\xff",
    b"99999999999",
    b"-1",
    b"<",
    b">",
    b'"',
    b"'",
    b"&lt;",
    b"\r\n",
    b";",
    b"\t",
    b"  ",
)
NUMBERS = (b"0", b"-1", b"65536", b"1048577", b"2147483648", b"99999999999999999999")


def seeds() -> dict[str, bytes]:
    """A small register in each kind of file."""
    rows = [[f"A{n}", "Thailand", f"2024-01-{n + 1:02}", "MLA", str(n)] for n in range(12)]
    table = pd.DataFrame(rows, columns=NAMES)
    text = table.to_csv(index=False)
    made = {
        "a.csv": text.encode(),
        "b.csv": text.replace(",", ";").encode("utf-16"),
        "a.xls": HERE.joinpath("registers", "book.xls").read_bytes(),
    }
    parquet, xlsx, ods = io.BytesIO(), io.BytesIO(), io.BytesIO()
    table.to_parquet(parquet)
    table.to_excel(xlsx, engine="xlsxwriter", index=False)
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>'
            for c in row
        )
        + "</table:table-row>"
        for row in [NAMES, *rows]
    )
    office = "urn:oasis:names:tc:opendocument:xmlns"
    with zipfile.ZipFile(ods, "w") as pack:
        pack.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        pack.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{office}:office:1.0" xmlns:table="{office}:table:1.0" '
            f'xmlns:text="{office}:text:1.0"><office:body><office:spreadsheet><table:table table:name="a">{cells}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
        pack.writestr("META-INF/manifest.xml", "<manifest/>")
    return made | {"a.parquet": parquet.getvalue(), "a.xlsx": xlsx.getvalue(), "a.ods": ods.getvalue()}


def damaged(data: bytes, luck: random.Random) -> bytes:
    """The bytes with some of them changed, taken out, said again, or with what is worth trying put in."""
    done = bytearray(data)
    for _ in range(luck.choice((1, 1, 2, 5, 20))):
        at = luck.randrange(len(done) + 1)
        end = min(len(done), at + luck.choice((1, 2, 8, 100)))
        match luck.randrange(6):
            case 0:
                done[at:end] = luck.randbytes(end - at)
            case 1:
                del done[at:end]
            case 2:
                done[at:at] = done[at:end] * luck.choice((1, 2, 50, 2000))
            case 3:
                done[at:at] = luck.choice(WORTH) * luck.choice((1, 1, 500, 20_000))
            case 4:
                done[at:end] = luck.choice(NUMBERS)
            case _:
                digits = [n for n, byte in enumerate(done[:200_000]) if 48 <= byte <= 57]
                if digits:
                    done[(place := luck.choice(digits)) : place + 1] = luck.choice(NUMBERS)
    return bytes(done)


def crafted(data: bytes, luck: random.Random) -> bytes:
    """A damaged file; of a package mostly one part, so that it is still a package."""
    if not data.startswith(b"PK") or luck.random() < 0.2:
        return damaged(data, luck)
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        names = source.namelist()
        chosen = luck.choice([name for name in names if name.endswith(".xml")])
        for name in names:
            part = source.read(name)
            pack.writestr(name, damaged(part, luck) if name == chosen else part)
    return out.getvalue()


def fault(result: "files.Raw | InputRejected") -> str:
    """What is wrong with how a file was read; blank if nothing is."""
    if isinstance(result, InputRejected):
        return "" if len(str(result)) < 600 else "the fault is not one clear line"
    ends = len(result.frame) + sum(result.not_data.values()) + len(result.refused)
    return "" if ends == result.read else f"{result.read} rows read, {ends} accounted for"


def main(minutes: float = 10, seed: float = 1) -> int:
    luck, kinds, until = random.Random(seed), seeds(), time.monotonic() + 60 * minutes
    counts: Counter[str] = Counter()
    faults, longest = 0, 0.0
    with tempfile.TemporaryDirectory() as name:
        while time.monotonic() < until:
            sources, began = [], time.monotonic()
            for n in range(BATCH):
                kind = luck.choice(sorted(kinds))
                path = Path(name) / f"{n}{kind}"
                path.write_bytes(crafted(kinds[kind], luck))
                sources.append(files.source(path, None, f"r{n}", None, False, LIMITS))
            for source, result in zip(sources, files.read_all(sources, LIMITS), strict=True):
                (path,) = source.files
                counts[f"{path.suffix} {type(result).__name__}"] += 1
                counts["over a limit"] += "[reading]" in str(result) or "broke off" in str(result)
                if wrong := fault(result):
                    faults += 1
                    kept = Path(tempfile.gettempdir()) / f"fuzz-{seed:g}-{faults}{path.suffix}"
                    kept.write_bytes(path.read_bytes())
                    print(f"{kept}: {wrong}")
            longest = max(longest, time.monotonic() - began)
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"{sum(n for name, n in counts.items() if ' ' in name and name[0] == '.')} files: {dict(counts)}")
    print(f"longest batch of {BATCH}: {longest:.1f} s; most memory: {most >> 10} MB; faults: {faults}")
    return int(faults > 0 or most >> 10 > 2048)


if __name__ == "__main__":
    sys.exit(main(*map(float, sys.argv[1:])))
