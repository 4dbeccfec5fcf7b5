"""What a model answered, question by question: what reports count, and what two models are compared by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from bearometer_training.data import Row

if TYPE_CHECKING:
    from bearometer_shared.inference.engine import Opinion, Score  # the model runtime, which comparing does not need


class Scorer(Protocol):
    """What is measured: an engine, or a fake."""

    def score(self, texts: Sequence[str]) -> "list[Score]": ...

    def towards(self, pairs: Sequence[tuple[str, str]]) -> "list[Opinion]": ...


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer beside the truth. `head` is sentiment, topic or entity, or the capability that a test is of;
    `confidence` from 0 to 1."""

    text: str
    head: str
    truth: str
    said: str
    confidence: float = 1.0

    @property
    def right(self) -> bool:
        return self.truth == self.said


def answers(engine: Scorer, rows: Sequence[Row]) -> list[Answer]:
    """An answer for each label that `rows` carry: all sentiments, then all topics, then those towards entities."""
    singles = [row for row in rows if row.sentiment or row.topic]
    scored = list(zip(singles, engine.score([row.text for row in singles]), strict=True))
    pairs = [(row.text, name, label) for row in rows for name, label in row.entities]
    opinions = zip(pairs, engine.towards([(text, name) for text, name, _ in pairs]), strict=True)
    return [
        *(Answer(r.text, "sentiment", r.sentiment, s.sentiment, _confidence(s)) for r, s in scored if r.sentiment),
        *(Answer(r.text, "topic", r.topic, s.topic, s.topic_p / 1e6) for r, s in scored if r.topic),
        *(Answer(text, "entity", label, o.sentiment, _confidence(o)) for (text, _, label), o in opinions),
    ]


def _confidence(opinion: "Opinion") -> float:
    return max(opinion.negative, opinion.neutral, opinion.positive) / 1e6
