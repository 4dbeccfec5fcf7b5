"""One look at every stream: closes minutes up to its clock, and raises early what the open ones show.

1. Own the stream by an advisory lock. It lives on the very connection that writes: whoever lost it cannot write.
2. Lock the stream's row, as the scorer does; the minutes before the clock are final under that lock.
3. Step the detector through them, a day of event time at most.
4. Write alerts, history, notifications, what the detector remembers, and how far it is. Commit: all or nothing.
5. A live stream's open minutes only raise. Its counts grow, so an early alert is not false for want of data.

After any failure the memory is dropped and read again from rows.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from bearometer_alerts import metrics, minutes, times
from bearometer_alerts.detector import Detector, Step
from bearometer_alerts.recording import Recorder
from bearometer_alerts.rule import SPIKE, Rule
from bearometer_shared.clock import Clock
from bearometer_shared.settings import Settings
from bearometer_shared.storage import baselines, clocks, evidence
from bearometer_shared.storage.clocks import Position
from bearometer_shared.storage.session import wake

CHUNK = timedelta(days=1)


class Evaluator:
    """The active evaluator of every stream that no other one owns. Not for several threads."""

    def __init__(
        self, settings: Settings, engine: Engine, clock: Clock, channels: Collection[str], rule: Rule = SPIKE
    ) -> None:
        self._engine, self._clock, self._channels, self._rule = engine, clock, channels, rule
        self._lateness = timedelta(seconds=settings.lateness_s)
        self._connection: Connection | None = None
        self._detectors: dict[str, Detector] = {}
        self._owned: set[str] = set()

    @property
    def connected(self) -> bool:
        """Whether the last look reached Postgres."""
        return self._connection is not None

    def look(self) -> bool:
        """Looks at every stream once. Whether one has more to close. Raises what Postgres raises."""
        try:
            self._connection = self._connection or self._engine.connect()
            with metrics.PASS_SECONDS.time():
                more = [self._advance(self._connection, at) for at in self._mine(self._connection)]
            return any(more)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Gives every stream up to whoever stands by."""
        connection, self._connection = self._connection, None
        self._detectors.clear()
        self._owned.clear()
        if connection:
            connection.invalidate()  # the locks go with the session
            connection.close()

    def _mine(self, connection: Connection) -> list[Position]:
        with connection.begin():
            positions = clocks.positions(connection, self._clock.now(), self._lateness)
            self._owned |= {
                at.name for at in positions if at.name not in self._owned and clocks.own(connection, at.name)
            }
        return [at for at in positions if at.name in self._owned]

    def _advance(self, connection: Connection, at: Position) -> bool:
        if at.evaluated_to is None or at.evaluated_to < times.floor(at.clock):
            return self._close(connection, at.name)
        if not at.ticked and at.newest_event >= at.evaluated_to:
            self._look_ahead(connection, at.name, at.evaluated_to, at.newest_event)
        return False

    def _close(self, connection: Connection, stream: str) -> bool:
        """Closes a chunk of minutes. Whether there are more, or open ones to look at."""
        with connection.begin():
            at = clocks.lock(connection, stream, self._clock.now(), self._lateness)
            since = at and (at.evaluated_to or self._begin(connection, at))
            if not at or not since:
                return False
            closable = times.floor(at.clock)
            first = evidence.first_minute(connection, stream, since) or closable
            until = max(since, min(closable, first + CHUNK))
            detector = self._detector(connection, stream, since)
            steps = list(detector.run(minutes.read(connection, stream, since, until), times.number(until)))
            self._write(connection, stream, detector, [(step, times.start(step.minute + 1)) for step in steps])
            clocks.close(connection, stream, until)
        return until < closable or not at.ticked

    def _begin(self, connection: Connection, at: Position) -> datetime | None:
        """A stream's first look: from its earliest minute on, and never from after its clock."""
        first = evidence.first_minute(connection, at.name)
        baselines.forget(connection, at.name)
        return first and min(first, times.floor(at.clock))

    def _look_ahead(self, connection: Connection, stream: str, since: datetime, newest: datetime) -> None:
        with connection.begin():
            detector = self._detector(connection, stream, since)
            steps = list(detector.look_ahead(minutes.read(connection, stream, since, None)))
            if steps:
                dated = [(step, min(times.start(step.minute + 1), newest)) for step in steps]
                self._write(connection, stream, detector, dated)

    def _write(
        self, connection: Connection, stream: str, detector: Detector, steps: Sequence[tuple[Step, datetime]]
    ) -> None:
        recorder = Recorder(connection, stream, self._rule, self._channels, self._clock.now())
        for step, at in steps:
            recorder.write(step, at)
        baselines.save(connection, stream, self._rule.name, detector.dump(), times.start(detector.at))
        if steps:
            wake(connection)

    def _detector(self, connection: Connection, stream: str, at: datetime) -> Detector:
        """The one that stands at this minute, else one that is read from rows."""
        found = self._detectors.get(stream)
        if found is None or found.at != times.number(at):
            states = baselines.load(connection, stream, self._rule.name)
            found = self._detectors[stream] = Detector(times.number(at), self._rule, states)
        return found
