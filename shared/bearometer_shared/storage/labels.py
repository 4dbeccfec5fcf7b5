"""Labels: what people say of texts. Nothing is overwritten; `label_words` says whose word on each head counts."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, exists, func, insert, select, update

from bearometer_shared.storage import label_words
from bearometer_shared.storage.learning_tables import Label
from bearometer_shared.storage.new_label import NewLabel, as_row, text_hash
from bearometer_shared.storage.session import wake

SPOKEN = ("sentiment", "topic", "note", "guideline")
Speaker = tuple[str, str | None]  # a text, and who speaks of it: an annotator, or None for adjudication


class Said(NamedTuple):
    """What a speaker once said of a text: when, the words, and the label's id."""

    at: datetime
    words: tuple[Any, ...]
    id: int


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text, or an entity in it, with the word that counts of each head, and the ids of all labels of it that are not
    contested."""

    text: str
    sentiment: str | None
    topic: str | None
    ids: tuple[int, ...]
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The labels that no run has used yet: how many, and the oldest one's id and time."""

    count: int
    oldest: int
    since: datetime


def add(connection: Connection, labels: Sequence[NewLabel], at: datetime) -> list[int]:
    """Stores labels and returns their ids in order. What an annotator's newest label by then says already is not
    repeated, nor what the newest adjudication of a text says."""
    rows = [as_row(label, at) for label in labels]
    history, new, places = _history(connection, [row["text_hash"] for row in rows]), [], []
    for row in rows:
        words = tuple(row[name] for name in SPOKEN)
        said = history.setdefault(_speaker(row), [])
        place = bisect_right(said, row["created_at"], key=lambda one: one.at)
        if not place or said[place - 1].words != words:
            new.append(row)
            said.insert(place, Said(row["created_at"], words, -len(new)))  # the id follows
            place += 1
        places.append(said[place - 1].id)
    ids = _insert(connection, new)
    return [place if place > 0 else ids[-place - 1] for place in places]


def known(connection: Connection, text: str, entity: str = "") -> bool:
    """Whether anybody has labelled this text, or this entity in it."""
    return connection.execute(select(exists().where(Label.text_hash == text_hash(text, entity)))).scalar_one()


def fresh(connection: Connection) -> list[Labelled]:
    """Texts with at least one label that no run has used yet, oldest first, but not where all of it is contested."""
    return _newest_words(connection, used=False)


def earlier(connection: Connection) -> list[Labelled]:
    """Texts whose labels have all been used by a run, oldest first."""
    return _newest_words(connection, used=True)


def waiting(connection: Connection) -> Waiting | None:
    """What waits for a run; None where nothing does. Contested labels wait for adjudication first."""
    query = select(func.count(), func.min(Label.id), func.min(Label.created_at)).where(Label.run_id.is_(None))
    row = connection.execute(query.where(label_words.counts())).one()
    return Waiting(*row) if row[0] else None


def mark_used(connection: Connection, ids: Iterable[int], run_id: int) -> None:
    """Notes which run used these labels."""
    unused = Label.run_id.is_(None)
    connection.execute(update(Label).where(Label.id.in_(list(ids)), unused).values(run_id=run_id))


def stats(connection: Connection) -> dict[str, Any]:
    """How many labels there are: `fresh`, `total`, `by_sentiment`, `by_topic`; and `disputed` texts."""
    fresh_count = func.count().filter(Label.run_id.is_(None))
    total, unused = connection.execute(select(func.count(), fresh_count).select_from(Label)).one()
    return {
        "fresh": unused,
        "total": total,
        "disputed": label_words.disputed(connection),
        "by_sentiment": _counts(connection, Label.sentiment),
        "by_topic": _counts(connection, Label.topic),
    }


def export(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every label, oldest first, as the fields of a label file, which training reads too."""
    said = (Label.text, Label.entity, Label.sentiment, Label.topic, Label.annotator)
    context = (Label.guideline, Label.adjudicated, Label.note, Label.model_version, Label.model_said)
    columns = (*said, *context, Label.created_at)
    for row in connection.execute(select(*columns).order_by(Label.id)).mappings():
        told = {name: value for name, value in row.items() if value not in (None, "", False)}
        if entity := told.pop("entity", ""):
            told["entities"] = {entity: told.pop("sentiment")}
        yield told


def _speaker(row: dict[str, Any]) -> Speaker:
    return row["text_hash"], None if row["adjudicated"] else row["annotator"]


def _history(connection: Connection, hashes: Sequence[str]) -> dict[Speaker, list[Said]]:
    """What each speaker has said of these texts, oldest first."""
    words = (Label.sentiment, Label.topic, Label.note, Label.guideline)
    columns = (Label.text_hash, case((~Label.adjudicated, Label.annotator)), Label.created_at, Label.id, *words)
    query = select(*columns).where(Label.text_hash.in_(hashes)).order_by(Label.created_at, Label.id)
    history: dict[Speaker, list[Said]] = {}
    for text, annotator, at, id, *said in connection.execute(query):
        history.setdefault((text, annotator), []).append(Said(at, tuple(said), id))
    return history


def _insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> Sequence[int]:
    if not rows:
        return ()
    wake(connection)
    statement = insert(Label).returning(Label.id, sort_by_parameter_order=True)
    return connection.execute(statement, rows).scalars().all()


def _newest_words(connection: Connection, *, used: bool) -> list[Labelled]:
    columns = (
        label_words.newest(Label.text).label("text"),
        label_words.settled(Label.sentiment).label("sentiment"),
        label_words.settled(Label.topic).label("topic"),
        func.array_agg(Label.id).filter(label_words.counts()).label("ids"),
        label_words.newest(Label.entity).label("entity"),
    )
    unused = func.bool_or(Label.run_id.is_(None))
    grouped = select(*columns).group_by(Label.text_hash).having(~unused if used else unused)
    found = connection.execute(grouped.order_by(func.min(Label.id)))
    return [
        Labelled(row.text, row.sentiment, row.topic, tuple(row.ids or ()), row.entity)
        for row in found
        if row.sentiment or row.topic
    ]


def _counts(connection: Connection, column: Any) -> dict[str, int]:
    query = select(column, func.count()).where(column.is_not(None)).group_by(column).order_by(func.count().desc())
    return {row[0]: row[1] for row in connection.execute(query)}
