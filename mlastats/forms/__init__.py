"""What assessors ask for, one declarative file a form, and the engine that fills them.

A form is a TOML file: here, or in the folder `forms` of a workspace, whose file of a name stands before the package's.

    body = "A secretariat"            # who asks, and for what, in its own words
    title = "Requests under the treaty"
    source = "https://..."            # where its wording was read, and on which day
    read = 2026-11-30
    years = 3                         # the columns: so many whole years, then the running one
    running = true
    total = true                      # and their sum
    nil = "-"                         # how it writes none; without it a nil is 0
    not_available = "N/A"             # and what was not observed
    count = "requests"                # or "matters"
    states = true                     # a line is a state's, and named so
    where = { kind = ["mla"], legal_basis = ["asean_mlat"] }

    [[rows]]
    wording = "Requests received"     # quoted, never translated; what is counted is said by the codes of `where`
    where = { direction = ["incoming"] }
    by = ["partner"]                  # a row for each level below it

`where` names columns of the requests table, or `status` (how it stands), `strand`, `partner_group` and `in_time` (ended by
the deadline asked for), with the codes that count: one of several is enough; "*" is any, "unrecorded" none. Instead of
years, `columns` may be a list of `label` and `where`, counted over the last whole year. A row may say `at` ("begun",
"ended" in the year, open at its "opening" or "closing", or the name of a date column), `table` ("entries": requests and
what asks for nothing; "assets" and "persons": their rows, with the columns of their requests) and
`days = ["requested", "ended"]`: the mean number of days between two dates in place of a count.
"""
