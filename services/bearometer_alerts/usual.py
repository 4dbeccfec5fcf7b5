"""What is usual in a stream: learns the hours that left the window, and judges a window against them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bearometer_alerts import baseline
from bearometer_alerts.baseline import Pool
from bearometer_alerts.lifecycle import Verdict
from bearometer_alerts.memory import HOUR, KeyMemory, StreamMemory
from bearometer_alerts.rule import PRIORS, Rule

Key = tuple[str, str]
STREAM: Key = ("stream", "exposure")  # under this name the stream's own memory is kept beside its keys'
FORGET = 0.01  # decayed negatives below which a calm key is forgotten


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

    def take(self, minute: int, items: int, negatives: Mapping[Key, int]) -> None:
        """Adds a closed minute, having learned the hours that end before its window."""
        for hour in self.stream.hours_before(minute - self.rule.window + 1):
            self._learn(hour)
        if items:
            self.stream.recent[minute] = items
        for key, count in negatives.items():
            memory = self.peek(key)
            memory.recent[minute] = count
            self.keep(key, memory)
            self._fresh.add(key)

    def judge(self, key: Key, observed: int, items: int) -> Verdict:
        """How surprising `observed` negatives among the stream's `items` are."""
        exposure, prior, pool = self.stream.exposure, PRIORS[key[0]], self._pool(key[0])
        past = self.peek(key).baseline.at(exposure.hour, self.rule.half_life)
        rate = baseline.rate(past, exposure, pool.rate(prior.rate, self._known[key[0]], exposure))
        spread = baseline.dispersion(past, exposure, rate, prior.dispersion, pool.burst())
        spread = max(spread, self.rule.dispersion_floor) + 1 / (past.negatives + baseline.PRIOR_COUNT)
        return Verdict(observed, rate * items, baseline.tail(observed, rate * items, spread), spread, items)

    def dump(self) -> dict[Key, dict[str, Any] | None]:
        """What changed since the last call, by key; None for a key that is forgotten."""
        changed, self.changed = self.changed, set()
        states = {key: self.keys[key].dump() if key in self.keys else None for key in sorted(changed)}
        return {**states, STREAM: self.stream.dump()}

    def _learn(self, hour: int) -> None:
        items, half_life = self.stream.recent.take(hour), self.rule.half_life
        for key, count, expected in list(self._leaving(hour, items)):
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
        for key in sorted(self._fresh):
            if count := self.keys[key].recent.take(hour):
                yield key, count, self.judge(key, 0, items).expected
        self._fresh = {key for key in self._fresh if self.keys[key].recent}

    def _pool(self, dimension: str) -> Pool:
        return self.stream.dimensions.get(dimension, Pool()).at(self.stream.exposure.hour, self.rule.half_life)

    def _forget(self) -> None:
        """Once a day of event time: memory follows the keys that still matter."""
        hour = self.stream.exposure.hour
        for key, memory in list(self.keys.items()):
            quiet = not memory.recent and not memory.life.phase
            if quiet and memory.baseline.at(hour, self.rule.half_life).negatives < FORGET:
                del self.keys[key]
                self._known[key[0]] -= 1
                self.changed.add(key)
