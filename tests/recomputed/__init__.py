"""A second program: the tables of the example's exhibits, worked out anew from the cleaned table by the rules of DESIGN.

It shares nothing with `mlastats.measure` or `mlastats.disclosure`; the CSV files of the vocabulary are read as they stand.
"""
