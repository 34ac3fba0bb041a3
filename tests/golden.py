"""Compares the exhibits of this checkout with those of another commit, byte for byte.

    python tests/golden.py [COMMIT]            # default: the commit before (HEAD~1)
    python tests/golden.py COMMIT --variants internal,lao --notebooks 1_turnaround --pixels

The example registers are cleaned by either side, and every notebook is run as each variant. What is the same
prints one line; what differs is named, with the fields that differ. With --pixels charts are compared as they
are seen, for a change that alters how they are written and not how they look.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = Path(tempfile.gettempdir()) / "mlastats-golden"
# Parameters of each variant. A public exhibit is the same whatever was published before it.
VARIANTS: dict[str, dict[str, str]] = {
    "internal": {},
    "lao": {"language": "lo"},
    "quarter": {"period": "2026-Q2"},
    "public": {"audience": "public"},
    "public-earlier": {"audience": "public", "as_of": "2026-06-30"},
}
SHOWN = 400
# A pixel counts as another one when a channel differs by more than this; so many in a thousand may.
CHANNEL, PER_MILLE = 48, 5


def main() -> int:
    """Make the exhibits of both sides and compare them; 1 where any differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("commit", nargs="?", default="HEAD~1")
    parser.add_argument("--variants", default=",".join(VARIANTS), help="comma-separated; default: all")
    parser.add_argument("--notebooks", default="", help="comma-separated; default: all")
    parser.add_argument("--pixels", action="store_true", help="compare charts by their pixels")
    chosen = parser.parse_args()
    variants = [name for name in VARIANTS if name in chosen.variants.split(",")]
    sha = git("rev-parse", "--short=12", chosen.commit)
    base, tree = KEPT / sha, KEPT / f"{sha}-tree"
    if not tree.is_dir():
        tree.mkdir(parents=True)
        archive = subprocess.Popen(["git", "archive", sha], cwd=ROOT, stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", tree], stdin=archive.stdout, check=True)
    with tempfile.TemporaryDirectory(prefix="golden-") as scratch:
        make(tree, base, variants, chosen.notebooks, chosen.pixels, keep=True)
        make(ROOT, Path(scratch), variants, chosen.notebooks, chosen.pixels)
        return compare(base, Path(scratch), variants, chosen.notebooks, chosen.pixels)


def git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.strip()


def make(
    tree: Path, out: Path, variants: list[str], notebooks: str, pixels: bool, keep: bool = False
) -> None:
    """The exhibits of a tree, a folder a variant; kept ones are made once."""
    data = out / "processed"
    if not data.is_dir():
        clean(tree, data)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda v: _variant(tree, out, v, notebooks, pixels, keep), variants))


def clean(tree: Path, data: Path) -> None:
    """The example's registers, cleaned by a tree into a folder of their own, and a configuration that reads it."""
    workspace = data.parent / "workspace"
    shutil.rmtree(workspace, ignore_errors=True)
    (workspace / "data").mkdir(parents=True)
    shutil.copytree(tree / "data" / "raw", workspace / "data" / "raw")
    shutil.copy(tree / "mlastats.toml", workspace)
    call(tree, workspace, [sys.executable, "-m", "mlastats", "clean"], {})
    shutil.copytree(workspace / "data" / "processed", data)


def _variant(tree: Path, out: Path, variant: str, notebooks: str, pixels: bool, keep: bool) -> None:
    folder = out / variant
    done = folder / f"done-{notebooks or 'all'}{'-pixels' if pixels else ''}"
    if keep and done.is_file():
        return
    given = VARIANTS[variant]
    folder.mkdir(parents=True, exist_ok=True)
    extra = {"MLASTATS_EXHIBITS": str(folder), "MLASTATS_SECRET": str(ROOT / "tests" / "secret")}
    wanted = (
        notebooks.split(",") if notebooks else sorted(p.stem for p in (tree / "notebooks").glob("*.ipynb"))
    )
    for name in wanted:
        if given.get("audience") == "public" and name.startswith("0"):
            continue
        if name in ("7_region", "8_mirror"):  # of a regional body's workspace
            continue
        task = json.dumps({"notebook": str(tree / "notebooks" / f"{name}.ipynb"), "given": given})
        failed = call(tree, out / "workspace", [sys.executable, "-c", CELLS, task], extra, may_fail=True)
        if failed:
            (folder / f"{name}.failed.json").write_text(json.dumps({"failed": failed}), encoding="utf-8")
    if pixels:
        call(tree, out / "workspace", [sys.executable, "-c", DRAWN, str(folder)], extra)
    done.touch()


