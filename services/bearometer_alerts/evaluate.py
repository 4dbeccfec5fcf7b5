"""One look at every stream: closes minutes up to its clock, and raises early what the open ones show.

1. Own the stream by an advisory lock. It lives on the very connection that writes: whoever lost it cannot write.
2. Lock the stream's row, as the scorer does; the minutes before the clock are final under that lock.
3. Step the detector through them, a day of event time at most.
4. Write alerts, history, notifications, what the detector remembers, and how far it is. Commit: all or nothing.
5. A live stream's open minutes only raise. Its counts grow, so an early alert is not false for want of data.
6. Follow up what time alone brings: snoozes that end, notices that have come due.

Before a new model serves, baselines are learned anew from what it tells of history; minutes that are still open then
are closed as it tells them. Minutes that a clock which had jumped ahead closed as silent are opened again when it is
back.

Rules and watchlists are read anew at each look. A new rule learns from the days before; one that is gone resolves
what it has open. After any failure the memory is dropped and read again from rows.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, groupby

import structlog
from sqlalchemy import Connection, Engine

from bearometer_alerts import metrics, minutes, panel, rebasing, times
from bearometer_alerts.detector import Minute
from bearometer_alerts.following import FollowUp
from bearometer_alerts.panel import Found, Panel
from bearometer_alerts.recording import Recorder
from bearometer_alerts.rulebook import Rulebook
from bearometer_alerts.widening import widen
from bearometer_shared.clock import Clock
from bearometer_shared.settings import Settings
from bearometer_shared.storage import baselines, clocks, evidence, rebases, told
from bearometer_shared.storage.clocks import Position
from bearometer_shared.storage.rebases import Told
from bearometer_shared.storage.session import wake

log = structlog.get_logger()
CHUNK = timedelta(days=1)


class Evaluator:
    """The active evaluator of every stream that no other one owns. Not for several threads.

    Raises UserError where the file of rules is wrong.
    """

    def __init__(self, settings: Settings, engine: Engine, clock: Clock, channels: Collection[str]) -> None:
        self._engine, self._clock, self._channels, self._book = engine, clock, channels, Rulebook(settings)
        self._lateness = timedelta(seconds=settings.lateness_s)
        self._connection: Connection | None = None
        self._panels: dict[str, Panel] = {}
        self._owned: set[str] = set()
        self._due: dict[str, tuple[int, str]] = {}
        self._told: dict[str, Told] = {}

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
                self._follow_up(self._connection)
            return any(more)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Gives every stream up to whoever stands by."""
        connection, self._connection = self._connection, None
        self._panels.clear()
        self._owned.clear()
        if connection:
            connection.invalidate()  # the locks go with the session
            connection.close()

    def _follow_up(self, connection: Connection) -> None:
        """Of every stream: whoever stands by may take it from the owner's hands."""
        with connection.begin():
            FollowUp(connection, self._channels, self._clock.now()).run()

    def _mine(self, connection: Connection) -> list[Position]:
        with connection.begin():
            self._book.look(connection)
            self._due, self._told = rebases.due(connection), rebases.told(connection)
            positions = clocks.positions(connection, self._clock.now(), self._lateness)
            self._owned |= {
                at.name for at in positions if at.name not in self._owned and clocks.own(connection, at.name)
            }
        return [at for at in positions if at.name in self._owned]

    def _advance(self, connection: Connection, at: Position) -> bool:
        if at.is_ahead(self._clock.now()):
            self._put_back(connection, at.name)
            return True
        if at.evaluated_to is not None:
            if at.name in self._due:
                self._rebase(connection, at, at.evaluated_to)
            self._stand(connection, at.name, at.evaluated_to)
        if at.evaluated_to is None or at.evaluated_to < times.floor(at.clock):
            return self._close(connection, at.name)
        if not at.ticked and at.newest_event >= at.evaluated_to:
            self._look_ahead(connection, at.name, at.evaluated_to, at.newest_event)
        return False

    def _rebase(self, connection: Connection, at: Position, closed: datetime) -> None:
        """The stream's baselines become the new model's; they are carried over where it has told too little."""
        promotion, version = self._due[at.name]
        with connection.begin():
            told = rebasing.enough(connection, at.name, version, closed)
            if told:
                read = partial(minutes.read_as, connection, version, at.name)
                rebasing.rebase(connection, at.name, closed, self._book.rules, read)
                self._told[at.name] = Told(version, at.newest_event)
            rebases.settle(connection, at.name, promotion, at.newest_event if told else None)
        self._panels.pop(at.name, None)
        log.info("baselines re-based" if told else "baselines carried over", stream=at.name, version=version)

    def _put_back(self, connection: Connection, stream: str) -> None:
        """Opens the minutes again that a clock which had jumped ahead closed as silent: they hold nothing yet."""
        with connection.begin():
            at = clocks.lock(connection, stream, self._clock.now(), self._lateness)
            if at and at.is_ahead(self._clock.now()):
                to = times.floor(at.clock)
                rebasing.put_back(connection, stream, to, self._book.rules, partial(self._minutes, connection, stream))
                clocks.close(connection, stream, to)
                log.warning("the clock was ahead; minutes opened again", stream=stream, closed=at.evaluated_to, to=to)
        self._panels.pop(stream, None)

    def _stand(self, connection: Connection, stream: str, at: datetime) -> None:
        """Makes the stream's detectors from rows where they do not stand at this minute under the rules in force.

        Reading history may take a while: the stream's row is not locked meanwhile, and nobody else moves this minute.
        """
        standing = self._panels.get(stream)
        if standing and standing.at == times.number(at) and standing.rules == self._book.rules:
            return
        with connection.begin():
            gone = list(panel.retire(connection, stream, at, self._book.rules))
            self._record(connection, stream, [(found, at) for found in gone])
            self._panels[stream] = panel.load(
                connection,
                stream,
                at,
                self._book.rules,
                lambda since, until: self._minutes(connection, stream, since, until),
            )

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
            found = list(self._panels[stream].run(self._minutes(connection, stream, since, until), times.number(until)))
            self._write(connection, stream, [(one, times.start(one[1].minute + 1)) for one in found])
            clocks.close(connection, stream, until)
        return until < closable or not at.ticked

    def _begin(self, connection: Connection, at: Position) -> datetime | None:
        """A stream's first look: from its earliest minute on, and never from after its clock."""
        first = evidence.first_minute(connection, at.name)
        baselines.forget(connection, at.name)
        begin = first and min(first, times.floor(at.clock))
        rebases.settle(connection, at.name)
        if begin:
            self._panels[at.name] = panel.load(connection, at.name, begin, self._book.rules, lambda *_: iter(()))
        return begin

    def _look_ahead(self, connection: Connection, stream: str, since: datetime, newest: datetime) -> None:
        with connection.begin():
            found = list(self._panels[stream].look_ahead(self._minutes(connection, stream, since, None)))
            if found:
                dated = [(one, min(times.start(one[1].minute + 1), newest)) for one in found]
                self._write(connection, stream, dated)

    def _minutes(
        self, connection: Connection, stream: str, since: datetime, until: datetime | None
    ) -> Iterator[Minute]:
        """With what the rules in force ask for."""
        found = self._counted(connection, stream, since, until)
        if not self._book.widens:
            return found
        return widen(found, told.read(connection, stream, since, until), self._book.groups)

    def _counted(
        self, connection: Connection, stream: str, since: datetime, until: datetime | None
    ) -> Iterator[Minute]:
        told = self._told.get(stream)
        turn = told and times.floor(told.to) + timedelta(minutes=1)
        if not told or not turn or since >= turn:
            return minutes.read(connection, stream, since, until)
        first = minutes.read_as(connection, told.version, stream, since, min(turn, until or turn), every=True)
        return chain(first, minutes.read(connection, stream, turn, until) if not until or turn < until else ())

    def _write(self, connection: Connection, stream: str, found: Sequence[tuple[Found, datetime]]) -> None:
        self._record(connection, stream, found)
        self._panels[stream].save(connection, stream)

    def _record(self, connection: Connection, stream: str, found: Sequence[tuple[Found, datetime]]) -> None:
        now = self._clock.now()
        for (rule, at), steps in groupby(found, key=lambda one: (one[0][0], one[1])):
            Recorder(connection, stream, rule, self._channels, now).write([step for (_, step), _ in steps], at)
        if found:
            wake(connection)
