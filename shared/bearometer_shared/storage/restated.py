"""History as another model tells it: stored beside what was said at the time, and read in the same shapes.

What a version says of a stream is what it said when items came and what it was asked to say of others since. Items of
which it said nothing are left out: no answer mixes two models. Trends are computed when asked for, since they are
asked for seldom and a second set of sums would have to be kept equal to the first.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, text

from bearometer_shared.storage.reading import Filters, Place
from bearometer_shared.storage.trend_rollups import EPOCH

SCORES = ("sentiment", "negative", "neutral", "positive", "signed", "topic", "topic_p")
KEPT = ("stream", "id", "published_at", "source", "title", "body", "url", "tickers", "story", "late", "future")
STORY_BEFORE = timedelta(days=1)  # a story first told longer before the range counts anew in it

_SAID = f"""
    SELECT {", ".join(f"a.{name}" for name in KEPT)}, CAST(:version AS text) AS model_version,
           {", ".join(f"coalesce(r.{name}, a.{name}) AS {name}" for name in SCORES)}
    FROM articles a LEFT JOIN restated r ON r.model_version = :version AND r.stream = a.stream AND r.id = a.id
    WHERE a.stream = :stream AND (a.model_version = :version OR r.id IS NOT NULL OR :all)
"""  # noqa: S608 - constants
_TOLD = f"""
    told AS (SELECT s.story, s.late, s.sentiment, s.signed, s.published_at AS at, k.dimension, k.key
    FROM ({_SAID} AND a.published_at >= :before AND (CAST(:until AS timestamptz) IS NULL OR a.published_at < :until)) s
    CROSS JOIN LATERAL (
        SELECT 'all' AS dimension, 'all' AS key UNION ALL SELECT 'topic', s.topic
        UNION ALL SELECT 'source', s.source WHERE s.source <> '' UNION ALL SELECT 'ticker', unnest(s.tickers)) k
    WHERE k.dimension = ANY(:dimensions)),
    firsts AS (SELECT dimension, key, story, min(at) AS at, min(at) FILTER (WHERE sentiment = 'negative') AS bad
    FROM told WHERE NOT late GROUP BY dimension, key, story)
"""  # noqa: S608 - constants
_BUCKETS = f"""
    WITH {_TOLD}, counted AS (
        SELECT dimension, key, date_bin(:step, at, :epoch) AS at, 1 AS items, sentiment, signed, 0 AS stories, 0 AS bad
        FROM told WHERE at >= :since
        UNION ALL SELECT dimension, key, date_bin(:step, at, :epoch), 0, '', 0, 1, 0 FROM firsts WHERE at >= :since
        UNION ALL SELECT dimension, key, date_bin(:step, bad, :epoch), 0, '', 0, 0, 1 FROM firsts WHERE bad >= :since)
    SELECT dimension, key, at, sum(items) AS items, count(*) FILTER (WHERE sentiment = 'negative') AS negative,
           count(*) FILTER (WHERE sentiment = 'neutral') AS neutral,
           count(*) FILTER (WHERE sentiment = 'positive') AS positive,
           sum(signed) AS signed_sum, sum(stories) AS stories, sum(bad) AS negative_stories
    FROM counted GROUP BY dimension, key, at
"""  # noqa: S608 - constants


class Unsaid(NamedTuple):
    """A stored item of which a version has said nothing."""

    stream: str
    id: str
    stored_on: date
    title: str
    body: str


def put(connection: Connection, version: str, items: Sequence[Unsaid], scores: Sequence[Any]) -> int:
    """Stores the engine's `Score` of each item. Returns how many were new: saying it twice changes nothing."""
    columns = {"stream": "text", "id": "text", "stored_on": "date"}
    columns |= {name: "text" if name in ("sentiment", "topic") else "int" for name in SCORES}
    arrays = {name: [getattr(item, name) for item in items] for name in ("stream", "id", "stored_on")}
    arrays |= {name: [getattr(score, name) for score in scores] for name in SCORES}
    query = (
        f"INSERT INTO restated (model_version, {', '.join(columns)}) SELECT :version, n.* FROM unnest("  # noqa: S608 - names are ours
        + ", ".join(f"CAST(:{name} AS {kind}[])" for name, kind in columns.items())
        + ") AS n ON CONFLICT DO NOTHING"
    )
    return connection.execute(text(query), arrays | {"version": version}).rowcount


_UNSAID = """
    SELECT a.stream, a.id, a.stored_on, a.title, left(a.body, 1000) AS body FROM {items} a
    WHERE a.model_version <> :version AND NOT EXISTS (
        SELECT FROM restated r WHERE r.model_version = :version AND r.stream = a.stream AND r.id = a.id)
"""


