"""What the detector remembers, of a key and of the stream, and its form as small dicts in `baselines.state`."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from bearometer_alerts.baseline import Baseline, Exposure, Pool
from bearometer_alerts.lifecycle import Life

HOUR = 60


class Recent(dict[int, int]):
    """Counts by minute that the baseline has not learned yet, oldest first."""

    def window(self, minute: int, length: int) -> int:
        """The count of the `length` minutes that end with `minute`."""
        return sum(count for at, count in self.items() if minute - length < at <= minute)

    def oldest_hour(self) -> int:
        return next(iter(self)) // HOUR

    def take(self, hour: int) -> int:
        """Removes an hour's minutes and returns their count."""
        return sum(self.pop(at) for at in [at for at in self if at // HOUR == hour])


@dataclass
class KeyMemory:
    """Of one key: its recent negatives, its baseline, and its alert's life."""

    recent: Recent = field(default_factory=Recent)
    baseline: Baseline = field(default_factory=Baseline)
    life: Life = field(default_factory=Life)

    def dump(self) -> dict[str, Any]:
        return {"recent": list(self.recent.items()), "baseline": asdict(self.baseline), "life": asdict(self.life)}

    @classmethod
    def load(cls, state: dict[str, Any]) -> Self:
        return cls(Recent(state["recent"]), Baseline(**state["baseline"]), Life(**state["life"]))


@dataclass
class StreamMemory:
    """Of the whole stream: its recent items, its exposure, and what its dimensions have in common."""

    recent: Recent = field(default_factory=Recent)
    exposure: Exposure = field(default_factory=Exposure)
    dimensions: dict[str, Pool] = field(default_factory=dict)

    def hours_before(self, minute: int) -> Iterator[int]:
        """Hours with items that end at or before a minute, oldest first. Take each before asking for the next."""
        while self.recent and (self.recent.oldest_hour() + 1) * HOUR <= minute:
            yield self.recent.oldest_hour()

    def dump(self) -> dict[str, Any]:
        dimensions = {name: asdict(pool) for name, pool in self.dimensions.items()}
        return {"recent": list(self.recent.items()), "exposure": asdict(self.exposure), "dimensions": dimensions}

    @classmethod
    def load(cls, state: dict[str, Any]) -> Self:
        dimensions = {name: Pool(**fields) for name, fields in state["dimensions"].items()}
        return cls(Recent(state["recent"]), Exposure(**state["exposure"]), dimensions)
