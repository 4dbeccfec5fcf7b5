"""Slow drifts of negative coverage, hour by hour of event time: what grows too slowly for any window to stand out.

Pure like the spike detector, and with its interface. Judged by the baseline of the hours before the rule's window, so
that a drift is not learned while it is being found.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from bearometer_alerts import cusum, discoveries
from bearometer_alerts.detector import Minute, Step
from bearometer_alerts.lifecycle import Verdict
from bearometer_alerts.memory import HOUR
from bearometer_alerts.rule import DRIFT, Rule
from bearometer_alerts.usual import Key, Usual

WARM = 20.0  # decayed negatives without which nobody knows a key's rate well enough to say that it has changed


class Drifts:
    """Of one stream. `at` is the first minute that is not closed yet."""

    def __init__(self, at: int, rule: Rule = DRIFT, states: Mapping[Key, dict[str, Any]] | None = None) -> None:
        self.at, self.rule, self.usual = at, rule, Usual(rule, states or {})

    def run(self, minutes: Iterable[Minute], until: int) -> Iterator[Step]:
        """Closes every minute before `until`; an hour is judged once it is over. Hours without items say nothing."""
        for minute in minutes:
            if minute.at >= self.at:
                yield from self._advance(minute.at)
                watched = {key: count for key, count in minute.negatives.items() if self.rule.watches(key)}
                self.usual.take(minute.at // HOUR * HOUR, minute.items, watched, minute.sources)
                yield from self._advance(minute.at + 1)
        yield from self._advance(until)

    def look_ahead(self, minutes: Iterable[Minute]) -> Iterator[Step]:
        """Nothing: an hour that is not over says nothing of a drift."""
        yield from ()

    def dump(self) -> dict[Key, dict[str, Any] | None]:
        """What changed since the last call, by key; None for a key that is forgotten."""
        return self.usual.dump()

    def _advance(self, to: int) -> Iterator[Step]:
        hour = self.at // HOUR
        self.at = max(self.at, to)
        if self.at // HOUR > hour:
            yield from self._judge(hour)

    def _judge(self, hour: int) -> Iterator[Step]:
        """Adds an hour to the sums of the keys that it may change."""
        items = self.usual.stream.recent.get(hour * HOUR, 0)
        keys = sorted(key for key in self.usual.keys if self._moves(key, hour)) if items else []
        if not keys:
            return
        self._add(keys, hour, items)
        minute = hour * HOUR + HOUR - 1
        for key, verdict in self._verdicts(keys, minute).items():
            yield from self._step(key, verdict, minute)

    def _moves(self, key: Key, hour: int) -> bool:
        memory = self.usual.keys[key]
        begun = memory.cusum.since >= 0 or memory.life.phase != ""
        return begun or (hour * HOUR in memory.recent and self.usual.known_for(key) >= WARM)

    def _add(self, keys: Sequence[Key], hour: int, items: int) -> None:
        observed = [self.usual.keys[key].recent.get(hour * HOUR, 0) for key in keys]
        expected, dispersion = self.usual.expected(keys, items)
        gains = cusum.gain(np.array(observed), expected, dispersion).tolist()
        for key, gain, count, mean in zip(keys, gains, observed, expected.tolist(), strict=True):
            self.usual.keys[key].cusum.add(gain, hour, count, mean, items)
            self.usual.changed.add(key)

    def _verdicts(self, keys: Sequence[Key], minute: int) -> dict[Key, Verdict]:
        """Of the keys of an hour: all its tests meet here."""
        verdicts = {key: self._verdict(key, minute) for key in keys}
        unusual = [key for key in keys if verdicts[key].level(self.rule)]
        if unusual:
            warm = sum(self.usual.known_for(key) >= WARM for key in self.usual.keys)
            p_values = np.array([verdicts[key].p_value for key in unusual])
            found = discoveries.corrected(p_values, np.ones(max(warm, len(unusual))))
            for key, p_value in zip(unusual, found.tolist(), strict=True):
                verdicts[key] = replace(verdicts[key], corrected=p_value)
        return verdicts

    def _verdict(self, key: Key, minute: int) -> Verdict:
        memory = self.usual.keys[key]
        climb = memory.cusum
        minutes = minute + 1 - climb.since * HOUR if climb.since >= 0 else 0
        enough = self.usual.sourced(key, memory.sources.since(minute + 1 - minutes), minute)
        return Verdict(climb.observed, climb.expected, climb.p_value, 0.0, climb.items, None, enough, minutes)

    def _step(self, key: Key, verdict: Verdict, minute: int) -> Iterator[Step]:
        memory = self.usual.keys[key]
        life, climb = memory.life, memory.cusum
        if not life.phase:
            climb.peak = climb.total
        for phase in life.rise(verdict, minute, self.rule):
            yield Step(key, phase, minute, life.severity, phase == "firing", verdict)
        severity, fired, calm = life.severity, life.phase == "firing", climb.fallen(self.rule.calm_p)
        surprising = verdict.p_value <= self.rule.disturbed_p
        for phase in life.settle(calm=calm, surprising=surprising, minute=minute, rule=self.rule):
            climb.clear()
            yield Step(key, phase, minute, severity, fired, verdict)
