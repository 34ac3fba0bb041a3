"""R computes the committed answers anew: what the default tests rest on is what R says today."""

import io
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.r
HERE = Path(__file__).parent


def test_the_committed_answers_are_those_of_r() -> None:
    if not shutil.which("Rscript"):
        pytest.skip("R is not installed (Debian: r-cran-survival r-cran-cmprsk r-cran-vgam)")
    command = ["Rscript", str(HERE / "answers.R"), str(HERE / "cases.csv")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    anew = pd.read_csv(io.StringIO(done.stdout))
    committed = pd.read_csv(HERE / "answers.csv")
    assert len(committed) > 1900
    pd.testing.assert_frame_equal(anew, committed, rtol=1e-10, atol=1e-12)
