"""What is usual for a key: negative items per item of the stream, over-dispersed, decayed in event time.

News follows the clock and the calendar, so a key's negatives are not counted per hour but per item of the whole stream
in that hour (its exposure): a busy morning, a week-end and an outage then need no seasons of their own. Hours are
independent blocks; the sums below are all that is kept of them, so that an hour without the key costs nothing.

Gamma-Poisson with a method-of-moments dispersion: Lawless, "Negative binomial and mixed Poisson regression", 1987.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.special import betainc  # type: ignore[import-untyped]  # scipy ships no types

Figure: TypeAlias = Any  # a float, or an array with one for each of several keys: the same arithmetic, to the last bit

PRIOR_COUNT = 0.5  # the prior rate weighs as much as half a negative item
PRIOR_ITEMS = 10.0  # what is believed of a dimension before it is seen weighs as much as ten items
PRIOR_HOURS = 10.0  # the prior dispersion weighs as much as ten hours with one expected item each
BURST_HOURS = 0.3  # what bursts do in the dimension weighs as much as a third of such an hour
PRIOR_SINGLES = 20.0  # that items come one by one is believed as if twenty had


@dataclass
class Exposure:
    """Items of a whole stream in the hours learned: their decayed sum, and the sum of their squares."""

    hour: int = 0
    items: float = 0.0
    squares: float = 0.0

    def learn(self, items: int, hour: int, half_life: float) -> None:
        fade = 0.5 ** ((hour - self.hour) / half_life)
        self.hour, self.items, self.squares = hour, self.items * fade + items, self.squares * fade + items * items

    def without(self, own: Figure, items: int, rate: Figure) -> tuple[Figure, Figure]:
        """The items that a key's negatives are judged among, in a window of so many: what the others let expect, or a
        usual hour's. A spike that fills a quiet hour by itself would else make itself expected.

        And the dispersion that comes with not knowing better: of Bernoulli trials with n others, the number of negative
        ones is negative binomial of size n + 1.
        """
        usual = self.squares / self.items if self.items else items
        others = np.maximum(items - own, usual * (1 - rate))
        return np.minimum(items, others / (1 - rate)), 1 / (others + 1)


@dataclass
class Baseline:
    """Negatives of a key in the hours learned: decayed sum, sum of squares, sum of products with the exposure."""

    hour: int = 0
    negatives: Figure = 0.0
    squares: Figure = 0.0
    products: Figure = 0.0

    def learn(self, negatives: float, items: int, hour: int, half_life: float) -> None:
        past = self.at(hour, half_life)
        self.hour, self.negatives = hour, past.negatives + negatives
        self.squares, self.products = past.squares + negatives * negatives, past.products + negatives * items

    def at(self, hour: int, half_life: float) -> "Baseline":
        """The same, decayed to a later hour. The original stays, so that looking never changes a result."""
        fade = 0.5 ** ((hour - self.hour) / half_life)
        return Baseline(hour, self.negatives * fade, self.squares * fade, self.products * fade)


@dataclass
class Pool:
    """A dimension's keys taken together: negatives, and of its quiet keys how many came singly and how many in pairs.

    From it a new key, or one too quiet to tell, takes its rate and how much its items come in bursts.
    """

    hour: int = 0
    negatives: float = 0.0
    singles: float = 0.0
    pairs: float = 0.0

    def learn(self, negatives: float, singles: float, pairs: float, hour: int, half_life: float) -> None:
        past = self.at(hour, half_life)
        self.hour, self.negatives = hour, past.negatives + negatives
        self.singles, self.pairs = past.singles + singles, past.pairs + pairs

    def at(self, hour: int, half_life: float) -> "Pool":
        fade = 0.5 ** ((hour - self.hour) / half_life)
        return Pool(hour, self.negatives * fade, self.singles * fade, self.pairs * fade)

    def rate(self, default: float, keys: int, exposure: Exposure) -> float:
        """Negatives per item that one of the dimension's `keys` has on average."""
        return (self.negatives + default * PRIOR_ITEMS) / (exposure.items * max(keys, 1) + PRIOR_ITEMS)

    def burst(self) -> float:
        """How far the variance of a quiet key exceeds its mean, as a multiple of the mean."""
        return max(0.0, self.pairs / (self.singles + PRIOR_SINGLES))


def rate(baseline: Baseline, exposure: Exposure, prior: Figure) -> Figure:
    """Negatives per item, drawn towards the prior as far as little is known."""
    return (baseline.negatives + PRIOR_COUNT) / (exposure.items + PRIOR_COUNT / prior)


def dispersion(baseline: Baseline, exposure: Exposure, rate: Figure, prior: Figure, burst: Figure) -> Figure:
    """Over-dispersion of an hour's count, by moments: the sum of (y - rate e)^2 - rate e, against that of (rate e)^2.

    Drawn towards the prior; the less is known of the key, the more is added for the bursts of its dimension.
    """
    excess = baseline.squares - 2 * rate * baseline.products + rate * rate * exposure.squares - rate * exposure.items
    means = rate * rate * exposure.squares
    usual = rate * exposure.squares / exposure.items if exposure.items else rate
    bursts = burst / usual * BURST_HOURS / (means + BURST_HOURS)
    return (excess + PRIOR_HOURS * prior) / (means + PRIOR_HOURS) + bursts


def tail(observed: int, expected: float, dispersion: float) -> float:
    """P(X >= observed) of a negative binomial with that mean; 1 for nothing observed."""
    size = 1 / dispersion
    return float(betainc(observed, size, expected / (expected + size))) if observed else 1.0


def tails(observed: Figure, expected: Figure, dispersion: Figure) -> Figure:
    """The same of several, as an array."""
    size = 1 / dispersion
    found = betainc(np.maximum(observed, 1), size, expected / (expected + size))
    return np.where(np.asarray(observed) > 0, found, 1.0)
