"""Day partitions of the tables that grow with the news: made ahead, dropped after the retention."""

from datetime import date, timedelta

from sqlalchemy import Connection, text

PARTITIONED = ("articles", "mentions")
AHEAD = 14


def ensure(connection: Connection, today: date) -> None:
    """Makes the partitions of today and the fortnight after it; what a late owner missed waits in the default one."""
    for table in PARTITIONED:
        for day in (today + timedelta(days=n) for n in range(AHEAD + 1)):
            if not _exists(connection, name(table, day)):
                _create(connection, table, day)


def drop_older(connection: Connection, keep_from: date) -> list[str]:
    """Drops whole days before `keep_from` and forgets their keys and trends. Returns the partitions dropped."""
    found = connection.execute(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = ANY(CAST(:t AS regclass[]))"),
        {"t": list(PARTITIONED)},
    ).scalars()
    old = [p for p in found if (day := day_of(p)) is not None and day < keep_from]
    for partition in old:
        connection.execute(text(f"DROP TABLE {partition}"))
    for table in PARTITIONED:
        connection.execute(text(f"DELETE FROM {table}_default WHERE stored_on < :day"), {"day": keep_from})  # noqa: S608
    connection.execute(text("DELETE FROM article_keys WHERE stored_on < :day"), {"day": keep_from})
    return old


def name(table: str, day: date) -> str:
    """The partition of a table for a day, as in articles_20260305."""
    return f"{table}_{day:%Y%m%d}"


def day_of(partition: str) -> date | None:
    """The day of a partition's name; None for the default one."""
    digits = partition.rpartition("_")[2]
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])) if digits.isdigit() else None


def _exists(connection: Connection, partition: str) -> bool:
    return connection.execute(text("SELECT to_regclass(:name)"), {"name": partition}).scalar() is not None


def _create(connection: Connection, table: str, day: date) -> None:
    """Rows that already wait in the default partition are moved along, or Postgres refuses the new one."""
    partition, end = name(table, day), day + timedelta(days=1)
    moved = f"WITH gone AS (DELETE FROM {table}_default WHERE stored_on = '{day}' RETURNING *)"  # noqa: S608
    connection.execute(text(f"CREATE TABLE {partition} (LIKE {table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"))
    connection.execute(text(f"{moved} INSERT INTO {partition} SELECT * FROM gone"))  # noqa: S608 - names are ours
    connection.execute(text(f"ALTER TABLE {table} ATTACH PARTITION {partition} FOR VALUES FROM ('{day}') TO ('{end}')"))
