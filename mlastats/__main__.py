"""`python -m mlastats` is the command `mlastats`."""

from mlastats.cli import main

main()
