"""Workspaces whose registers were cleaned whole, to be held against a cleaning in parts."""

from pathlib import Path

import pandas as pd

from mlastats import schema, settings
from mlastats.register import partitions, processed
from mlastats.register.clean import clean_workspace

HEADER = (
    "no,reference,direction,partner,kind,channel,received,answered,outcome,persons,linked_request_id,name"
)
CONFIGURATION = """
reporting_state = "LAO"
as_of = "2026-09-30"
[[registers]]
name = "moj"
path = "data/raw/moj.csv"
log_start = "2014-01-01"
log_end = "2025-06-30"
mapping = "moj.toml"
"""
FILES = ("issues.csv", "changes.csv", "summary.json")


class Workspace:
    """A workspace with one register, which was cleaned whole."""

    def __init__(self, home: Path, register: str, mapping: str = "", more: str = "") -> None:
        (home / "data" / "raw").mkdir(parents=True, exist_ok=True)
        (home / "data" / "raw" / "moj.csv").write_bytes(register.encode("utf-8", "surrogateescape"))
        (home / "moj.toml").write_text(mapping, encoding="utf-8")
        (home / "mlastats.toml").write_text(CONFIGURATION + more, encoding="utf-8")
        self.size = (home / "data" / "raw" / "moj.csv").stat().st_size
        self.settings = settings.load(home / "mlastats.toml")
        self.folder = home / "data" / "processed"
        self.clean()

    def clean(self) -> None:
        processed.write(clean_workspace(self.settings), self.settings)
        self.whole = self.written()

    def written(self) -> tuple[list[bytes], pd.DataFrame]:
        files = [(self.folder / name).read_bytes() for name in FILES]
        return files, schema.read(self.folder / "requests.parquet")

    def parts(self, number: int) -> int:
        """Clean in parts; how many there were, 0 where it could not be done."""
        if partitions.write(self.settings, 0, self.size // number + 1) is None:
            return 0
        files, requests = self.written()
        for name, one, other in zip(FILES, self.whole[0], files, strict=True):
            assert one.decode() == other.decode(), name
        pd.testing.assert_frame_equal(self.whole[1], requests)
        return len(schema.parts(self.folder / "requests.parquet"))


SECOND = """
[[registers]]
name = "mofa"
path = "data/raw/mofa.csv"
[reading]
part = 1
"""


def of_two_registers(home: Path) -> Workspace:
    """A register of more than a megabyte, with rows again at its far end, and one of another agency with some of its
    requests, and with the partner of one that the first does not name."""
    lines = [
        f"{n},MLA/2015/{n:05},Incoming,{'' if n == 9 else 'Thailand'},MLA,Embassy,{n % 28 + 1}/{n % 12 + 1}/2016,,,,"
        f"{'MLA/2015/11990' if n == 4 else ''},{'some words of a column that is not read ' * 8}"
        for n in range(1, 12001)
    ]
    lines += [lines[0], lines[2].replace("Embassy", "INTERPOL"), *lines[20:22]]
    (home / "data" / "raw").mkdir(parents=True, exist_ok=True)
    second = [
        f"MLA/2015/{n:05},Incoming,Thailand,MLA,Embassy,2016-{n % 12 + 1:02}-{n % 28 + 1:02}"
        for n in (9, 11999)
    ]
    text = "\n".join(
        [
            "reference,direction,partner,kind,channel,received",
            *second,
            "MLA 2015/9,in,Thailand,MLA,,2016-10-11",
        ]
    )
    (home / "data" / "raw" / "mofa.csv").write_text(text + "\n", encoding="utf-8")
    return Workspace(home, "\n".join([HEADER, *lines]) + "\n", more=SECOND)
