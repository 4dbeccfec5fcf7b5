"""Trends: increments from the rows really inserted, minutes and roll-ups, and their rebuild from the articles."""

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, text

from bearometer_shared.storage import story_keys, trend_rollups
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.storage.story_keys import Bucket, First, StoryKey
from bearometer_shared.wire import minute

COUNTS = (
    "items",
    "negative",
    "neutral",
    "positive",
    "signed_sum",
    "late_items",
    "late_negative",
    "stories",
    "negative_stories",
)


def keys_of(row: ArticleRow) -> Iterator[tuple[str, str]]:
    """The trends that an article counts in, as (dimension, key)."""
    yield "all", "all"
    yield "topic", row.topic
    if row.source:
        yield "source", row.source
    for ticker in row.tickers:
        yield "ticker", ticker


def add(connection: Connection, rows: Sequence[ArticleRow]) -> None:
    """Adds articles to their buckets, in one order for all writers, so that nobody deadlocks.

    Their streams must be locked: where a story counts depends on its earlier items.
    """
    totals = increments(rows)
    for bucket, stories in story_keys.counts(story_keys.change(connection, firsts(rows))).items():
        totals.setdefault(bucket, Counter()).update(stories)
    order = sorted(totals)
    columns = {name: [totals[bucket][name] for bucket in order] for name in COUNTS}
    sums = ", ".join(f"{name} = t.{name} + excluded.{name}" for name in COUNTS)
    connection.execute(
        text(
            "INSERT INTO trends AS t SELECT * FROM unnest(CAST(:stream AS text[]), CAST(:dimension AS text[]),"  # noqa: S608 - names are ours
            " CAST(:key AS text[]), CAST(:minute AS timestamptz[]), CAST(:items AS int[]), CAST(:negative AS int[]),"
            " CAST(:neutral AS int[]), CAST(:positive AS int[]), CAST(:signed_sum AS bigint[]),"
            " CAST(:late_items AS int[]), CAST(:late_negative AS int[]), CAST(:stories AS int[]),"
            " CAST(:negative_stories AS int[]))"
            f" ON CONFLICT (stream, dimension, key, minute) DO UPDATE SET {sums}"
        ),
        {
            "stream": [bucket[0] for bucket in order],
            "dimension": [bucket[1] for bucket in order],
            "key": [bucket[2] for bucket in order],
            "minute": [bucket[3] for bucket in order],
            **columns,
        },
    )
    trend_rollups.add(connection, totals, _told_by(rows), COUNTS)


def _told_by(rows: Sequence[ArticleRow]) -> Iterator[tuple[Bucket, str]]:
    for row in rows:
        for dimension, key in keys_of(row):
            yield (row.stream, dimension, key, minute(row.published_at)), row.source


def increments(rows: Sequence[ArticleRow]) -> dict[Bucket, Counter[str]]:
    """What articles add to each bucket as items, copies or not; `signed_sum` in millionths."""
    totals: dict[Bucket, Counter[str]] = {}
    for row in rows:
        late, at = row.late, minute(row.published_at)
        for dimension, key in keys_of(row):
            count, seen = totals.setdefault((row.stream, dimension, key, at), Counter()), row.about(dimension, key)
            count["items"] += 1
            count[seen.sentiment] += 1
            count["signed_sum"] += seen.signed
            count["late_items"] += late
            count["late_negative"] += late and seen.sentiment == "negative"
    return totals


def firsts(rows: Sequence[ArticleRow]) -> dict[StoryKey, First]:
    """The minutes in which the stories of articles count for each key, as far as these articles tell."""
    found: dict[StoryKey, First] = {}
    for row in sorted((row for row in rows if not row.late), key=lambda row: row.published_at):
        at = minute(row.published_at)
        for about in keys_of(row):
            of, negative = (row.stream, row.story, *about), at if row.about(*about).sentiment == "negative" else None
            first = found.get(of, First(at, None))
            found[of] = First(first.minute, first.negative or negative)
    return found


