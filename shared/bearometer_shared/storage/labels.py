"""Labels: what people say of texts. Nothing is overwritten; of one text the newest word on each head counts."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, null, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on

from bearometer_shared.errors import UserError
from bearometer_shared.storage.learning_tables import Label
from bearometer_shared.storage.session import wake
from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_shared.text import clean, model_text

Key = tuple[str, str, str | None, str | None, str]


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label to store: a text and its sentiment, its topic or both. Raises UserError where it says nothing known."""

    text: str
    sentiment: str | None
    topic: str | None
    annotator: str
    note: str = ""
    model_version: str | None = None
    model_said: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if not model_text(clean(self.text)):
            raise UserError("text: missing or empty")
        if self.sentiment is None and self.topic is None:
            raise UserError("neither sentiment nor topic")
        if self.sentiment not in (None, *SENTIMENTS):
            raise UserError(f"unknown sentiment {self.sentiment!r}; known: {', '.join(SENTIMENTS)}")
        if self.topic not in (None, *TOPICS):
            raise UserError(f"unknown topic {self.topic!r}; known: {', '.join(TOPICS)}")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text with the newest label of each head, and the ids of all labels that it has."""

    text: str
    sentiment: str | None
    topic: str | None
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """The labels that no run has used yet: how many, and the oldest one's id and time."""

    count: int
    oldest: int
    since: datetime


def add(connection: Connection, labels: Sequence[NewLabel], at: datetime) -> list[int]:
    """Stores labels and returns their ids in order. What an annotator's newest label says already is not repeated."""
    rows = [_row(label, at) for label in labels]
    ids = _said_already(connection, [row["text_hash"] for row in rows])
    new = {key: row for row in rows if (key := _key(row)) not in ids}
    if new:
        statement = insert(Label).returning(Label.id, sort_by_parameter_order=True)
        ids |= dict(zip(new, connection.execute(statement, list(new.values())).scalars(), strict=True))
        wake(connection)
    return [ids[_key(row)] for row in rows]


def fresh(connection: Connection) -> list[Labelled]:
    """Texts with at least one label that no run has used yet, oldest first."""
    return _newest_words(connection, used=False)


def earlier(connection: Connection) -> list[Labelled]:
    """Texts whose labels have all been used by a run, oldest first."""
    return _newest_words(connection, used=True)


def waiting(connection: Connection) -> Waiting | None:
    """What waits for a run; None where nothing does."""
    query = select(func.count(), func.min(Label.id), func.min(Label.created_at)).where(Label.run_id.is_(None))
    row = connection.execute(query).one()
    return Waiting(*row) if row[0] else None


def mark_used(connection: Connection, ids: Iterable[int], run_id: int) -> None:
    """Notes which run used these labels."""
    unused = Label.run_id.is_(None)
    connection.execute(update(Label).where(Label.id.in_(list(ids)), unused).values(run_id=run_id))


def stats(connection: Connection) -> dict[str, Any]:
    """How many labels there are: `fresh`, `total`, `by_sentiment`, `by_topic`."""
    fresh_count = func.count().filter(Label.run_id.is_(None))
    total, unused = connection.execute(select(func.count(), fresh_count).select_from(Label)).one()
    return {
        "fresh": unused,
        "total": total,
        "by_sentiment": _counts(connection, Label.sentiment),
        "by_topic": _counts(connection, Label.topic),
    }


def export(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every label, oldest first, as the fields of a label file."""
    columns = (Label.text, Label.sentiment, Label.topic, Label.annotator, Label.note, Label.created_at)
    for row in connection.execute(select(*columns).order_by(Label.id)).mappings():
        yield {name: value for name, value in row.items() if value not in (None, "")}


def text_hash(text: str) -> str:
    """What labels of one text share: `text` is as the model reads it, upper and lower case are one."""
    return hashlib.sha256(text.casefold().encode()).hexdigest()[:32]


def _row(label: NewLabel, at: datetime) -> dict[str, Any]:
    text = model_text(clean(label.text))
    return {
        "text": text,
        "text_hash": text_hash(text),
        "sentiment": label.sentiment,
        "topic": label.topic,
        "annotator": clean(label.annotator),
        "note": clean(label.note),
        "model_version": label.model_version,
        "model_said": label.model_said if label.model_said is not None else null(),
        "created_at": at,
    }


def _key(row: dict[str, Any]) -> Key:
    return row["text_hash"], row["annotator"], row["sentiment"], row["topic"], row["note"]


def _said_already(connection: Connection, hashes: Sequence[str]) -> dict[Key, int]:
    columns = (Label.text_hash, Label.annotator, Label.sentiment, Label.topic, Label.note, Label.id)
    newest = select(*columns).ext(distinct_on(Label.text_hash, Label.annotator)).where(Label.text_hash.in_(hashes))
    found = connection.execute(newest.order_by(Label.text_hash, Label.annotator, Label.id.desc()))
    return {(r.text_hash, r.annotator, r.sentiment, r.topic, r.note): r.id for r in found}


def _newest_words(connection: Connection, *, used: bool) -> list[Labelled]:
    newest_first = Label.id.desc()
    columns = (
        func.array_agg(aggregate_order_by(Label.text, newest_first))[1].label("text"),
        func.array_agg(aggregate_order_by(Label.sentiment, newest_first)).label("sentiments"),
        func.array_agg(aggregate_order_by(Label.topic, newest_first)).label("topics"),
        func.array_agg(Label.id).label("ids"),
    )
    unused = func.bool_or(Label.run_id.is_(None))
    grouped = select(*columns).group_by(Label.text_hash).having(~unused if used else unused)
    return [_labelled(row) for row in connection.execute(grouped.order_by(func.min(Label.id)))]


def _labelled(row: Row[Any]) -> Labelled:
    return Labelled(row.text, _first(row.sentiments), _first(row.topics), tuple(row.ids))


def _first(words: Sequence[str | None]) -> str | None:
    return next((word for word in words if word is not None), None)


def _counts(connection: Connection, column: Any) -> dict[str, int]:
    query = select(column, func.count()).where(column.is_not(None)).group_by(column).order_by(func.count().desc())
    return {row[0]: row[1] for row in connection.execute(query)}
