"""Whether a return is signed, by the keys that a regional body holds of its members; the system's ssh-keygen looks."""

import shutil
import subprocess
from pathlib import Path

UNSIGNED, SIGNED, WRONG, UNCHECKED = "unsigned", "signed", "wrong", "unchecked"
NAMESPACE = "mlareturn"


def signature(path: Path, signers: Path | None) -> str:
    """How a return is signed: "signed" by its state's key, "wrong", "unchecked" where there is no ssh-keygen or no file of
    keys, "unsigned" where no signature (`FILE.sig`, made by `ssh-keygen -Y sign -n mlareturn`) lies beside it.

    `signers` is a file of allowed signers (ssh-keygen, ALLOWED SIGNERS), whose principals are the codes of states.
    """
    beside = path.with_name(f"{path.name}.sig")
    if not beside.is_file():
        return UNSIGNED
    program = shutil.which("ssh-keygen")
    if program is None or signers is None or not signers.is_file():
        return UNCHECKED
    command = [
        program,
        "-Y",
        "verify",
        "-f",
        str(signers),
        "-I",
        path.name[:3],
        "-n",
        NAMESPACE,
        "-s",
        str(beside),
    ]
    with path.open("rb") as data:
        ran = subprocess.run(command, stdin=data, capture_output=True, check=False)
    return SIGNED if ran.returncode == 0 else WRONG
