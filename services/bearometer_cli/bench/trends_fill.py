"""Fills the trends with what made news would leave, in SQL alone: minutes, hours and days, with their sources."""

from sqlalchemy import Connection, text

from bearometer_shared.storage import source_sketch

STREAM = "bench"
END = "2026-06-01T00:00:00+00:00"
DAYS = 90
TOPICS, TICKERS, SOURCES = 20, 500, 200
COUNTS = (
    "count(*), count(*) FILTER (WHERE sentiment < 0), count(*) FILTER (WHERE sentiment = 0),"
    " count(*) FILTER (WHERE sentiment > 0), sum(sentiment * 700000), 0, 0,"
    " count(*) FILTER (WHERE told_first), count(*) FILTER (WHERE told_first AND sentiment < 0)"
)
KEYS = "CROSS JOIN LATERAL (VALUES ('all', 'all'), ('topic', topic), ('source', source), ('ticker', ticker)) k (d, key)"

# Names fall off as in real news, a few with most of it; times gather around noon; two in five are copies.
ITEMS = f"""
    CREATE UNLOGGED TABLE made_items AS SELECT
        CAST(:end AS timestamptz) - interval '1 day' * (1 + floor(random() * {DAYS}))
            + interval '12 hours' * (random() + random()) AS at,
        'topic ' || floor({TOPICS} * power(random(), 2)) AS topic,
        'source ' || floor({SOURCES} * power(random(), 2)) AS source,
        'T' || floor({TICKERS} * power(random(), 3)) AS ticker,
        floor(random() * 3)::int - 1 AS sentiment, random() < 0.6 AS told_first
    FROM generate_series(1, :items)
"""  # noqa: S608 - constants
MINUTES = f"""
    INSERT INTO trends SELECT '{STREAM}', d, key, date_trunc('minute', at, 'UTC') AS minute, {COUNTS}
    FROM made_items {KEYS} GROUP BY d, key, minute
"""  # noqa: S608 - constants
BITS = f"""
    CREATE UNLOGGED TABLE made_sources AS
    SELECT source, {source_sketch.sql("source")} AS bits FROM (SELECT DISTINCT source FROM made_items) s
"""  # noqa: S608 - constants
HOURS = f"""
    INSERT INTO trend_rollups SELECT '{STREAM}', d, 60, key, date_trunc('hour', at, 'UTC') AS hour, {COUNTS},
        bit_or(bits)
    FROM made_items JOIN made_sources USING (source) {KEYS} GROUP BY d, key, hour
"""  # noqa: S608 - constants
DAYS_OF_HOURS = """
    INSERT INTO trend_rollups SELECT stream, dimension, 1440, key, date_trunc('day', at, 'UTC') AS day, sum(items),
        sum(negative), sum(neutral), sum(positive), sum(signed_sum), 0, 0, sum(stories), sum(negative_stories),
        bit_or(sources)
    FROM trend_rollups WHERE width = 60 GROUP BY stream, dimension, key, day
"""
TUNING = ("SET LOCAL work_mem = '256MB'", "SET LOCAL synchronous_commit = off", "SELECT setseed(0.5)")


def fill(connection: Connection, items: int) -> None:
    """Fills stream `bench` with `items` of the 90 days before June 2026."""
    for statement in (*TUNING, ITEMS, MINUTES, BITS, HOURS, DAYS_OF_HOURS):
        given = {"items": items, "end": END} if statement is ITEMS else {}
        connection.execute(text(statement), given)


def size(connection: Connection) -> dict[str, int]:
    """Rows of each table, and megabytes with their indexes."""
    figures = {}
    for table in ("trends", "trend_rollups"):
        figures[f"{table}_rows"] = int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608
        bytes_ = connection.execute(text(f"SELECT pg_total_relation_size('{table}')")).scalar_one()
        figures[f"{table}_mb"] = round(bytes_ / 2**20)
    return figures
