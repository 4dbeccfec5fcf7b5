"""A cumulative sum of evidence that a rate has grown, hour by hour: slow drifts that no single window shows.

Page, "Continuous inspection schemes", 1954, with the log-likelihood ratio of negative binomial counts: Hoehle and Paul,
"Count data regression charts for the monitoring of surveillance time series", 2008; of Poisson counts: Lucas, "Counted
data CUSUM's", 1985. While the rate stays, the mean time until the sum reaches h is at least e^h hours (Lorden,
"Procedures for reacting to a change in distribution", 1971): so exp(-sum) is used as a tail probability.
"""

from dataclasses import dataclass
from math import exp, log

import numpy as np

from bearometer_alerts.baseline import Figure

RATIO = 2.0  # the growth that is looked for; at less than 1.44 times the expected rate the sum falls
CEILING = 30.0  # a sum that grew for weeks must be able to fall in days


@dataclass
class Cusum:
    """Of one key. `since` is the first hour of the present climb, -1 where there is none; what came since then.

    `peak` is the highest sum since an alert of it fired.
    """

    total: float = 0.0
    peak: float = 0.0
    since: int = -1
    observed: int = 0
    expected: float = 0.0
    items: int = 0

    @property
    def p_value(self) -> float:
        return exp(-self.total)

    def add(self, gain: float, hour: int, observed: int, expected: float, items: int) -> None:
        """Adds an hour; a sum that falls to nothing begins anew."""
        if self.total + gain <= 0:
            self.clear()
            return
        self.since = hour if self.since < 0 else self.since
        self.total = min(self.total + gain, CEILING)
        self.peak = max(self.peak, self.total)
        self.observed, self.expected, self.items = (
            self.observed + observed,
            self.expected + expected,
            self.items + items,
        )

    def clear(self) -> None:
        self.total, self.peak, self.since = 0.0, 0.0, -1
        self.observed, self.expected, self.items = 0, 0.0, 0

    def fallen(self, calm_p: float) -> bool:
        """Whether there is as much evidence that the growth is over: the sum of the opposite test since the peak."""
        return self.peak - self.total >= log(1 / calm_p) or self.total == 0.0


def gain(observed: Figure, expected: Figure, dispersion: Figure, ratio: float = RATIO) -> Figure:
    """Log-likelihood ratio of a count, or of an array of them: `ratio` times the expected against the expected."""
    shift = np.log1p(dispersion * expected) - np.log1p(dispersion * ratio * expected)
    return observed * (log(ratio) + shift) + shift / dispersion
