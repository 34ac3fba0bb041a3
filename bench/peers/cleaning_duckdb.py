"""The register of bench/cleaning.py cleaned in DuckDB's SQL: INPUT FOLDER VOCABULARIES [LIMIT], and the seconds as
JSON; with a limit of memory, as "2GB", on a database in the folder.

Each distinct value is recognised once and joined back. The same is left out as in cleaning_polars.py. DuckDB does
not keep the order of the rows.
"""

import json
import os
import sys
import time
from pathlib import Path

import duckdb

DATES = ["received", "sent", "acknowledged", "answered", "closed"]
TERMS = ["partner", "partner_part", "direction", "kind", "channel", "offence", "outcome"]
ABSENT = {
    "DATE": ["drafted", "info_requested", "info_supplied", "forwarded", "executed"],
    "VARCHAR": ["linked_request_id", "agency", "legal_basis", "refusal_ground"]
    + [
        f"{stage}_precision"
        for stage in ("drafted", "info_requested", "info_supplied", "forwarded", "executed")
    ],
    "BOOLEAN": ["is_enquiry", "urgent"],
}
KEY = r"regexp_replace(lower(request_id), '\s+', '', 'g')"


def quoted(names: list[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def recognised(run, source: str, vocabularies: Path) -> None:
    """`told`, the distinct values of each column with their counts; `dates` and `terms`, what they mean."""
    run(f"""
        CREATE TABLE lookup AS SELECT vocabulary, nfc_normalize(key) AS key, any_value(code) AS code
        FROM read_csv('{vocabularies}/spellings.csv', all_varchar=true) GROUP BY ALL""")
    cells = ", ".join(
        f"nullif(trim({name}), '') AS {name}" for name in ["request_id", *DATES, *TERMS, "persons"]
    )
    run(f"""
        CREATE TABLE raw AS SELECT (row_number() OVER () + 1)::INTEGER AS source_row, {cells}
        FROM read_csv('{source}', all_varchar=true, header=true, parallel=true)""")
    run(
        "CREATE TABLE told AS "
        + " UNION ALL ".join(
            f"SELECT '{name}' AS col, {name} AS was, count(*) AS n FROM raw WHERE {name} IS NOT NULL GROUP BY {name}"
            for name in DATES + TERMS
        )
    )
    run(rf"""
        CREATE TABLE dates AS
        WITH plain AS (SELECT DISTINCT was, translate(nfc_normalize(lower(was)), '๐๑๒๓๔๕๖๗๘๙໐໑໒໓໔໕໖໗໘໙',
                       '01234567890123456789') AS t FROM told WHERE col IN ({quoted(DATES)})),
        form AS (SELECT was, regexp_extract(t, '^(\d{{4}})[-/. ](\d{{1,2}})[-/. ](\d{{1,2}})$', ['y', 'm', 'd']) AS a,
                 regexp_extract(t, '^(\d{{1,2}})[-/. ](\d{{1,2}})[-/. ](\d{{4}})$', ['d', 'm', 'y']) AS b,
                 regexp_extract(t, '^(\d{{1,2}})[ -]?([^\d]+?)[ -]?(\d{{4}})$', ['d', 'w', 'y']) AS c FROM plain),
        part AS (SELECT was, coalesce(nullif(a.y, ''), nullif(b.y, ''), nullif(c.y, ''))::INT AS y,
                 coalesce(nullif(a.d, ''), nullif(b.d, ''), nullif(c.d, ''))::INT AS d,
                 coalesce(nullif(a.m, '')::INT, nullif(b.m, '')::INT, month.code::INT) AS m
                 FROM form LEFT JOIN lookup month ON vocabulary = 'month' AND key = trim(c.w, ' .')),
        day AS (SELECT *, TRY_CAST(printf('%04d-%02d-%02d', if(y >= 2400, y - 543, y), m, d) AS DATE) AS day FROM part)
        SELECT was, if(day BETWEEN DATE '1994-01-01' AND DATE '2027-09-30', day, NULL) AS now,
               if(y >= 2400, 'buddhist_year', 'date') AS how,
               CASE WHEN y IS NULL OR m IS NULL THEN 'unknown_date' WHEN day IS NULL THEN 'impossible_date'
                    WHEN day NOT BETWEEN DATE '1994-01-01' AND DATE '2027-09-30' THEN 'implausible_date' END AS rule
        FROM day""")
    run(f"""
        CREATE TABLE terms AS SELECT col, was, code AS now,
               CASE WHEN code IS NULL THEN if(col = 'partner', 'unknown_partner', 'unknown_term') END AS rule
        FROM told LEFT JOIN lookup ON vocabulary = col AND key = trim(nfc_normalize(lower(was)))
        WHERE col IN ({quoted(TERMS)})""")


def without_copies(run) -> None:
    """`q`, the rows with what their values mean, without those that repeat an earlier one; `rep`, what stands twice."""
    picks = ", ".join(f"{n}_t.now AS {n}, {n}_t.rule AS {n}_rule, r.{n} AS {n}_was" for n in DATES + TERMS)
    joins = " ".join(
        [
            *(f"LEFT JOIN dates {n}_t ON {n}_t.was = r.{n}" for n in DATES),
            *(f"LEFT JOIN (SELECT * FROM terms WHERE col = '{n}') {n}_t ON {n}_t.was = r.{n}" for n in TERMS),
        ]
    )
    run(f"""
        CREATE TABLE q AS SELECT r.source_row, r.request_id, {picks}, TRY_CAST(r.persons AS BIGINT) AS persons,
               r.persons AS persons_was FROM raw r {joins}""")
    run("DROP TABLE raw")
    # What says something of an end that is not understood has ended.
    run("""
        UPDATE q SET outcome = 'unclear' WHERE answered IS NULL AND closed IS NULL AND outcome IS NULL
        AND coalesce(answered_rule, closed_rule, outcome_rule) IS NOT NULL""")
    run(
        "CREATE TABLE refused AS "
        + " UNION ALL ".join(
            f"SELECT source_row, '{n}' AS col, {n}_was AS was, {n}_rule AS rule FROM q WHERE {n}_rule IS NOT NULL"
            for n in DATES + TERMS
        )
        + " UNION ALL SELECT source_row, 'persons', persons_was, 'not_a_number' FROM q "
        "WHERE persons_was IS NOT NULL AND persons IS NULL"
    )
    run(f"""
        CREATE TABLE twice AS SELECT {KEY} AS key, min(source_row) AS first FROM q
        WHERE request_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1""")
    same = " AND ".join(f"q.{name} IS NOT DISTINCT FROM lead.{name}" for name in [*DATES, *TERMS, "persons"])
    run(f"""
        CREATE TABLE rep AS SELECT q.source_row, t.key, q.request_id, q.source_row <> t.first AND {same} AS gone
        FROM q JOIN twice t ON t.key = {KEY.replace("request_id", "q.request_id")}
        JOIN q lead ON lead.source_row = t.first""")
    run("DELETE FROM q WHERE source_row IN (SELECT source_row FROM rep WHERE gone)")


def doubts() -> str:
    """Every issue, as one query."""
    by_sending = "(coalesce(direction = 'outgoing', false) OR (direction IS NULL AND received IS NULL))"
    none = " AND ".join(f"{name} IS NULL" for name in DATES)
    own = f"if({by_sending}, sent, received) IS NULL"
    queries = [
        "SELECT source_row, col AS \"column\", was AS value, rule, 'error' AS severity FROM refused",
    ]
    for first, rows in (("received", f"NOT {by_sending}"), ("sent", by_sending)):
        queries += [
            f"SELECT source_row, '{later}', '{first} ' || {first}::VARCHAR || ', {later} ' || {later}::VARCHAR, "
            f"'reversed', 'warning' FROM q WHERE {rows} AND {later} < {first}"
            for later in ("acknowledged", "answered", "closed")
        ]
    return " UNION ALL ".join(
        [
            *queries,
            f"SELECT source_row, '', '', 'no_request_date', 'warning' FROM q WHERE {own} AND NOT ({none})",
            f"SELECT source_row, '', '', 'no_date', 'warning' FROM q WHERE {none}",
            "SELECT source_row, 'outcome', '', 'outcome_undated', 'warning' FROM q "
            "WHERE outcome IS NOT NULL AND answered IS NULL AND closed IS NULL",
            "SELECT source_row, 'request_id', request_id, 'same_row', 'note' FROM rep WHERE gone",
            "SELECT source_row, 'request_id', request_id, 'reference_reused', 'warning' "
            "FROM (SELECT *, count(*) OVER (PARTITION BY key) AS k FROM rep WHERE NOT gone) WHERE k > 1",
        ]
    )


def written(run, folder: Path, vocabularies: Path) -> None:
    run(f"""
        COPY (SELECT col AS "column", told.was, strftime(now, '%Y-%m-%d') AS now, how AS rule, n AS count
              FROM told JOIN dates USING (was) WHERE col IN ({quoted(DATES)}) AND strftime(now, '%Y-%m-%d') <> was
              UNION ALL SELECT col, told.was, now, 'vocabulary', n FROM told JOIN terms USING (col, was) WHERE now <> was)
        TO '{folder}/changes.csv' (HEADER)""")
    run(f"""
        COPY (SELECT 'bench' AS register, source_row AS row, "column", value, rule, severity FROM ({doubts()})
              ORDER BY source_row) TO '{folder}/issues.csv' (HEADER)""")
    on = "if(direction = 'outgoing', sent, coalesce(received, if(direction IS NULL, sent, NULL)))"
    columns = ", ".join(
        [
            *(f"q.{name}" for name in ("source_row", "request_id", *DATES, *TERMS, "persons")),
            *(f"if({name} IS NULL, NULL, 'day') AS {name}_precision" for name in DATES),
            *(f"NULL::{dtype} AS {name}" for dtype, names in ABSENT.items() for name in names),
            "false AS probable_duplicate",
        ]
    )
    run(f"""
        COPY (SELECT {columns}, partners.partner_kind, channels.formality, 'bench' AS register, 'LAO' AS reporting_state,
                     DATE '2014-01-01' AS observed_from, DATE '2026-09-30' AS observed_to,
                     if(q.partner IS NULL, NULL, asean_since IS NOT NULL AND NOT coalesce({on} < asean_since::DATE, false))
                     AS asean_partner
              FROM q LEFT JOIN read_csv('{vocabularies}/partners.csv', all_varchar=true) partners USING (partner)
              LEFT JOIN read_csv('{vocabularies}/channels.csv', all_varchar=true) channels USING (channel, kind))
        TO '{folder}/requests.parquet' (FORMAT parquet, COMPRESSION snappy)""")


def main(source: str, folder: Path, vocabularies: Path, limit: str = "") -> None:
    run = duckdb.connect(folder / "peer.duckdb" if limit else ":memory:").execute
    run(f"SET threads={len(os.sched_getaffinity(0))}")
    if limit:
        run(f"SET memory_limit='{limit}'")
    recognised(run, source, vocabularies)
    without_copies(run)
    written(run, folder, vocabularies)


if __name__ == "__main__":
    start = time.perf_counter(), time.process_time()
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])
    print(json.dumps({"seconds": [time.perf_counter() - start[0], time.process_time() - start[1]]}))
