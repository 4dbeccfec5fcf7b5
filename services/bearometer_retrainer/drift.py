"""Two tests of whether the newest days are news of another kind than the days before: of answers, and of embeddings.

Both ask how far the mean of the recent days lies from that of the reference, and how often days that are dealt out
anew lie as far apart (a permutation test: Phipson and Smyth 2010). Whole days are dealt, since the stories of a day are
no independent draws; weekends among themselves, since their news is of a kind of its own. For answers the distance is
the chi-square distance of their shares. For embeddings it is the maximum mean discrepancy (Gretton et al. 2012) between
what the served model's heads say of a sample of texts, in logarithms: of what can be asked of a classifier this shows
a shift best (Rabanser, Günnemann and Lipton 2019).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from math import comb, prod

import numpy as np

DEALS = 20_000
SMALLEST = 1e-6  # a probability; below it the logarithm tells of rounding
SATURDAY = 5
Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Days:
    """Of each day compared, whether it is recent and whether it is one of a weekend."""

    recent: tuple[bool, ...]
    weekend: tuple[bool, ...]

    @classmethod
    def of(cls, days: Sequence[date], split: date) -> "Days":
        """Days after `split` are recent."""
        return cls(tuple(day > split for day in days), tuple(day.weekday() >= SATURDAY for day in days))

    def enough(self, level: float) -> bool:
        """Whether they can be dealt in ways enough for a p-value below `level`."""
        kinds = (self._recent_of(weekend) for weekend in (False, True))
        ways = prod(comb(len(recent), sum(recent)) for recent in kinds)
        return any(self.recent) and not all(self.recent) and ways * level >= 2

    def deals(self) -> Array:
        """Which days are recent, of shape (1 + DEALS, days): in truth, then as they are dealt out."""
        keys = np.random.default_rng(0).random((DEALS, len(self.recent)))
        dealt = np.zeros(keys.shape, bool)
        for kind in (False, True):
            of_kind = np.asarray(self.weekend) == kind
            dealt[:, of_kind] = keys[:, of_kind].argsort(1).argsort(1) < sum(self._recent_of(kind))
        return np.vstack([self.recent, dealt])

    def _recent_of(self, kind: bool) -> list[bool]:
        return [recent for recent, weekend in zip(self.recent, self.weekend, strict=True) if weekend == kind]


@dataclass(frozen=True, slots=True)
class Found:
    """How far the windows are apart, and the share of deals that lie as far apart at least."""

    distance: float
    p_value: float


def of_answers(counts: Array, sizes: Array, days: Days) -> Found:
    """`counts` of each answer, int of shape (days, answers), among the `sizes` stories of a day, at least one."""
    seen = counts[:, counts.sum(0) > 0]
    scaled = seen / np.sqrt(seen.sum(0) / sizes.sum())
    return _test(scaled @ scaled.T, sizes, days)


def of_embeddings(embeddings: Array, day_of: Sequence[int], days: Days) -> Found:
    """`embeddings`, float of shape (texts, width), and the number of each one's day; each day has one at least."""
    members = np.eye(len(days.recent))[list(day_of)]
    return _test(members.T @ _kernel(embeddings) @ members, members.sum(0), days)


def embedding(*shares: Array) -> Array:
    """What a classifier's heads say of texts, as their embedding: log probabilities, centred for each head."""
    logs = [np.log(np.maximum(head, SMALLEST)) for head in shares]
    return np.hstack([log - log.mean(1, keepdims=True) for log in logs])


def _test(products: Array, sizes: Array, days: Days) -> Found:
    """`products` are the sums of the products of all pairs of items, of shape (days, days)."""
    near, *others = _distances(products, sizes, _deals(days))
    as_far = int(np.sum(np.asarray(others) >= near * (1 - 1e-9)))
    return Found(float(near), (1 + as_far) / (1 + DEALS))


def _distances(products: Array, sizes: Array, recent: Array) -> Array:
    """The squared distance between the means of the windows, for each row of `recent`."""
    weights = recent / (recent @ sizes)[:, None] - ~recent / (~recent @ sizes)[:, None]
    found: Array = np.einsum("nd,nd->n", weights @ products, weights)
    return found


def _kernel(embeddings: Array) -> Array:
    """Gaussian, as wide as the median distance of two texts, in units of each coordinate's spread."""
    units = embeddings / np.maximum(embeddings.std(0), SMALLEST)
    lengths = (units**2).sum(1)
    squares = np.maximum(lengths[:, None] + lengths - 2 * units @ units.T, 0)
    found: Array = np.exp(-squares / max(float(np.median(squares)), SMALLEST))
    return found


@lru_cache(1)
def _deals(days: Days) -> Array:
    return days.deals()
