"""Spikes of negative coverage, minute by minute of event time. Pure: no database, no wall clock, no randomness.

The service and a back-test run this very code. What it remembers is small dicts (`dump`); stopped at any minute and
resumed from them, it takes the same steps.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bearometer_alerts.lifecycle import Phase, Verdict
from bearometer_alerts.memory import Recent
from bearometer_alerts.rule import SPIKE, Rule
from bearometer_alerts.usual import Key, Usual


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of a stream: its number since 1970, its items, and the negative ones by (dimension, key)."""

    at: int
    items: int = 0
    negatives: Mapping[Key, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a key's alert, known once `minute` was seen. `fired`: it is, or was, worth telling people."""

    key: Key
    phase: Phase
    minute: int
    severity: str
    fired: bool
    verdict: Verdict


class Detector:
    """Of one stream. `at` is the first minute that is not closed yet."""

    def __init__(self, at: int, rule: Rule = SPIKE, states: Mapping[Key, dict[str, Any]] | None = None) -> None:
        self.at, self.rule, self.usual = at, rule, Usual(rule, states or {})
        self._alerting = {key for key, memory in self.usual.keys.items() if memory.life.phase}

    def run(self, minutes: Iterable[Minute], until: int) -> Iterator[Step]:
        """Closes every minute before `until`. `minutes` are those with items, in order; the others are silent."""
        for minute in minutes:
            yield from self._silence(minute.at)
            yield from self._close(minute)
        yield from self._silence(until)

    def look_ahead(self, minutes: Iterable[Minute]) -> Iterator[Step]:
        """Raises what minutes that are still open show already; resolves and learns nothing.

        Counts only grow. So do items, and with them the expected count: at least the last closed window's are assumed.
        """
        items, negatives = Recent(self.usual.stream.recent), dict[Key, Recent]()
        least = items.window(self.at - 1, self.rule.window)
        for minute in minutes:
            items[minute.at] = minute.items
            exposure = max(least, items.window(minute.at, self.rule.window))
            for key, count in sorted(minute.negatives.items()):
                seen = negatives.setdefault(key, Recent(self.usual.peek(key).recent))
                seen[minute.at] = count
                verdict = self.usual.judge(key, seen.window(minute.at, self.rule.window), exposure)
                yield from self._raise(key, minute.at, verdict)

    def dump(self) -> dict[Key, dict[str, Any] | None]:
        """What changed since the last call, by key; None for a key that is forgotten."""
        return self.usual.dump()

    def _silence(self, until: int) -> Iterator[Step]:
        """Minutes without items matter only while an alert is open."""
        while self.at < until and self._alerting:
            yield from self._close(Minute(self.at))
        self.at = max(self.at, until)

    def _close(self, minute: Minute) -> Iterator[Step]:
        self.usual.take(minute.at, minute.items, minute.negatives)
        self.at = minute.at + 1
        for key, verdict in self._verdicts(minute).items():
            self.usual.changed.add(key)
            yield from self._raise(key, minute.at, verdict)
            yield from self._settle(key, minute.at, verdict)

    def _verdicts(self, minute: Minute) -> dict[Key, Verdict]:
        """Of the keys that this minute may change: all tests of a minute meet here."""
        items = self.usual.stream.recent.window(minute.at, self.rule.window)
        keys = sorted(self._alerting.union(minute.negatives))
        counts = {key: self.usual.keys[key].recent.window(minute.at, self.rule.window) for key in keys}
        return {key: self.usual.judge(key, count, items) for key, count in counts.items()}

    def _raise(self, key: Key, minute: int, verdict: Verdict) -> Iterator[Step]:
        memory = self.usual.peek(key)
        for phase in memory.life.rise(verdict, minute, self.rule):
            self._alerting.add(key)
            self.usual.keep(key, memory)
            yield Step(key, phase, minute, memory.life.severity, phase == "firing", verdict)

    def _settle(self, key: Key, minute: int, verdict: Verdict) -> Iterator[Step]:
        life = self.usual.peek(key).life
        severity, fired = life.severity, life.phase == "firing"
        for phase in life.settle(verdict, minute, self.rule):
            self._alerting.discard(key)
            yield Step(key, phase, minute, severity, fired, verdict)
