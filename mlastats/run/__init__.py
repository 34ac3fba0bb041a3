"""Scheduled runs: what is due, the kernels that do it, the store that keeps it."""
