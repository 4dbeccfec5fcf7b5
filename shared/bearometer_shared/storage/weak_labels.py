"""Weak labels: what rules say of texts that nobody has read. What people say of a text counts instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, delete, func, insert, select, text

from bearometer_shared.storage.labels import Labelled
from bearometer_shared.storage.learning_tables import Label, WeakLabel
from bearometer_shared.storage.new_label import text_hash
from bearometer_shared.text import model_text

MOST = 10_000  # of the newest that a run draws from
_STORIES = """
    SELECT title, left(body, 1000) FROM articles WHERE stream = :stream AND story = id
    ORDER BY published_at DESC, id LIMIT :limit
"""
_ARRIVED = """
    SELECT title, left(body, 1000) FROM articles WHERE stored_at <= :before AND story = id
    ORDER BY stored_at DESC, stream, id LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class NewWeakLabel:
    """A text as the model reads it, and what a rule says of it: sentiment, topic or both."""

    text: str
    sentiment: str | None
    topic: str | None


def texts(connection: Connection, stream: str, limit: int) -> list[str]:
    """The newest stories of a stream, each as the model reads its first item. No text twice."""
    found = connection.execute(text(_STORIES), {"stream": stream, "limit": limit})
    return list(dict.fromkeys(words for title, body in found if (words := model_text(title, body))))


def unread(connection: Connection, before: datetime, limit: int) -> list[str]:
    """The newest stories over all streams that were stored by a time and that nobody has labelled."""
    found = connection.execute(text(_ARRIVED), {"before": before, "limit": limit})
    by_hash = {text_hash(words): words for title, body in found if (words := model_text(title, body))}
    labelled = connection.execute(select(Label.text_hash).where(Label.text_hash.in_(list(by_hash)))).scalars()
    known = set(labelled)
    return [words for hash, words in by_hash.items() if hash not in known]


def replace(connection: Connection, rule: str, read: Sequence[str], said: Sequence[NewWeakLabel], at: datetime) -> None:
    """Stores what a rule says of the texts that it has `read` now, in place of what it said of them before."""
    hashes = [text_hash(words) for words in read]
    connection.execute(delete(WeakLabel).where(WeakLabel.rule == rule, WeakLabel.text_hash.in_(hashes)))
    rows = {text_hash(one.text): one for one in said}
    if rows:
        connection.execute(insert(WeakLabel), [_row(rule, hash, one, at) for hash, one in rows.items()])


def remove(connection: Connection, rule: str) -> int:
    """Forgets all that a rule has said, and tells how much that was."""
    return connection.execute(delete(WeakLabel).where(WeakLabel.rule == rule)).rowcount


def counts(connection: Connection) -> dict[str, int]:
    """How many texts each rule speaks of."""
    query = select(WeakLabel.rule, func.count()).group_by(WeakLabel.rule).order_by(WeakLabel.rule)
    return {row.rule: row[1] for row in connection.execute(query)}


def agreed(connection: Connection) -> list[Labelled]:
    """The newest texts that nobody has labelled, oldest first, with what all rules that speak of one agree on."""
    heads = [_unanimous(head).label(head.key) for head in (WeakLabel.sentiment, WeakLabel.topic)]
    spoken = select(func.min(WeakLabel.text).label("text"), *heads)
    unread = WeakLabel.text_hash.not_in(select(Label.text_hash))
    newest = spoken.where(unread).group_by(WeakLabel.text_hash).order_by(func.max(WeakLabel.at).desc(), "text")
    found = connection.execute(newest.limit(MOST)).all()
    return [Labelled(row.text, row.sentiment, row.topic, ()) for row in reversed(found) if row.sentiment or row.topic]


def _unanimous(head: Any) -> Any:
    return case((func.count(head.distinct()) == 1, func.min(head)))


def _row(rule: str, hash: str, said: NewWeakLabel, at: datetime) -> dict[str, Any]:
    words = {"text": said.text, "sentiment": said.sentiment, "topic": said.topic}
    return {"rule": rule, "text_hash": hash, "at": at, **words}
