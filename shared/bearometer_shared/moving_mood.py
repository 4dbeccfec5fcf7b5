"""An exponentially weighted mood: a mean of scores in which an item weighs half as much every half-life.

For irregular times, after A. Eckner, "Algorithms for Unevenly Spaced Time Series" (2017): sums and items decay alike,
so that the mean is over the items that were, however they lie. A bucket's items count as of its end.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

LEAD = 5  # half-lives before a range that are read for it: what is older weighs a thirty-second
MILLION = 1_000_000


@dataclass(slots=True)
class MovingMood:
    """The weighted sums of one key as of a time that only moves on."""

    half_life: timedelta
    at: datetime
    items: float = 0.0
    signed_sum: float = 0.0

    def add(self, at: datetime, items: int, signed_sum: int) -> None:
        """Decays up to `at`, and adds a bucket that ends then; `signed_sum` in millionths."""
        weight = 0.5 ** ((at - self.at) / self.half_life)
        self.items = self.items * weight + items
        self.signed_sum = self.signed_sum * weight + float(signed_sum)
        self.at = at

    @property
    def mood(self) -> float | None:
        """From -1 to 1; None before the first item, and where less than a thousandth of one is left."""
        return self.signed_sum / self.items / MILLION if self.items >= 0.001 else None
