"""Spikes of negative coverage, minute by minute of event time. Pure: no database, no wall clock, no randomness.

The service and a back-test run this very code. What it remembers is small dicts (`dump`); stopped at any minute and
resumed from them, it takes the same steps.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from bearometer_alerts import discoveries
from bearometer_alerts.lifecycle import Phase, Verdict
from bearometer_alerts.memory import KeyMemory, Recent, Sources
from bearometer_alerts.rule import SPIKE, Rule
from bearometer_alerts.usual import Key, Usual


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute of a stream: its number since 1970, its items, and the negative ones by (dimension, key).

    `sources` names those that the negative ones came from; it is empty where nobody asks.
    """

    at: int
    items: int = 0
    negatives: Mapping[Key, int] = field(default_factory=dict)
    sources: Mapping[Key, Collection[str]] = field(default_factory=dict)


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
        """Closes every minute before `until`. `minutes` are those with items, in order; the others are silent.

        What is closed stays: a minute from before `at` is passed over.
        """
        for minute in minutes:
            if minute.at >= self.at:
                yield from self._silence(minute.at)
                yield from self._close(minute)
        yield from self._silence(until)

    def look_ahead(self, minutes: Iterable[Minute]) -> Iterator[Step]:
        """Raises what minutes that are still open show already; resolves and learns nothing.

        Counts only grow. So do items, and with them the expected count: at least the last closed window's are assumed.
        """
        items, seen = Recent(self.usual.stream.recent), dict[Key, KeyMemory]()
        least = items.window(self.at - 1, self.rule.window)
        for minute in minutes:
            items.add(minute.at, minute.items)
            exposure = max(least, items.window(minute.at, self.rule.window))
            watched = self._watched(minute)
            for key in self._touched(minute, watched):
                memory = seen.get(key) or seen.setdefault(key, self._copy(key))
                memory.recent.add(minute.at, watched.get(key, 0))
                memory.sources.see(minute.sources.get(key, ()), minute.at, self.rule.sources)
            of_minute = {key: seen[key] for key in self._touched(minute, watched)}
            for key, verdict in self._verdicts(minute.at, of_minute, exposure).items():
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
        watched = self._watched(minute)
        self.usual.take(minute.at, minute.items, watched, minute.sources)
        self.at = minute.at + 1
        items = self.usual.stream.recent.window(minute.at, self.rule.window)
        touched = self._alerting.union(self._touched(minute, watched))
        memories = {key: self.usual.keys[key] for key in sorted(touched)}
        for key, verdict in self._verdicts(minute.at, memories, items).items():
            self.usual.changed.add(key)
            yield from self._raise(key, minute.at, verdict)
            yield from self._settle(key, minute.at, verdict)

    def _watched(self, minute: Minute) -> dict[Key, int]:
        return {key: count for key, count in minute.negatives.items() if self.rule.watches(key)}

    def _touched(self, minute: Minute, watched: Mapping[Key, int]) -> list[Key]:
        """The keys that a minute may change: those that it counts for, and of known ones those with another source."""
        others = minute.sources.keys() & self.usual.keys.keys() if self.rule.sources > 1 else ()
        return sorted({*watched, *others})

    def _copy(self, key: Key) -> KeyMemory:
        memory = self.usual.peek(key)
        return KeyMemory(Recent(memory.recent), sources=Sources(memory.sources))

    def _verdicts(self, minute: int, memories: Mapping[Key, KeyMemory], items: int) -> dict[Key, Verdict]:
        """Of the keys that this minute may change: all tests of a minute meet here."""
        if not memories:
            return {}
        counts = {key: memory.recent.window(minute, self.rule.window) for key, memory in memories.items()}
        verdicts = self.usual.judge(counts, items)
        unusual = {key: verdict for key, verdict in verdicts.items() if verdict.level(self.rule)}
        if unusual:
            p_values = np.array([verdict.p_value for verdict in unusual.values()])
            corrected = discoveries.corrected(p_values, self.usual.attainable(items)).tolist()
            for (key, verdict), p_value in zip(unusual.items(), corrected, strict=True):
                distinct = memories[key].sources.since(minute - self.rule.window + 1)
                enough = self.usual.sourced(key, distinct, minute)
                verdicts[key] = replace(verdict, corrected=p_value, sourced=enough)
        return verdicts

    def _raise(self, key: Key, minute: int, verdict: Verdict) -> Iterator[Step]:
        memory = self.usual.peek(key)
        for phase in memory.life.rise(verdict, minute, self.rule):
            self._alerting.add(key)
            self.usual.keep(key, memory)
            yield Step(key, phase, minute, memory.life.severity, phase == "firing", verdict)

    def _settle(self, key: Key, minute: int, verdict: Verdict) -> Iterator[Step]:
        life = self.usual.peek(key).life
        severity, fired = life.severity, life.phase == "firing"
        calm, surprising = verdict.p_value > self.rule.calm_p, verdict.p_value <= self.rule.disturbed_p
        for phase in life.settle(calm=calm, surprising=surprising, minute=minute, rule=self.rule):
            self._alerting.discard(key)
            yield Step(key, phase, minute, severity, fired, verdict)
