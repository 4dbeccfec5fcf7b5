"""The detectors of one stream, one for each rule in force, all at the same minute."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bearometer_alerts import kinds, times
from bearometer_alerts.detector import Minute, Step
from bearometer_alerts.kinds import AnyDetector
from bearometer_alerts.lifecycle import Verdict
from bearometer_alerts.memory import KeyMemory
from bearometer_alerts.rule import Rule
from bearometer_alerts.usual import STREAM
from bearometer_shared.storage import baselines, rules

HISTORY = timedelta(days=7)  # that a rule learns from where it has no memory
Found = tuple[Rule, Step]
Read = Callable[[datetime, datetime], Iterator[Minute]]  # the minutes from one moment to before another
NOTHING = Verdict(observed=0, expected=0.0, p_value=1.0, dispersion=0.0, items=0)


@dataclass
class Panel:
    """Standing at `at`, the first minute that is not closed yet."""

    at: int
    rules: Sequence[Rule]
    detectors: Sequence[AnyDetector]

    def run(self, minutes: Iterable[Minute], until: int) -> Iterator[Found]:
        """Closes every minute before `until`, minute by minute for all rules, so that few are held at once."""
        for minute in minutes:
            yield from self._each([minute], minute.at + 1)
        yield from self._each([], until)
        self.at = until

    def look_ahead(self, minutes: Iterable[Minute]) -> Iterator[Found]:
        """What open minutes show already; resolves and learns nothing."""
        few = list(minutes)
        for detector in self.detectors:
            yield from ((detector.rule, step) for step in detector.look_ahead(few))

    def save(self, connection: Connection, stream: str) -> None:
        """Stores what changed since the last time."""
        for detector in self.detectors:
            baselines.save(connection, stream, detector.rule.name, detector.dump(), times.start(self.at))

    def _each(self, minutes: Sequence[Minute], until: int) -> Iterator[Found]:
        for detector in self.detectors:
            yield from ((detector.rule, step) for step in detector.run(minutes, until))


def load(connection: Connection, stream: str, at: datetime, in_force: Sequence[Rule], read: Read) -> Panel:
    """Detectors as they were left at `at`. One that was never there learns from the days before."""
    found = []
    for rule in in_force:
        states = baselines.load(connection, stream, rule.name)
        if not states:
            states = kinds.learned(rule, read(at - HISTORY, at), times.number(at - HISTORY), times.number(at))
            baselines.save(connection, stream, rule.name, states, at)
        found.append(kinds.detector(times.number(at), rule, states))
    return Panel(times.number(at), in_force, found)


def retire(connection: Connection, stream: str, at: datetime, in_force: Sequence[Rule]) -> Iterator[Found]:
    """Forgets rules that are in force no more, and resolves what they have open."""
    for name in rules.gone(connection, stream, [rule.name for rule in in_force]):
        for key, state in baselines.load(connection, stream, name).items():
            life = KeyMemory.load(state).life if key != STREAM else None
            if life and life.phase:
                fired = life.phase == "firing"
                yield Rule(name), Step(key, "resolved", times.number(at) - 1, life.severity, fired, NOTHING)
        rules.forget(connection, stream, name)
