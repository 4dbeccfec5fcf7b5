"""What the queue of labels chooses from: the newest stories of a stream, and what is known of them."""

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, text

from bearometer_shared.label_queue import Candidate, Chosen, Known, choose
from bearometer_shared.storage import drifts, label_skips, labels, models
from bearometer_shared.storage.new_label import text_hash
from bearometer_shared.text import model_text

MOST = 3000  # of the newest stories: a week of 400 a day, and a quarter of a second
DAY, MONTH = timedelta(days=1), timedelta(days=30)

_ITEMS = """
    SELECT a.id, a.story, a.published_at, a.source, a.url, a.title, left(a.body, 1000) AS body, a.topic, a.topic_p,
           a.sentiment, a.negative, a.neutral, a.positive, a.signed, a.model_version,
           (SELECT r.sentiment FROM restated r WHERE r.stream = a.stream AND r.id = a.id
            AND r.sentiment <> a.sentiment ORDER BY r.model_version LIMIT 1) AS other
    FROM articles a
"""
_NEWEST = "WHERE a.stream = :stream AND a.story = a.id ORDER BY a.published_at DESC, a.id LIMIT :most"
_NAMED = """
    JOIN article_keys k ON k.stream = a.stream AND k.id = a.id AND k.stored_on = a.stored_on
    WHERE k.stream = :stream AND k.id = ANY(:ids)
"""
_JUDGED = """
    SELECT id, evidence -> 'top' AS top FROM alerts
    WHERE stream = :stream AND verdict = 'false' AND verdict_at >= :since
"""
_LABELLED = """
    SELECT text_hash, array_agg(DISTINCT annotator) AS annotators FROM labels
    WHERE text_hash = ANY(:hashes) GROUP BY text_hash
"""
_SHARES = """
    SELECT key, sum(items) FILTER (WHERE minute >= :day) AS lately, sum(items) FILTER (WHERE minute < :day) AS before
    FROM trends WHERE stream = :stream AND dimension = 'topic' AND minute >= :month GROUP BY key
"""


def queue(
    connection: Connection, stream: str, annotator: str, limit: int, now: datetime
) -> list[tuple[Mapping[str, Any], Chosen]]:
    """What an annotator should label next, each item's row with why it was chosen; the same for a day.

    A row has the item's `text` as the model reads it, and its fields in `articles`.
    """
    judged = _judged(connection, stream, now)
    rows = _items(connection, stream, list(judged))
    hashes = {id: text_hash(row["text"]) for id, row in rows.items()}
    labelled = _labelled(connection, list(hashes.values()))
    skipped = label_skips.skipped(connection, annotator)
    candidates = [
        _candidate(row, judged.get(id), frozenset(labelled.get(hashes[id], ())))
        for id, row in rows.items()
        if hashes[id] not in skipped
    ]
    known = _known(connection, stream, max((one.published_at for one in candidates), default=now), now)
    chosen = choose(candidates, known, annotator, limit, f"{now:%Y-%m-%d}/{annotator}")
    return [(rows[one.id], one) for one in chosen]


def _items(connection: Connection, stream: str, named: list[str]) -> dict[str, dict[str, Any]]:
    """The newest stories, each by its first item, and items that are named, however old: they stand for their story."""
    older = connection.execute(text(_ITEMS + _NAMED), {"stream": stream, "ids": named}).mappings().all()
    newest = connection.execute(text(_ITEMS + _NEWEST), {"stream": stream, "most": MOST}).mappings()
    told = {row["story"] for row in older}
    found = [*(row for row in newest if row["id"] not in told), *older]
    return {row["id"]: dict(row) | {"text": model_text(row["title"], row["body"])} for row in found}


def _candidate(row: Mapping[str, Any], alert: int | None, annotators: frozenset[str]) -> Candidate:
    first, second, _ = sorted((row["negative"], row["neutral"], row["positive"]), reverse=True)
    likely = {"margin": (first - second) / 1e6, "topic_p": row["topic_p"] / 1e6, "other": row["other"]}
    said = {name: row[name] for name in ("id", "published_at", "topic", "sentiment")}
    return Candidate(**said, **likely, alert=alert, annotators=annotators)


def _labelled(connection: Connection, hashes: list[str]) -> dict[str, list[str]]:
    return {row.text_hash: row.annotators for row in connection.execute(text(_LABELLED), {"hashes": hashes})}


def _judged(connection: Connection, stream: str, now: datetime) -> dict[str, int]:
    """By item, the newest alert of the last month that people judged false for it: it may have been misread."""
    found = connection.execute(text(_JUDGED + " ORDER BY id"), {"stream": stream, "since": now - MONTH})
    return {story["id"]: row.id for row in found for story in row.top or ()}


def _known(connection: Connection, stream: str, newest: datetime, now: datetime) -> Known:
    said = labels.stats(connection)
    given = {"stream": stream, "day": newest - DAY, "month": newest - MONTH}
    rows = list(connection.execute(text(_SHARES), given))
    lately, before = (sum(getattr(row, name) or 0 for row in rows) for name in ("lately", "before"))
    if not lately or not before:  # on a stream's first day nothing has grown
        rows = []
    shares = {row.key: ((row.lately or 0) / lately, (row.before or 0) / before) for row in rows}
    return Known(said["by_sentiment"] | said["by_topic"], shares, _drifting(connection, stream, now))


def _drifting(connection: Connection, stream: str, now: datetime) -> datetime | None:
    """Since when a stream is of another kind than its champion knows, where a test found that."""
    champion = models.champion(connection)
    found = drifts.standing(connection, champion.version, now) if champion else []
    since = (row["day"] - drifts.WEEK + DAY for row in found if row["stream"] == stream)
    return next((datetime.combine(day, time(), UTC) for day in since), None)
