"""The register of bench/cleaning.py cleaned in Polars: INPUT FOLDER VOCABULARIES [streaming], and the seconds as JSON.

Text is read as Categorical; each distinct value is recognised once and gathered by its code. With the streaming engine,
which has no table in memory, it is joined back. Left out is what
that register does not hold: several parties in a cell, evidence of order and era, near duplicates, links, and the
words of suggestions.
"""

import datetime as dt
import json
import sys
import time
from pathlib import Path

import polars as pl

Table = pl.DataFrame | pl.LazyFrame
DATES = ["received", "sent", "acknowledged", "answered", "closed"]
TERMS = ["partner", "partner_part", "direction", "kind", "channel", "offence", "outcome"]
LOG_START, AS_OF = dt.date(2014, 1, 1), dt.date(2026, 9, 30)
FIRST, LAST = dt.date(1994, 1, 1), dt.date(2027, 9, 30)
WESTERN = {chr(zero + n): str(n) for zero in (0x0E50, 0x0ED0) for n in range(10)}
ABSENT = {
    pl.Date: ["drafted", "info_requested", "info_supplied", "forwarded", "executed"],
    pl.String: ["linked_request_id", "agency", "legal_basis", "refusal_ground"]
    + [
        f"{stage}_precision"
        for stage in ("drafted", "info_requested", "info_supplied", "forwarded", "executed")
    ],
    pl.Boolean: ["is_enquiry", "urgent"],
}


def plain(text: pl.Expr) -> pl.Expr:
    return text.str.normalize("NFKC").str.replace_many(WESTERN).str.to_lowercase().str.strip_chars()


def parsed(values: pl.DataFrame, months: pl.DataFrame) -> pl.DataFrame:
    """Distinct texts (`was`) to `date`, `how` and the `rule` of the issue."""
    text = plain(pl.col("was"))
    forms = [
        text.str.extract_groups(form)
        for form in (
            r"^(?<y>\d{4})[-/. ](?<m>\d{1,2})[-/. ](?<d>\d{1,2})$",
            r"^(?<d>\d{1,2})[-/. ](?<m>\d{1,2})[-/. ](?<y>\d{4})$",
            r"^(?<d>\d{1,2})[ -]?(?<w>[^\d]+?)[ -]?(?<y>\d{4})$",
        )
    ]

    def part(name: str, some: list[pl.Expr]) -> pl.Expr:
        return pl.coalesce(*(form.struct.field(name) for form in some)).cast(pl.Int32)

    word = forms[2].struct.field("w").str.strip_chars(" .")
    found = values.with_columns(
        y=part("y", forms), d=part("d", forms), number=part("m", forms[:2]), key=word
    ).join(months, on="key", how="left", maintain_order="left")
    month = pl.coalesce("number", "month")
    buddhist = pl.col("y") >= 2400
    year = pl.when(buddhist).then(pl.col("y") - 543).otherwise("y")
    day = pl.format("{}-{}-{}", year, month, "d").str.to_date("%Y-%m-%d", strict=False)
    found = found.with_columns(day=day, understood=month.is_not_null() & pl.col("y").is_not_null())
    possible = pl.col("day").is_between(FIRST, LAST)
    return found.select(
        "was",
        date=pl.when(possible).then("day"),
        how=pl.when(buddhist).then(pl.lit("buddhist_year")).otherwise(pl.lit("date")),
        rule=pl.when(~pl.col("understood"))
        .then(pl.lit("unknown_date"))
        .when(pl.col("day").is_null())
        .then(pl.lit("impossible_date"))
        .when(~possible)
        .then(pl.lit("implausible_date")),
    )


def issues(rows: Table, column: str, value: pl.Expr, rule: pl.Expr, severity: str = "error") -> Table:
    return rows.select(
        register=pl.lit("bench"),
        row="source_row",
        column=pl.lit(column),
        value=value.cast(pl.String),
        rule=rule.cast(pl.String),
        severity=pl.lit(severity),
    )


