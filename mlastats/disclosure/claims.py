"""A sentence is said where the true and the protected table both support it."""

import itertools
import re

NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f]\d+)*%?")
_END = re.compile(r"(?<=[.!?])\s+")


def supported(shown: str, true: str, numbers: set[str]) -> str:
    """The sentences made of the protected table up to the first that the true one does not word alike but for its
    numbers, or of which a number is none that a reader sees beside it: no sum, no count that was not protected itself.
    What follows a sentence may rest on it, and goes with it."""
    alike = {NUMBER.sub("#", sentence) for sentence in _END.split(true)}
    kept = itertools.takewhile(
        lambda sentence: NUMBER.sub("#", sentence) in alike and set(NUMBER.findall(sentence)) <= numbers,
        _END.split(shown),
    )
    return " ".join(kept)
