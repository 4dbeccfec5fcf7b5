"""Skips: texts that an annotator would rather not label. Rows that are never changed, like labels."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from bearometer_shared.errors import UserError
from bearometer_shared.storage.learning_tables import LabelSkip
from bearometer_shared.storage.new_label import text_hash
from bearometer_shared.text import clean, model_text


@dataclass(frozen=True, slots=True)
class NewSkip:
    """A text, who skips it, and why. Raises UserError where there is no text."""

    text: str
    annotator: str
    note: str = ""

    def __post_init__(self) -> None:
        if not model_text(clean(self.text)):
            raise UserError("text: missing or empty")


def add(connection: Connection, skip: NewSkip, at: datetime) -> int:
    """Stores a skip and returns its id."""
    words = {"text": model_text(clean(skip.text)), "annotator": clean(skip.annotator), "note": clean(skip.note)}
    row = words | {"text_hash": text_hash(skip.text), "at": at}
    return connection.execute(insert(LabelSkip).values(row).returning(LabelSkip.id)).scalar_one()


def skipped(connection: Connection, annotator: str) -> set[str]:
    """The hashes of the texts that an annotator has skipped (`new_label.text_hash`)."""
    query = select(LabelSkip.text_hash).where(LabelSkip.annotator == clean(annotator))
    return set(connection.execute(query).scalars())
