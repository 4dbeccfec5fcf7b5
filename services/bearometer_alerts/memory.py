"""What the detector remembers, of a key and of the stream, and its form as small dicts in `baselines.state`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from bearometer_alerts.baseline import Baseline, Exposure, Pool
from bearometer_alerts.cusum import Cusum
from bearometer_alerts.lifecycle import Life

HOUR = 60


class Recent(dict[int, int]):
    """Counts by minute that the baseline has not learned yet, oldest first."""

    def add(self, minute: int, count: int) -> None:
        self[minute] = self.get(minute, 0) + count

    def window(self, minute: int, length: int) -> int:
        """The count of the `length` minutes that end with `minute`."""
        first = minute - length
        return sum([count for at, count in self.items() if first < at <= minute])

    def oldest_hour(self) -> int:
        return next(iter(self)) // HOUR

    def take(self, hour: int) -> int:
        """Removes an hour's minutes and returns their count."""
        return sum([self.pop(at) for at in [at for at in self if at // HOUR == hour]])


class Sources(dict[str, int]):
    """The newest distinct sources of negative items, as many as a rule asks for, and the minute each was seen last.

    No more are needed to say whether a window has so many: an hour of a flood costs as little as a quiet one.
    """

    def see(self, names: Iterable[str], minute: int, most: int) -> None:
        for name in sorted(names):
            self.pop(name, None)
            self[name] = minute
        while len(self) > most:
            del self[next(iter(self))]

    def since(self, minute: int) -> int:
        """How many of them were seen in this minute or later."""
        return sum(at >= minute for at in self.values())


@dataclass
class KeyMemory:
    """Of one key: its recent negatives and their sources, its baseline, its alert's life, and its drift."""

    recent: Recent = field(default_factory=Recent)
    baseline: Baseline = field(default_factory=Baseline)
    life: Life = field(default_factory=Life)
    sources: Sources = field(default_factory=Sources)
    cusum: Cusum = field(default_factory=Cusum)

    def dump(self) -> dict[str, Any]:
        state = {"recent": list(self.recent.items()), "baseline": dict(vars(self.baseline))}
        state |= {"life": dict(vars(self.life))}
        state |= {"sources": list(self.sources.items())} if self.sources else {}
        return state | ({"cusum": dict(vars(self.cusum))} if self.cusum.since >= 0 else {})

    @classmethod
    def load(cls, state: dict[str, Any]) -> Self:
        return cls(
            Recent(state["recent"]),
            Baseline(**state["baseline"]),
            Life(**state["life"]),
            Sources(state.get("sources", ())),
            Cusum(**state.get("cusum", {})),
        )


@dataclass
class StreamMemory:
    """Of the whole stream: its recent items, its sources and exposure, and what its dimensions have in common."""

    recent: Recent = field(default_factory=Recent)
    exposure: Exposure = field(default_factory=Exposure)
    dimensions: dict[str, Pool] = field(default_factory=dict)
    sources: Sources = field(default_factory=Sources)

    def hours_before(self, minute: int) -> Iterator[int]:
        """Hours with items that end at or before a minute, oldest first. Take each before asking for the next."""
        while self.recent and (self.recent.oldest_hour() + 1) * HOUR <= minute:
            yield self.recent.oldest_hour()

    def dump(self) -> dict[str, Any]:
        dimensions = {name: dict(vars(pool)) for name, pool in self.dimensions.items()}
        state = {"recent": list(self.recent.items()), "exposure": dict(vars(self.exposure)), "dimensions": dimensions}
        return state | ({"sources": list(self.sources.items())} if self.sources else {})

    @classmethod
    def load(cls, state: dict[str, Any]) -> Self:
        dimensions = {name: Pool(**fields) for name, fields in state["dimensions"].items()}
        sources = Sources(state.get("sources", ()))
        return cls(Recent(state["recent"]), Exposure(**state["exposure"]), dimensions, sources)