# The same totals, computed by Postgres from the articles: the live ones must equal them exactly.
_TOLD = """
    SELECT a.stream, a.story, k.dimension, k.key, date_trunc('minute', a.published_at, 'UTC') AS minute,
           a.sentiment, a.signed, a.late, a.source
    FROM articles a CROSS JOIN LATERAL (
        SELECT 'all' AS dimension, 'all' AS key UNION ALL SELECT 'topic', a.topic
        UNION ALL SELECT 'source', a.source WHERE a.source <> '') k
    WHERE a.stream = :stream
    UNION ALL
    SELECT a.stream, a.story, 'ticker', m.ticker, date_trunc('minute', a.published_at, 'UTC'),
           m.sentiment, m.signed, a.late, a.source
    FROM mentions m JOIN articles a ON a.stored_on = m.stored_on AND a.stream = m.stream AND a.id = m.article_id
    WHERE m.stream = :stream
"""
_FIRSTS = """
    SELECT stream, story, dimension, key, min(minute) AS minute,
           min(minute) FILTER (WHERE sentiment = 'negative') AS negative_minute
    FROM told WHERE NOT late GROUP BY stream, story, dimension, key
"""
_FROM_ARTICLES = f"""
    WITH told AS ({_TOLD}), firsts AS ({_FIRSTS}), items AS (
        SELECT stream, dimension, key, minute, count(*) AS items,
               count(*) FILTER (WHERE sentiment = 'negative') AS negative,
               count(*) FILTER (WHERE sentiment = 'neutral') AS neutral,
               count(*) FILTER (WHERE sentiment = 'positive') AS positive,
               sum(signed) AS signed_sum, count(*) FILTER (WHERE late) AS late_items,
               count(*) FILTER (WHERE late AND sentiment = 'negative') AS late_negative
        FROM told GROUP BY stream, dimension, key, minute)
    SELECT items.*, coalesce(s.stories, 0) AS stories, coalesce(n.stories, 0) AS negative_stories FROM items
    LEFT JOIN (SELECT dimension, key, minute, count(*) AS stories FROM firsts GROUP BY 1, 2, 3) s
        USING (dimension, key, minute)
    LEFT JOIN (SELECT dimension, key, negative_minute AS minute, count(*) AS stories FROM firsts GROUP BY 1, 2, 3) n
        USING (dimension, key, minute)
"""  # noqa: S608 - constants
_STORED = f"SELECT stream, dimension, key, minute, {', '.join(COUNTS)} FROM trends WHERE stream = :stream"  # noqa: S608 - constants


_ROLLUPS = trend_rollups.made(_TOLD, _FROM_ARTICLES, COUNTS)
_STORED_ROLLUPS = (
    f"SELECT stream, dimension, width, key, at, {', '.join(COUNTS)}, sources FROM trend_rollups WHERE stream = :stream"  # noqa: S608 - constants
)


def differences(connection: Connection, stream: str) -> int:
    """How many buckets of a stream, minutes and roll-ups, differ between what is stored and the articles."""
    return _differing(connection, stream, _FROM_ARTICLES, _STORED, "dimension, key, minute") + _differing(
        connection, stream, _ROLLUPS, _STORED_ROLLUPS, "dimension, width, key, at"
    )


def _differing(connection: Connection, stream: str, made: str, stored: str, bucket: str) -> int:
    both = "(TABLE made EXCEPT TABLE stored) UNION ALL (TABLE stored EXCEPT TABLE made)"
    number = f"SELECT count(DISTINCT ({bucket})) FROM ({both}) AS d"  # noqa: S608 - constants
    buckets = f"WITH made AS ({made}), stored AS ({stored}) {number}"
    return int(connection.execute(text(buckets), {"stream": stream}).scalar_one())


def rebuild(connection: Connection, stream: str) -> int:
    """Replaces a stream's trends by what its articles say. Returns the number of minute buckets."""
    connection.execute(text("SELECT 1 FROM streams WHERE name = :stream FOR UPDATE"), {"stream": stream})
    connection.execute(text("DELETE FROM trends WHERE stream = :stream"), {"stream": stream})
    connection.execute(text("DELETE FROM trend_rollups WHERE stream = :stream"), {"stream": stream})
    columns = f"stream, dimension, key, minute, {', '.join(COUNTS)}"
    made = connection.execute(text(f"INSERT INTO trends ({columns}) {_FROM_ARTICLES}"), {"stream": stream})
    columns = f"stream, dimension, width, key, at, {', '.join(COUNTS)}, sources"
    connection.execute(text(f"INSERT INTO trend_rollups ({columns}) {_ROLLUPS}"), {"stream": stream})
    story_keys.rebuild(connection, stream, f"WITH told AS ({_TOLD}) {_FIRSTS}")
    return made.rowcount
