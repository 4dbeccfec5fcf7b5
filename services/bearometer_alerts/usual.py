"""What is usual in a stream: learns the hours that left the window, and judges a window against them."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bearometer_alerts import baseline, expectation
from bearometer_alerts.baseline import Pool
from bearometer_alerts.discoveries import Array
from bearometer_alerts.lifecycle import Verdict
from bearometer_alerts.memory import HOUR, KeyMemory, StreamMemory
from bearometer_alerts.rule import Key as Key
from bearometer_alerts.rule import Rule

ALL: Key = ("all", "all")
STREAM: Key = ("stream", "exposure")  # under this name the stream's own memory is kept beside its keys'
FORGET = 0.01  # decayed negatives below which a calm key is forgotten
WEEK = 7 * 24  # hours


class Usual:
    """The memories of a stream and of its keys. `changed`: keys whose dicts are to be kept anew."""

    def __init__(self, rule: Rule, states: Mapping[Key, dict[str, Any]]) -> None:
        self.rule = rule
        self.stream = StreamMemory.load(states[STREAM]) if STREAM in states else StreamMemory()
        self.keys = {key: KeyMemory.load(states[key]) for key in sorted(states) if key != STREAM}
        self.changed: set[Key] = set()
        self._fresh = {key for key, memory in self.keys.items() if memory.recent}
        self._known = Counter(dimension for dimension, _ in self.keys)

    def peek(self, key: Key) -> KeyMemory:
        """A key's memory, or a blank one; whoever changes it calls `keep`."""
        return self.keys.get(key) or KeyMemory()

    def keep(self, key: Key, memory: KeyMemory) -> None:
        self._known[key[0]] += key not in self.keys
        self.keys[key] = memory
        self.changed.add(key)

    def take(
        self, minute: int, items: int, negatives: Mapping[Key, int], sources: Mapping[Key, Collection[str]]
    ) -> None:
        """Adds to a minute, having learned the hours that end before its window."""
        for hour in self.stream.hours_before(minute - self.rule.window + 1):
            self._learn(hour)
        self._pass_silence(minute // HOUR)
        if items:
            self.stream.recent.add(minute, items)
        for key, count in negatives.items():
            memory = self.peek(key)
            memory.recent.add(minute, count)
            self.keep(key, memory)
            self._fresh.add(key)
        if self._asked:
            self._see(minute, sources)

    def judge(self, counts: Mapping[Key, int], items: int) -> dict[Key, Verdict]:
        """How surprising each key's negatives among the stream's `items` are."""
        keys, observed = list(counts), np.array(list(counts.values()), dtype=int)
        rate, spread = self._rates(keys)
        among, unknown = self.stream.exposure.without(observed, items, rate)
        expected, spread = rate * among, spread + unknown
        tails = baseline.tails(observed, expected, spread)
        figures = zip(keys, observed.tolist(), expected.tolist(), tails.tolist(), spread.tolist(), strict=True)
        return {key: Verdict(count, mean, p_value, by, items) for key, count, mean, p_value, by in figures}

    def attainable(self, items: int) -> Array:
        """Of every known key, the chance that it shows the rule's minimum among so many items."""
        found: Array = baseline.tails(self.rule.minimum, *self.expected(list(self.keys), items))
        return found

    def expected(self, keys: Sequence[Key], items: int) -> tuple[Array, Array]:
        """Negatives of each key among so many items, and the dispersion of their count: (n,) each."""
        rate, spread = self._rates(keys)
        return rate * items, spread

    def sourced(self, key: Key, distinct: int, minute: int) -> bool:
        """Whether so many distinct sources are enough. A stream that had fewer in a week asks for no more."""
        if self._asked == 0 or key[0] == "source":
            return True
        return distinct >= min(self._asked, self.stream.sources.since(minute - WEEK * HOUR))

    def known_for(self, key: Key) -> float:
        """Decayed negatives that a key's baseline rests on."""
        past = self.peek(key).baseline.at(self.stream.exposure.hour, self.rule.half_life)
        return float(past.negatives)

    def dump(self) -> dict[Key, dict[str, Any] | None]:
        """What changed since the last call, by key; None for a key that is forgotten."""
        changed, self.changed = self.changed, set()
        states = {key: self.keys[key].dump() if key in self.keys else None for key in sorted(changed)}
        return {**states, STREAM: self.stream.dump()}

    def _rates(self, keys: Sequence[Key]) -> tuple[Array, Array]:
        return expectation.expected(keys, self.keys, self.stream, self._known, self.rule)

    def _see(self, minute: int, sources: Mapping[Key, Collection[str]]) -> None:
        self.stream.sources.see(sources.get(ALL, ()), minute, self._asked)
        for key in sources.keys() & self.keys.keys():
            self.keys[key].sources.see(sources[key], minute, self._asked)
            self.changed.add(key)

    @property
    def _asked(self) -> int:
        """How many distinct sources are worth remembering: none where one is enough."""
        return self.rule.sources if self.rule.sources > 1 else 0

    def _pass_silence(self, hour: int) -> None:
        """What was usual more than a week ago is no measure of today: it fades before anything is judged by it."""
        exposure = self.stream.exposure
        if exposure.items and hour - exposure.hour > WEEK:
            exposure.learn(0, hour, self.rule.half_life)

    def _learn(self, hour: int) -> None:
        items, half_life = self.stream.recent.take(hour), self.rule.half_life
        for key, count, expected in self._leaving(hour, items):
            life, quiet = self.keys[key].life, expected < 1
            taken = min(count, 1 + 2 * expected) if life.disturbed >= hour * HOUR else count
            singles = count if quiet and not life.phase else 0
            self.keys[key].baseline.learn(taken, items, hour + 1, half_life)
            pool = self.stream.dimensions.setdefault(key[0], Pool())
            pool.learn(taken, singles, singles * (count - 1 - expected), hour + 1, half_life)
            self.changed.add(key)
        new_day = hour // 24 > (self.stream.exposure.hour - 1) // 24
        self.stream.exposure.learn(items, hour + 1, half_life)
        if new_day:
            self._forget()

    def _leaving(self, hour: int, items: int) -> Iterator[tuple[Key, int, float]]:
        """Each key's count of an hour, and what was expected of it."""
        counts = {key: count for key in sorted(self._fresh) if (count := self.keys[key].recent.take(hour))}
        self._fresh = {key for key in self._fresh if self.keys[key].recent}
        expected, _ = self.expected(list(counts), items)
        return zip(counts, counts.values(), expected.tolist(), strict=True)

    def _forget(self) -> None:
        """Once a day of event time: memory follows the keys that still matter."""
        for key, memory in list(self.keys.items()):
            quiet = not memory.recent and not memory.life.phase
            if quiet and self.known_for(key) < FORGET:
                del self.keys[key]
                self._known[key[0]] -= 1
                self.changed.add(key)
