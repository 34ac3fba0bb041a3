"""`python -m tests.example` writes the example registers into data/raw/example."""

from tests.example import write

write()
