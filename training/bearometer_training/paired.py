"""How two models differ on the same questions, with paired bootstrap intervals.

Texts are drawn again with replacement, and both models are measured on each draw: Koehn (2004), "Statistical
significance tests for machine translation evaluation"; percentile intervals as in Efron and Tibshirani (1993), ch. 13.
A text is drawn with all its questions, since answers about one text depend on each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from bearometer_training.answers import Answer

RESAMPLES = 2000
SEED = 17


@dataclass(frozen=True, slots=True)
class Difference:
    """Accuracy of two models on `n` questions, and the interval that holds what the second has more."""

    n: int
    before: float
    after: float
    low: float
    high: float

    @property
    def change(self) -> float:
        return self.after - self.before


def compare(before: Sequence[Answer], after: Sequence[Answer], sure: float = 0.95) -> Difference:
    """The difference on one question at least, with a two-sided interval that is right `sure` of the time.

    Raises ValueError where the two were asked different questions.
    """
    if [(a.text, a.head, a.truth) for a in before] != [(a.text, a.head, a.truth) for a in after]:
        raise ValueError("the two models were asked different questions")
    place = {text: number for number, text in enumerate(dict.fromkeys(answer.text for answer in before))}
    where = [place[answer.text] for answer in before]
    was, now = (np.array([answer.right for answer in found], float) for found in (before, after))
    changes = _resampled(np.bincount(where, now - was), np.bincount(where))
    low, high = np.quantile(changes, [(1 - sure) / 2, (1 + sure) / 2])
    return Difference(len(before), float(was.mean()), float(now.mean()), float(low), float(high))


def _resampled(gains: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The change of accuracy in each resample, from each text's right answers gained and its questions."""
    drawn = _draws(len(gains))
    changes: np.ndarray = (drawn @ gains.astype(np.float32)) / (drawn @ counts.astype(np.float32))
    return changes


@lru_cache(maxsize=64)
def _draws(texts: int) -> np.ndarray:
    """How often each text is drawn, of shape (RESAMPLES, texts); the same ones each time."""
    drawn = np.random.default_rng(SEED).multinomial(texts, np.full(texts, 1 / texts), RESAMPLES)
    return drawn.astype(np.float32)