def looked_up(vocabularies: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The spellings of codes, and those of months."""
    lookup = pl.read_csv(vocabularies / "spellings.csv", schema_overrides={"code": pl.String})
    return lookup, lookup.filter(vocabulary="month").select("key", month=pl.col("code").cast(pl.Int32))


def recognised(name: str, values: pl.DataFrame, dates: pl.DataFrame, lookup: pl.DataFrame) -> pl.DataFrame:
    """Distinct values of a column (`was`) with what they mean."""
    if name in DATES:
        found = values.join(dates, on="was", how="left", maintain_order="left")
        return found.with_columns(now=pl.col("date").dt.to_string("%Y-%m-%d"))
    codes = lookup.filter(vocabulary=name).select("key", now="code")
    keyed = values.with_columns(key=plain(pl.col("was")))
    found = keyed.join(codes, on="key", how="left", maintain_order="left")
    unknown = pl.lit("unknown_partner" if name == "partner" else "unknown_term")
    is_unknown = pl.col("now").is_null() & pl.col("was").is_not_null()
    return found.with_columns(rule=pl.when(is_unknown).then(unknown), how=pl.lit("vocabulary"))


def unclear(code: type[pl.DataType]) -> pl.Expr:
    """The outcome: what says something of an end that is not understood has ended."""
    ends = ("answered", "closed", "outcome")
    some = pl.any_horizontal(pl.col(f"{name}_rule").is_not_null() for name in ends)
    some &= pl.all_horizontal(pl.col(f"{name}_now").is_null() for name in ends)
    return pl.when(some).then(pl.lit("unclear", code)).otherwise("outcome_now")


def streaming(source: str, folder: Path, vocabularies: Path) -> None:
    lookup, months = looked_up(vocabularies)
    names = [*DATES, *TERMS, "persons", "request_id"]
    raw = pl.scan_csv(source, infer_schema=False).with_row_index("source_row", offset=2)
    raw = raw.with_columns(pl.col(names).str.strip_chars().replace("", None))
    each = [raw.group_by(was=pl.col(name)).len("count").drop_nulls("was") for name in DATES + TERMS]
    distinct = dict(zip(DATES + TERMS, pl.collect_all(each, engine="streaming"), strict=True))
    dates = parsed(pl.concat([distinct[name].select("was") for name in DATES]).unique(), months)
    table, changes = raw, []
    for name, values in distinct.items():
        found = recognised(name, values, dates, lookup)
        changed = found.filter(pl.col("now") != pl.col("was"))
        changes.append(changed.select(column=pl.lit(name), was="was", now="now", rule="how", count="count"))
        now = pl.col("date" if name in DATES else "now").alias(f"{name}_now")
        known = found.select(pl.col("was").alias(name), now, pl.col("rule").alias(f"{name}_rule"))
        table = table.join(known.lazy(), on=name, how="left", maintain_order="left")
    pl.concat(changes).write_csv(folder / "changes.csv", include_bom=True)
    table = table.with_columns(persons_now=pl.col("persons").str.to_integer(strict=False, dtype=pl.Int64))
    table = table.with_columns(outcome_now=unclear(pl.String))
    issued = refused(table)
    table, of_references = once(table)
    issued += [*of_references, *doubts(table)]
    # Each by itself: 2.1.0 panics when all are collected together and sorted.
    told = pl.concat([some.lazy().collect(engine="streaming") for some in issued])
    told.sort("row", maintain_order=True).write_csv(folder / "issues.csv", include_bom=True)
    made = derived(table, vocabularies, pl.String)
    made.sink_parquet(folder / "requests.parquet", compression="snappy", engine="streaming")


def main(source: str, folder: Path, vocabularies: Path) -> None:
    lookup, months = looked_up(vocabularies)
    codings = {name: pl.Categorical(pl.Categories.random()) for name in [*DATES, *TERMS, "persons"]}
    table = pl.read_csv(source, infer_schema=False, schema_overrides=codings).with_row_index(
        "source_row", offset=2
    )

    def trim(text: pl.Series) -> pl.Series:
        return text.str.strip_chars().replace("", None)

    distinct, counts = {}, {}
    for name in codings:
        used = table[name].drop_nulls().unique()
        ordered = pl.DataFrame({"code": used.to_physical(), "was": used.cast(pl.String)}).sort("code")
        distinct[name] = trim(ordered["was"]).alias("was")
        counts[name] = table[name].to_physical().alias("code").drop_nulls().value_counts()
    dates = parsed(pl.concat([distinct[name].to_frame() for name in DATES]).unique().drop_nulls(), months)
    columns, changes = [], []
    for name in DATES + TERMS:
        found = recognised(name, distinct[name].to_frame(), dates, lookup)
        code = table[name].to_physical()
        changed = (
            found.with_row_index("code").join(counts[name], on="code").filter(pl.col("now") != pl.col("was"))
        )
        changed = changed.group_by("was", "now", "how", maintain_order=True).agg(pl.col("count").sum())
        changes.append(changed.select(column=pl.lit(name), was="was", now="now", rule="how", count="count"))
        value = found["date"] if name in DATES else found["now"].cast(pl.Categorical)
        columns.append(value.gather(code).alias(f"{name}_now"))
        columns.append(found["rule"].cast(pl.Categorical).gather(code).alias(f"{name}_rule"))
    persons = distinct["persons"].str.to_integer(strict=False, dtype=pl.Int64)
    columns.append(persons.gather(table["persons"].to_physical()).alias("persons_now"))
    pl.concat(changes).write_csv(folder / "changes.csv", include_bom=True)
    table = table.with_columns(columns).with_columns(pl.col("request_id").str.strip_chars())
    table = table.with_columns(outcome_now=unclear(pl.Categorical))
    issued = refused(table)
    table, of_references = once(table)
    issued += of_references + doubts(table)
    # Each was gathered by itself: 2.1.0 panics when all are collected together and sorted.
    pl.concat(issued).sort("row", maintain_order=True).write_csv(folder / "issues.csv", include_bom=True)
    derived(table, vocabularies).write_parquet(folder / "requests.parquet", compression="snappy")


def once(table: Table) -> tuple[Table, list[Table]]:
    """The table without rows that repeat an earlier one, and the issues of references that stand twice."""
    key = pl.col("request_id").str.normalize("NFKC").str.to_lowercase().str.replace_all(r"\s+", "")
    engine = "streaming" if isinstance(table, pl.LazyFrame) else "auto"
    keys = table.lazy().select("source_row", key=key).drop_nulls("key")
    groups = keys.group_by("key").agg(pl.len(), first=pl.col("source_row").min())
    twice = groups.filter(pl.col("len") > 1).collect(engine=engine)
    if not len(twice):
        return table, []
    rows = table.lazy().with_columns(key=key).join(twice.lazy(), on="key").collect(engine=engine)
    values = [f"{name}_now" for name in [*DATES, *TERMS, "persons"]]
    lead = rows.select(first="source_row", **{f"{name}_lead": name for name in values})
    rows = rows.join(lead, on="first", how="left")
    is_copy = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_lead")) for name in values)
    is_copy &= pl.col("source_row") != pl.col("first")
    copies, others = rows.filter(is_copy), rows.filter(~is_copy).filter(pl.len().over("key") > 1)
    reference = pl.col("request_id")
    return table.filter(~pl.col("source_row").is_in(copies["source_row"].implode())), [
        issues(copies, "request_id", reference, pl.lit("same_row"), "note"),
        issues(others, "request_id", reference, pl.lit("reference_reused"), "warning"),
    ]


def refused(table: Table) -> list[Table]:
    """Values that are not recognised."""
    no_number = table.filter(pl.col("persons").is_not_null() & pl.col("persons_now").is_null())
    return [
        *(
            issues(
                table.filter(pl.col(f"{name}_rule").is_not_null()), name, pl.col(name), pl.col(f"{name}_rule")
            )
            for name in DATES + TERMS
        ),
        issues(no_number, "persons", pl.col("persons"), pl.lit("not_a_number")),
    ]


def doubts(table: Table) -> list[Table]:
    """Dates in the wrong order, ends and beginnings that are not known."""
    nothing, found = pl.lit(""), []
    now = {name: pl.col(f"{name}_now") for name in [*DATES, *TERMS]}
    by_sending = now["direction"].eq_missing("outgoing") | (
        now["direction"].is_null() & now["received"].is_null()
    )
    for first, rows in (("received", ~by_sending), ("sent", by_sending)):
        for later in ("acknowledged", "answered", "closed"):
            value = pl.format(f"{first} {{}}, {later} {{}}", now[first], now[later])
            reversed_ = table.filter(rows & (now[later] < now[first]))
            found.append(issues(reversed_, later, value, pl.lit("reversed"), "warning"))
    undated = pl.when(by_sending).then(now["sent"]).otherwise(now["received"]).is_null()
    no_date = pl.all_horizontal(now[name].is_null() for name in DATES)
    no_end = now["outcome"].is_not_null() & now["answered"].is_null() & now["closed"].is_null()
    return [
        *found,
        issues(table.filter(undated & ~no_date), "", nothing, pl.lit("no_request_date"), "warning"),
        issues(table.filter(no_date), "", nothing, pl.lit("no_date"), "warning"),
        issues(table.filter(no_end), "outcome", nothing, pl.lit("outcome_undated"), "warning"),
    ]


def derived(table: Table, vocabularies: Path, coded: type[pl.DataType] = pl.Categorical) -> Table:
    """The requests table, with what follows from partner, channel and kind."""
    partners = pl.read_csv(vocabularies / "partners.csv", try_parse_dates=True)
    channels = pl.read_csv(vocabularies / "channels.csv")
    if isinstance(table, pl.LazyFrame):
        partners, channels = partners.lazy(), channels.lazy()
    code = pl.col(pl.String).exclude("asean_since").cast(coded)
    made = (
        table.select(
            "source_row", "request_id", *(pl.col(f"{n}_now").alias(n) for n in [*DATES, *TERMS, "persons"])
        )
        .join(partners.with_columns(code), on="partner", how="left", maintain_order="left")
        .join(channels.with_columns(code), on=["channel", "kind"], how="left", maintain_order="left")
    )
    received = pl.coalesce("received", pl.when(pl.col("direction").is_null()).then("sent"))
    on = pl.when(pl.col("direction").eq_missing("outgoing")).then("sent").otherwise(received)
    member = pl.col("asean_since").is_not_null() & ~(on < pl.col("asean_since")).fill_null(False)
    return made.with_columns(
        pl.lit("bench").alias("register"),
        pl.lit("LAO").alias("reporting_state"),
        pl.lit(LOG_START).alias("observed_from"),
        pl.lit(AS_OF).alias("observed_to"),
        pl.when(pl.col("partner").is_not_null()).then(member).alias("asean_partner"),
        *(
            pl.when(pl.col(name).is_not_null()).then(pl.lit("day")).alias(f"{name}_precision")
            for name in DATES
        ),
        *(pl.lit(None, dtype=dtype).alias(name) for dtype, names in ABSENT.items() for name in names),
        pl.lit(False).alias("probable_duplicate"),
    ).drop("asean_since")


if __name__ == "__main__":
    start = time.perf_counter(), time.process_time()
    clean = streaming if sys.argv[4:] == ["streaming"] else main
    clean(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
    print(json.dumps({"seconds": [time.perf_counter() - start[0], time.process_time() - start[1]]}))
