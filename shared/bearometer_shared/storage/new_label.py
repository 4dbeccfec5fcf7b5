"""A label as it comes: what it must say, and the row that it becomes."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import null

from bearometer_shared.errors import UserError
from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_shared.text import clean, model_text


@dataclass(frozen=True, slots=True)
class NewLabel:
    """A label to store: a text and its sentiment, its topic or both. Raises UserError where it says nothing known.

    With an `entity` the sentiment is the one towards it. `said_at` is when it was said, where that was not just now.
    """

    text: str
    sentiment: str | None
    topic: str | None
    annotator: str
    note: str = ""
    model_version: str | None = None
    model_said: dict[str, Any] | None = None
    guideline: str = ""
    adjudicated: bool = False
    said_at: datetime | None = None
    entity: str = ""

    def __post_init__(self) -> None:
        if not model_text(clean(self.text)):
            raise UserError("text: missing or empty")
        if self.sentiment is None and self.topic is None:
            raise UserError("neither sentiment nor topic")
        if self.entity and self.topic is not None:
            raise UserError(f"a topic is the whole text's; of {self.entity!r} give the sentiment alone")
        if self.sentiment not in (None, *SENTIMENTS):
            raise UserError(f"unknown sentiment {self.sentiment!r}; known: {', '.join(SENTIMENTS)}")
        if self.topic not in (None, *TOPICS):
            raise UserError(f"unknown topic {self.topic!r}; known: {', '.join(TOPICS)}")


def text_hash(text: str, entity: str = "") -> str:
    """The key of a text as the model reads it, or of an entity in it; upper and lower case are the same."""
    spoken_of = "\n".join(filter(None, (model_text(clean(text)), clean(entity))))
    return hashlib.sha256(spoken_of.casefold().encode()).hexdigest()[:32]


def as_row(label: NewLabel, at: datetime) -> dict[str, Any]:
    """The columns of a label that comes at a moment."""
    return {
        "text": model_text(clean(label.text)),
        "text_hash": text_hash(label.text, label.entity),
        "entity": clean(label.entity),
        "sentiment": label.sentiment,
        "topic": label.topic,
        "annotator": clean(label.annotator),
        "note": clean(label.note),
        "guideline": clean(label.guideline),
        "adjudicated": label.adjudicated,
        "model_version": clean(label.model_version or "") or None,
        "model_said": label.model_said if label.model_said is not None else null(),
        "created_at": label.said_at or at,
    }
