"""How a model did in its exam: its answers to each set, and what was measured beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bearometer_training import evaluate
from bearometer_training.answers import Answer

GOLDEN, FRESH, BEHAVIOUR, BIAS = "golden", "fresh", "behaviour", "bias"
PERIOD = "period "  # and the id of the run that held these labels out
NEGATIVE = "negative"

Sets = Mapping[str, Sequence[Answer]]


@dataclass(frozen=True, slots=True)
class Parity:
    """How like its own fp32 graph the graph that serves is: share of equal sentiment labels, mean difference of the
    signed score. An fp32 graph that serves is its own."""

    agreement: float = 1.0
    drift: float = 0.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """A model's answers to every set, by name, and what was measured beside them.

    Of the hostile texts: the share whose scores are sane, and the share on which both graphs agree. `seconds`: for a
    fixed load, in the same run as the other model's.
    """

    sets: Sets
    parity: Parity = Parity()
    sane: float = 1.0
    alike: float = 1.0
    seconds: float = 1.0

    def frozen(self) -> list[Answer]:
        """The answers to the labels that judged before: the golden rows and all past periods."""
        return [a for name, found in self.sets.items() if name == GOLDEN or name.startswith(PERIOD) for a in found]

    def golden_accuracy(self) -> float:
        """Over both heads."""
        golden = self.sets[GOLDEN]
        return sum(answer.right for answer in golden) / len(golden)

    def negatives(self) -> list[Answer]:
        """The answers about what is truly negative, in labels and behaviour tests: their accuracy is the recall."""
        return [a for a in (*self.frozen(), *self.sets.get(BEHAVIOUR, ())) if a.truth == NEGATIVE]

    def figures(self) -> dict[str, Any]:
        """A few numbers for each set, to be stored with the run."""
        hostile = {"sane": self.sane, "alike": self.alike}
        measured = {"int8": asdict(self.parity), "hostile": hostile, "seconds": self.seconds}
        return {name: _brief(found) for name, found in self.sets.items()} | measured


def _brief(found: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Of each head `n` and `accuracy`, and how well it knows how sure to be."""
    heads = dict.fromkeys(answer.head for answer in found)
    return {head: _head([answer for answer in found if answer.head == head]) for head in heads}


def _head(found: Sequence[Answer]) -> dict[str, float]:
    counted = {"n": len(found), "accuracy": sum(answer.right for answer in found) / len(found)}
    if found[0].head in evaluate.LABELS:
        counted["ece"] = evaluate.calibration(found)
    return counted
