"""Whose word counts where several annotators speak of one text; each head (sentiment, topic) for itself.

The newest adjudicated word counts; without one, the word on which all annotators' newest words agree. Where they
disagree the head is contested: it says nothing until somebody adjudicates or gives in.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on

from bearometer_shared.storage.learning_tables import Label

HEADS = {"sentiment": Label.sentiment, "topic": Label.topic}
NEWEST = (Label.created_at.desc(), Label.id.desc())  # by when it was said: an old file may be read in today


def newest(column: Any, *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    """Of a group of labels the newest value of a column, an adjudicated one first; null where all are."""
    weightiest = aggregate_order_by(column, Label.adjudicated.desc(), *NEWEST)
    return func.array_agg(weightiest).filter(column.is_not(None), *conditions)[1]


def settled(head: Any) -> ColumnElement[Any]:
    """Of the labels of one text the word that counts; null where nobody says any and where it is contested."""
    return newest(head, Label.text_hash.not_in(_contested(head)))


def counts() -> ColumnElement[bool]:
    """Whether nothing that a label says is contested. The others stay fresh."""
    return and_(*(or_(head.is_(None), Label.text_hash.not_in(_contested(head))) for head in HEADS.values()))


def disputed(connection: Connection) -> int:
    """How many texts wait for adjudication."""
    return connection.execute(select(func.count(Label.text_hash.distinct())).where(_waits())).scalar_one()


def disagreements(connection: Connection, limit: int) -> list[dict[str, Any]]:
    """Texts that wait for adjudication, oldest first: `text`, `entity`, the contested `heads`, and in `words` each
    annotator's newest `sentiment`, `topic`, `guideline` and `note`, and when they last spoke (`at`)."""
    contested = (func.bool_or(Label.text_hash.in_(_contested(head))).label(name) for name, head in HEADS.items())
    named = (newest(column).label(column.key) for column in (Label.text, Label.entity))
    texts = select(Label.text_hash, *named, *contested).where(_waits())
    found = connection.execute(texts.group_by(Label.text_hash).order_by(func.min(Label.id)).limit(limit)).all()
    waiting = {
        row.text_hash: {
            "text": row.text,
            "entity": row.entity,
            "heads": [name for name in HEADS if getattr(row, name)],
            "words": [],
        }
        for row in found
    }
    for spoken in _spoken(connection, list(waiting)):
        waiting[spoken.pop("text_hash")]["words"].append(spoken)
    return list(waiting.values())


def independent(connection: Connection, head: str) -> list[dict[str, str]]:
    """Of each text that several annotators labelled, their newest words. Adjudications are none: who makes one has seen
    what the others said."""
    column = HEADS[head]
    latest = select(Label.text_hash, Label.annotator, column.label("word"))
    latest = latest.ext(distinct_on(Label.text_hash, Label.annotator)).where(column.is_not(None), ~Label.adjudicated)
    units: dict[str, dict[str, str]] = {}
    for row in connection.execute(latest.order_by(Label.text_hash, Label.annotator, *NEWEST)):
        units.setdefault(row.text_hash, {})[row.annotator] = row.word
    return [said for said in units.values() if len(said) > 1]


def _contested(head: Any) -> Select[tuple[str]]:
    """Only among texts with unused labels: who starts a dispute says something new, and it stays unused until the
    dispute ends."""
    unused = select(Label.text_hash).where(Label.run_id.is_(None))
    adjudicated = select(Label.text_hash).where(Label.adjudicated, head.is_not(None))
    latest = select(Label.text_hash, head.label("word")).ext(distinct_on(Label.text_hash, Label.annotator))
    latest = latest.where(head.is_not(None), Label.text_hash.in_(unused), Label.text_hash.not_in(adjudicated))
    words = latest.order_by(Label.text_hash, Label.annotator, *NEWEST).subquery()
    return select(words.c.text_hash).group_by(words.c.text_hash).having(func.count(words.c.word.distinct()) > 1)


def _waits() -> ColumnElement[bool]:
    return or_(*(Label.text_hash.in_(_contested(head)) for head in HEADS.values()))


def _spoken(connection: Connection, hashes: list[str]) -> list[dict[str, Any]]:
    columns = (Label.sentiment, Label.topic, Label.guideline, Label.note)
    last = (newest(column).label(column.key) for column in columns)
    spoken = select(Label.text_hash, Label.annotator, *last, func.max(Label.created_at).label("at"))
    spoken = spoken.where(Label.text_hash.in_(hashes), ~Label.adjudicated)
    grouped = spoken.group_by(Label.text_hash, Label.annotator).order_by(func.min(Label.id))
    return [dict(row) for row in connection.execute(grouped).mappings()]