CELLS = """
import json, sys
import IPython.display
IPython.display.display = lambda *shown, **options: None
task = json.loads(sys.argv[1])
names = {}
for cell in json.load(open(task["notebook"], encoding="utf-8"))["cells"]:
    if cell["cell_type"] == "code":
        exec("".join(cell["source"]), names)
        if "parameters" in cell["metadata"].get("tags", []):
            names.update({name: value for name, value in task["given"].items() if name in names})
"""
DRAWN = """
import sys
from pathlib import Path
from mlastats.publish import saved
saved.draw_pictures(Path(sys.argv[1]))
"""


def call(
    tree: Path, workspace: Path, command: list[str], extra: dict[str, str], may_fail: bool = False
) -> str:
    """Run a command of a tree in its workspace; the last line of what it said, where it may fail."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree),
        "MLASTATS_CONFIG": str(workspace / "mlastats.toml"),
        "OMP_NUM_THREADS": "1",
        **extra,
    }
    ran = subprocess.run(command, cwd=workspace, env=environment, capture_output=True, text=True)
    if ran.returncode and not may_fail:
        raise SystemExit(f"{' '.join(command[:4])} failed in {tree}:\n{ran.stderr}")
    return ran.stderr.strip().splitlines()[-1] if ran.returncode else ""


def compare(base: Path, now: Path, variants: list[str], notebooks: str, pixels: bool) -> int:
    """Name every file that differs, and what in it; 1 where any does."""
    compared, differing = 0, 0
    for variant in ["processed", *variants]:
        ours, theirs = (_files(side / variant, notebooks, variant, pixels) for side in (now, base))
        for name in sorted(ours | theirs):
            compared += 1
            if name not in ours or name not in theirs:
                what = ["is new" if name in ours else "is gone"]
            else:
                what = list(_differences(theirs[name], ours[name]))
            if what:
                differing += 1
                print(f"{variant}/{name}: {'; '.join(what)}")
    print(f"{compared} files compared, {differing} differ ({', '.join(variants)})")
    return int(differing > 0)


def _files(folder: Path, notebooks: str, variant: str, pixels: bool) -> dict[str, Path]:
    left_out = ".svg" if pixels else ".png"
    files = {p.name: p for p in folder.iterdir() if p.suffix and p.suffix != left_out}
    if variant == "processed" or not notebooks:
        return files
    return {name: path for name, path in files.items() if name.split(".")[0] in notebooks.split(",")}


def _differences(old: Path, new: Path) -> list[str]:
    if old.read_bytes() == new.read_bytes():
        return []
    if old.suffix == ".json":
        was, now = (json.loads(path.read_text(encoding="utf-8")) for path in (old, new))
        fields = [name for name in {**was, **now} if was.get(name) != now.get(name)]
        told = [
            f"{name}\n    was {_short(was.get(name))}\n    now {_short(now.get(name))}" for name in fields
        ]
        return told or ["the same values in another order"]
    if old.suffix == ".parquet":
        import pandas as pd

        was, now = pd.read_parquet(old), pd.read_parquet(new)
        return [] if was.equals(now) and list(was) == list(now) else ["another table"]
    if old.suffix == ".png":
        return _pixels(old, new)
    return ["other bytes"]


def _pixels(old: Path, new: Path) -> list[str]:
    """Where more than a few pixels differ by more than how a letter's edge is smoothed."""
    import matplotlib.image
    import numpy as np

    was, now = (np.round(matplotlib.image.imread(path) * 255).astype(int) for path in (old, new))
    if was.shape != now.shape:
        return [f"size {was.shape[:2]} is now {now.shape[:2]}"]
    share = (abs(was - now).max(axis=2) > CHANNEL).mean() * 1000
    return [f"{share:.1f} of 1,000 pixels differ"] if share > PER_MILLE else []


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]} ..."


if __name__ == "__main__":
    sys.exit(main())
