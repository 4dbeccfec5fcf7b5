"""What an evidence card is made of: a window's stories, and the counts of the hours before. Late items never count.

A story counts in the window in which it is first told badly for the key, whatever its copies say later.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select, text, tuple_

from bearometer_shared.storage.news_tables import Trend

ALL = ("all", "all")
TOTALS = ("negatives", "stories", "sources", "mass", "model_versions")
SHOWN = ("id", "story", "title", "source", "url", "published_at", "model_version", "score", "negative", "copies")


@dataclass(frozen=True, slots=True)
class Window:
    """One key's window of event time; `until` is not included. `members` are the tickers of a key that is a set."""

    stream: str
    dimension: str
    key: str
    since: datetime
    until: datetime
    members: tuple[str, ...] = ()

    @property
    def counted(self) -> tuple[str, list[str]]:
        """The dimension and the keys under which stories count for it."""
        return ("ticker", list(self.members)) if self.members else (self.dimension, [self.key])


def found(connection: Connection, window: Window, limit: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Totals of a window, and the stories that count in it, the surest first.

    Totals are `negatives` (items), `stories` that count, their `sources` and `model_versions`, and `mass`, the sum of
    their P(negative). A story is told by its first negative item in the window: `id, story, title, source, url,
    published_at, model_version, negative`, and `score` in [-1, 1]; its `copies` are the later ones, as
    `{source, items}`, the source with most first. `mass` and `negative` are in millionths.
    """
    rows = list(connection.execute(text(_with_negatives(window) + _FOUND), _parameters(window) | {"limit": limit}))
    return _part(rows[0], TOTALS), [_part(row, SHOWN) for row in rows if row.id is not None]


def stories(connection: Connection, window: Window) -> set[str]:
    """The stories that count in a window."""
    query = "SELECT story FROM negatives WHERE place = 1"
    return set(connection.execute(text(_with_negatives(window) + query), _parameters(window)).scalars())


def counts(connection: Connection, window: Window, since: datetime, step: timedelta) -> dict[datetime, tuple[int, int]]:
    """The stream's stories and the key's negative ones, by the start of each step that has some.

    From `since` to the window's end, which must be whole steps apart.
    """
    mine = (Trend.dimension == window.dimension) & (Trend.key == window.key)
    among = func.coalesce(func.sum(Trend.stories).filter(Trend.dimension == ALL[0]), 0)
    negatives = func.coalesce(func.sum(Trend.negative_stories).filter(mine), 0)
    at = func.date_bin(step, Trend.minute, window.until)
    query = _minutes(window, since, {ALL, (window.dimension, window.key)}).with_only_columns(at, among, negatives)
    totals = {row[0]: (row[1], row[2]) for row in connection.execute(query.group_by(at))}
    if window.members:
        of_set = _of_members(connection, replace(window, since=since), step)
        return {at: (totals.get(at, (0, 0))[0], of_set.get(at, 0)) for at in totals.keys() | of_set.keys()}
    return totals


def covered(connection: Connection, window: Window) -> tuple[datetime | None, datetime | None, int]:
    """The first and the last minute of the window in which the stream has items, and how many such minutes it has."""
    minutes = _minutes(window, window.since, {ALL}).where(Trend.items > Trend.late_items)
    query = minutes.with_only_columns(func.min(Trend.minute), func.max(Trend.minute), func.count())
    first, last, number = connection.execute(query).one()
    return first, last, number


def _of_members(connection: Connection, window: Window, step: timedelta) -> dict[datetime, int]:
    """A set's negative stories by step: the trends would count one that names two members twice."""
    steps = "SELECT date_bin(:step, published_at, :until), count(*) FROM negatives WHERE place = 1 GROUP BY 1"
    rows = connection.execute(text(_with_negatives(window) + steps), _parameters(window) | {"step": step})
    return {row[0]: row[1] for row in rows}


def _minutes(window: Window, since: datetime, keys: Collection[tuple[str, str]]) -> Select[Any]:
    of_keys = tuple_(Trend.dimension, Trend.key).in_(keys)
    return select().where(Trend.stream == window.stream, of_keys, Trend.minute >= since, Trend.minute < window.until)


def _part(row: Row[Any], names: Collection[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _parameters(window: Window) -> dict[str, Any]:
    dimension, keys = window.counted
    limits = {"since": window.since, "until": window.until}
    return {"stream": window.stream, "dimension": dimension, "keys": keys, "key": window.key} | limits


def _with_negatives(window: Window) -> str:
    dimension = window.counted[0]
    if dimension == "ticker":
        return _NEGATIVES.format(said="m", mentions=_MENTIONS, of_key="true")
    return _NEGATIVES.format(said="a", mentions="", of_key=_OF_KEY.get(dimension, "false"))  # a set without members


_OF_KEY = {"all": "true", "topic": "a.topic = :key", "source": "a.source = :key"}
# What is said of tickers is said towards them; of several, the worst counts.
_MENTIONS = """
        JOIN (SELECT stored_on, article_id, 'negative' AS sentiment, max(negative) AS negative, min(signed) AS signed
            FROM mentions WHERE stream = :stream AND ticker = ANY(:keys) AND sentiment = 'negative'
                AND published_at >= :since AND published_at < :until GROUP BY stored_on, article_id) m
            ON m.stored_on = a.stored_on AND m.article_id = a.id"""

# The window's negative items; `place` is an item's in its story, 0 where that was told badly before the window. The
# limit makes Postgres look each story up: it would rather read all that were told in three days.
_NEGATIVES = """
    WITH negatives AS MATERIALIZED (
        SELECT a.stored_on, a.id, a.story, a.source, a.published_at, {said}.negative, {said}.signed, a.model_version,
               CASE WHEN before THEN 0
                    ELSE row_number() OVER (PARTITION BY a.story ORDER BY a.published_at, a.id) END AS place
        FROM articles a{mentions} LEFT JOIN LATERAL (
            SELECT true AS before FROM story_keys k WHERE k.stream = a.stream AND k.story = a.story
                AND k.dimension = :dimension AND k.key = ANY(:keys) AND k.negative_minute < :since LIMIT 1) k ON true
        WHERE a.stream = :stream AND a.published_at >= :since AND a.published_at < :until
            AND {said}.sentiment = 'negative' AND NOT a.late AND {of_key})
"""
_FOUND = """
    , totals AS (
        SELECT count(*) AS negatives, count(*) FILTER (WHERE place = 1) AS stories,
               count(DISTINCT source) FILTER (WHERE place > 0) AS sources,
               coalesce(sum(negative) FILTER (WHERE place = 1), 0) AS mass,
               coalesce(array_agg(DISTINCT model_version), '{}') AS model_versions
        FROM negatives),
    top AS (SELECT * FROM negatives WHERE place = 1 ORDER BY negative DESC, published_at, id LIMIT :limit),
    copies AS (
        SELECT story, source, count(*) AS items FROM negatives
        WHERE place > 1 AND story IN (SELECT story FROM top) GROUP BY story, source)
    SELECT totals.*, top.id, top.story, a.title, top.source, a.url, top.published_at, top.model_version,
           top.signed / 1e6 AS score, top.negative,
           (SELECT coalesce(jsonb_agg(jsonb_build_object('source', source, 'items', items)
                            ORDER BY items DESC, source), '[]') FROM copies WHERE story = top.story) AS copies
    FROM totals LEFT JOIN (top JOIN articles a ON a.stored_on = top.stored_on AND a.stream = :stream AND a.id = top.id)
        ON true
    ORDER BY top.negative DESC, top.published_at, top.id
"""
