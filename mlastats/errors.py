"""What can go wrong, said so that the reader knows what to do; each kind has its exit code.

A message says what was wrong, what is allowed, what was given and what to do. It holds no name, no
free text of a register and no machine path.
"""

import difflib
import enum
from collections.abc import Iterable, Mapping


class Exit(enum.IntEnum):
    """The exit codes of the command, each with what it means; nothing else says them."""

    means: str

    def __new__(cls, code: int, means: str) -> "Exit":
        """A code that is its number, and knows its words."""
        member = int.__new__(cls, code)
        member._value_, member.means = code, means
        return member

    DONE = 0, "done or nothing to do"
    FAILED = 1, "a report failed, or a check has a fault to tell"
    CONFIGURATION = 2, "usage, configuration or parameters"
    REJECTED = 3, "input rejected"
    LOCKED = 4, "another run holds the lock"
    WITHHELD = 5, "withheld by the disclosure gate"


class MlaStatsError(Exception):
    """A fault that the user can mend; the command prints it without a traceback."""

    exit_code = Exit.FAILED


class ReportFailed(MlaStatsError):
    """A report could not be made; what was published before is untouched."""


class ConfigurationError(MlaStatsError):
    """Usage, configuration or parameters are not as they must be."""

    exit_code = Exit.CONFIGURATION


class InputRejected(MlaStatsError):
    """A register, a mapping or a ledger cannot be read as it is."""

    exit_code = Exit.REJECTED


class LockHeld(MlaStatsError):
    """Another run is at work in this workspace."""

    exit_code = Exit.LOCKED


class Withheld(MlaStatsError):
    """The disclosure gate stopped the publication."""

    exit_code = Exit.WITHHELD


class Stopped(BaseException):
    """The system, or whoever started the command, asked the run to end."""


def lacks_memory(cause: BaseException) -> bool:
    """Whether an error says that memory or processes are lacking, in whichever of its words."""
    said = str(cause)
    return isinstance(cause, MemoryError) or any(
        part in said for part in ("new thread", "memory", "map segment")
    )


def one_of(name: str, value: object, allowed: Iterable[object]) -> None:
    """Raise ConfigurationError unless `value` is one of `allowed`."""
    options = list(allowed)
    if value not in options:
        listed = ", ".join(repr(option) for option in options)
        meant = did_you_mean(value, {str(option): str(option) for option in options})
        raise ConfigurationError(f"`{name}` must be one of {listed}; got {value!r}.{meant}")


def did_you_mean(value: object, options: Mapping[str, str]) -> str:
    """The question whether what stands nearest to a value was meant, by the words under which each option is known."""
    words = {word.casefold(): option for word, option in options.items()}
    near = difflib.get_close_matches(str(value).casefold(), words, n=1, cutoff=0.7)
    return f" Did you mean {words[near[0]]!r}?" if near else ""