def unsaid(
    connection: Connection, version: str, stream: str, since: datetime, until: datetime, limit: int
) -> list[Unsaid]:
    """Items of a stream, published from `since` to before `until`, of which a version has said nothing yet."""
    query = _UNSAID.format(items="articles") + (
        " AND a.stream = :stream AND a.published_at >= :since AND a.published_at < :until LIMIT :limit"
    )
    given = {"version": version, "stream": stream, "since": since, "until": until, "limit": limit}
    return [Unsaid(*row) for row in connection.execute(text(query), given)]


def recent_unsaid(connection: Connection, version: str, stored_from: date, most: int) -> list[Unsaid]:
    """Of the `most` newest arrivals since a day, over all streams, those of which a version has said nothing yet."""
    newest = "(SELECT * FROM articles WHERE stored_on >= :from ORDER BY stored_at DESC, stream, id LIMIT :most)"
    given = {"version": version, "from": stored_from, "most": most}
    return [Unsaid(*row) for row in connection.execute(text(_UNSAID.format(items=newest)), given)]


def progress(connection: Connection, version: str, stream: str, since: datetime, until: datetime) -> tuple[int, int]:
    """Of a stream's items in a range, how many the version has told of, and how many there are."""
    query = f"""
        SELECT (SELECT count(*) FROM ({_SAID}) s WHERE published_at >= :since AND published_at < :until),
               (SELECT count(*) FROM articles WHERE stream = :stream AND published_at >= :since
                AND published_at < :until)
    """  # noqa: S608 - constants
    given = {"version": version, "stream": stream, "since": since, "until": until, "all": False}
    said, items = connection.execute(text(query), given).one()
    return said, items


def articles(
    connection: Connection, version: str, wanted: Filters, limit: int, after: Place | None = None
) -> list[dict[str, Any]]:
    """As `reading.articles`, told by a version, without `mentions`: it was not asked towards companies."""
    given: dict[str, Any] = {"version": version, "stream": wanted.stream, "limit": limit, "all": False}
    equal = {"topic": wanted.topic, "source": wanted.source, "sentiment": wanted.sentiment}
    where = [f"{name} = :{name}" for name, value in equal.items() if value is not None]
    where += [":ticker = ANY(tickers)"] if wanted.ticker else []
    where += ["published_at >= :since"] if wanted.since else []
    where += ["published_at < :until"] if wanted.until else []
    where += ["(published_at < :at OR (published_at = :at AND id > :id))"] if after else []
    given |= {**equal, "ticker": wanted.ticker, "since": wanted.since, "until": wanted.until}
    given |= {"at": after.published_at, "id": after.id} if after else {}
    query = f"SELECT * FROM ({_SAID}) s WHERE {' AND '.join(where or ['true'])}"  # noqa: S608 - constants
    rows = connection.execute(text(f"{query} ORDER BY published_at DESC, id LIMIT :limit"), given)
    return [dict(row) for row in rows.mappings()]


def trends(
    connection: Connection,
    version: str,
    stream: str,
    dimension: str,
    keys: Sequence[str],
    since: datetime,
    until: datetime,
    step: timedelta,
) -> list[dict[str, Any]]:
    """As `trend_reading.buckets`, without sources, told by a version."""
    given = _given(version, stream, [dimension], since, until, step) | {"keys": list(keys)}
    query = f"SELECT * FROM ({_BUCKETS}) b WHERE key = ANY(:keys) ORDER BY key, at"  # noqa: S608 - constants
    return [dict(row) for row in connection.execute(text(query), given).mappings()]


def trend_keys(
    connection: Connection, version: str, stream: str, dimension: str, since: datetime, until: datetime, limit: int
) -> list[str]:
    """As `trend_reading.top_keys`, told by a version."""
    given = _given(version, stream, [dimension], since, until, timedelta(days=1)) | {"limit": limit}
    query = f"SELECT key FROM ({_BUCKETS}) b GROUP BY key ORDER BY sum(items) DESC, key LIMIT :limit"  # noqa: S608 - constants
    return list(connection.execute(text(query), given).scalars())


def counts(
    connection: Connection,
    version: str,
    stream: str,
    dimensions: Sequence[str],
    since: datetime,
    until: datetime | None,
    *,
    every: bool = False,
) -> Iterator[RowMapping]:
    """As `evidence.counts`, told by a version; with `every` item counted, as it was where the version said nothing."""
    given = _given(version, stream, list(dimensions), since, until, timedelta(minutes=1)) | {"all": every}
    told = "(dimension = 'all' AND stories > 0) OR negative_stories > 0"
    query = f"SELECT at AS minute, dimension, key, stories, negative_stories FROM ({_BUCKETS}) b WHERE {told}"  # noqa: S608 - constants
    yield from connection.execute(text(f"{query} ORDER BY at"), given).mappings()


def _given(
    version: str, stream: str, dimensions: list[str], since: datetime, until: datetime | None, step: timedelta
) -> dict[str, Any]:
    given: dict[str, Any] = {"version": version, "stream": stream, "dimensions": dimensions, "step": step, "all": False}
    return given | {"since": since, "until": until, "before": since - STORY_BEFORE, "epoch": EPOCH}
