"""From rows to what the model is shown: single texts, and a pair for each entity; and their batches."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bearometer_shared.inference.encoding import Input
from bearometer_training.data import Row

POOL = 50  # batches that are sorted by length together: padding costs time and teaches nothing


@dataclass(frozen=True, slots=True)
class Example:
    """One input with what is known of it. A pair carries `towards`, a single text the other two.

    `soft`: what teachers say, class probabilities by the name of the head; `weight`: what the labels count in the loss.
    """

    input: Input
    sentiment: str | None = None
    topic: str | None = None
    towards: str | None = None
    soft: Mapping[str, Sequence[float]] = field(default_factory=dict)
    weight: float = 1.0

    @property
    def is_pair(self) -> bool:
        return isinstance(self.input, tuple)

    def label(self, head: str) -> str | None:
        """The label for one of the model's heads."""
        return {"sentiment": self.sentiment, "topic": self.topic, "entity": self.towards}[head]


def examples(rows: Sequence[Row]) -> list[Example]:
    """What rows teach. A text whose entities all fare alike teaches its own sentiment too, if it carries none."""
    singles = [Example(row.text, row.sentiment or _shared(row), row.topic, weight=row.weight) for row in rows]
    pairs = [
        Example((row.text, name), towards=label, weight=row.weight) for row in rows for name, label in row.entities
    ]
    return [example for example in singles if example.sentiment or example.topic] + pairs


def _shared(row: Row) -> str | None:
    labels = {label for _, label in row.entities}
    return labels.pop() if len(labels) == 1 else None


def hold_out(found: Sequence[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Examples to learn from, and a random share to stop by."""
    order = list(found)
    random.Random(0).shuffle(order)  # noqa: S311 - reproducible, no secret
    held = round(len(order) * share)
    return order[held:], order[:held]


def batches(found: Sequence[Example], size: int, rng: random.Random) -> Iterator[list[Example]]:
    """Shuffled batches of inputs of one kind and of like length."""
    order = list(found)
    rng.shuffle(order)
    groups = [group for kind in (False, True) for group in _groups([e for e in order if e.is_pair is kind], size)]
    rng.shuffle(groups)
    yield from groups


def _groups(order: Sequence[Example], size: int) -> Iterator[list[Example]]:
    for start in range(0, len(order), size * POOL):
        pool = sorted(order[start : start + size * POOL], key=lambda e: len("".join(e.input)))
        yield from (pool[i : i + size] for i in range(0, len(pool), size))


def count(found: Sequence[Example], size: int) -> int:
    """How many batches an epoch has."""
    pairs = sum(example.is_pair for example in found)
    return -(-pairs // size) + -(-(len(found) - pairs) // size)
