"""`python -m mlastats.example` writes the example registers into data/raw/example."""

from mlastats.example import write

write()
