"""The detector of each kind of rule, and how a new one learns from what is stored."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from bearometer_alerts.detector import Detector, Minute, Step
from bearometer_alerts.drift import Drifts
from bearometer_alerts.rule import Rule
from bearometer_alerts.usual import Key, Usual

States = Mapping[Key, dict[str, Any]]


class AnyDetector(Protocol):
    """Of one stream and one rule. `at` is the first minute that is not closed yet. See `Detector`."""

    at: int
    rule: Rule
    usual: Usual

    def run(self, minutes: Iterable[Minute], until: int) -> Iterator[Step]: ...

    def look_ahead(self, minutes: Iterable[Minute]) -> Iterator[Step]: ...

    def dump(self) -> dict[Key, dict[str, Any] | None]: ...


def detector(at: int, rule: Rule, states: States | None = None) -> AnyDetector:
    """The detector that stands at a minute, resumed from its dicts."""
    return Drifts(at, rule, states) if rule.kind == "drift" else Detector(at, rule, states)


def learned(rule: Rule, minutes: Iterable[Minute], since: int, until: int) -> dict[Key, dict[str, Any]]:
    """What a rule would remember had it been there since. What was unusual stays unlearned, and alerts on nothing."""
    taught = detector(since, rule)
    for _ in taught.run(minutes, until):
        pass
    for memory in taught.usual.keys.values():
        memory.life.end(memory.life.since)
    return {key: state for key, state in taught.dump().items() if state is not None}
