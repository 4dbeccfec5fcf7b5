"""One stream under evaluation: its detectors, and how far they have closed its minutes.

1. Lock the stream's row, as the scorer does; the minutes before the clock are final under that lock.
2. Step the detectors through them, a day of event time at most.
3. Write alerts, history, notifications, what the detectors remember, and how far they are. Commit: all or nothing.
4. A live stream's open minutes only raise. Its counts grow, so an early alert is not false for want of data.

Before a new model serves, baselines are learned anew from what it tells of history; minutes that are still open then
are closed as it tells them. Minutes that a clock which had jumped ahead closed as silent are opened again when it is
back. A new rule learns from the days before; one that is gone resolves what it has open.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby

import structlog
from sqlalchemy import Connection

from bearometer_alerts import minutes, panel, rebasing, times
from bearometer_alerts.panel import Found, Panel
from bearometer_alerts.reading import Reading
from bearometer_alerts.recording import Recorder
from bearometer_alerts.rulebook import Rulebook
from bearometer_shared.clock import Clock
from bearometer_shared.storage import baselines, clocks, evidence, rebases
from bearometer_shared.storage.clocks import Position
from bearometer_shared.storage.rebases import Told
from bearometer_shared.storage.session import wake

log = structlog.get_logger()
CHUNK = timedelta(days=1)
NOWHERE = Panel(-1, (), ())  # no minute that a stream has: the detectors are made from rows


@dataclass
class Stream:
    """A stream that this process owns, on the connection that holds its lock."""

    connection: Connection
    name: str
    book: Rulebook
    channels: Collection[str]
    clock: Clock
    lateness: timedelta

    def __post_init__(self) -> None:
        self._reading = Reading(self.connection, self.name, self.book)
        self._panel = NOWHERE

    def advance(self, at: Position, swap: tuple[int, str] | None, word: Told | None) -> bool:
        """Whether there is more to close. `swap` is the promotion, and its version, that baselines are to follow."""
        self._reading.word = word
        if at.is_ahead(self.clock.now()):
            self._put_back()
            return True
        if at.evaluated_to is not None:
            if swap:
                self._rebase(at, at.evaluated_to, *swap)
            self._stand(at.evaluated_to)
        if at.evaluated_to is None or at.evaluated_to < times.floor(at.clock):
            return self._close()
        if not at.ticked and at.newest_event >= at.evaluated_to:
            self._look_ahead(at.evaluated_to, at.newest_event)
        return False

    def _rebase(self, at: Position, closed: datetime, promotion: int, version: str) -> None:
        """The stream's baselines become the new model's; they are carried over where it has told too little."""
        with self.connection.begin():
            told = rebasing.enough(self.connection, self.name, version, closed)
            if told:
                read = partial(minutes.read_as, self.connection, version, self.name)
                rebasing.rebase(self.connection, self.name, closed, self.book.rules, read)
                self._reading.word = Told(version, at.newest_event)
            rebases.settle(self.connection, self.name, promotion, at.newest_event if told else None)
        self._panel = NOWHERE
        log.info("baselines re-based" if told else "baselines carried over", stream=self.name, version=version)

    def _put_back(self) -> None:
        """Opens the minutes again that a clock which had jumped ahead closed as silent: they hold nothing yet."""
        with self.connection.begin():
            at = self._lock()
            if at and at.is_ahead(self.clock.now()):
                to = times.floor(at.clock)
                rebasing.put_back(self.connection, self.name, to, self.book.rules, self._reading.minutes)
                clocks.close(self.connection, self.name, to)
                log.warning(
                    "the clock was ahead; minutes opened again", stream=self.name, closed=at.evaluated_to, to=to
                )
        self._panel = NOWHERE

    def _stand(self, at: datetime) -> None:
        """Makes the detectors from rows where they do not stand at this minute under the rules in force.

        Reading history may take a while: the stream's row is not locked meanwhile, and nobody else moves this minute.
        """
        if self._panel.at == times.number(at) and self._panel.rules == self.book.rules:
            return
        with self.connection.begin():
            gone = panel.retire(self.connection, self.name, at, self.book.rules)
            self._record([(found, at) for found in gone])
            self._panel = panel.load(self.connection, self.name, at, self.book.rules, self._reading.minutes)

    def _close(self) -> bool:
        """Closes a chunk of minutes. Whether there are more, or open ones to look at."""
        with self.connection.begin():
            at = self._lock()
            since = at and (at.evaluated_to or self._begin(at))
            if not at or not since:
                return False
            if self._panel.at != times.number(since):
                return True  # an owner before us closed more after we had asked where the stream was: look anew
            closable = times.floor(at.clock)
            first = evidence.first_minute(self.connection, self.name, since) or closable
            until = max(since, min(closable, first + CHUNK))
            found = self._panel.run(self._reading.minutes(since, until), times.number(until))
            self._write([(one, times.start(one[1].minute + 1)) for one in found])
            clocks.close(self.connection, self.name, until)
        return until < closable or not at.ticked

    def _begin(self, at: Position) -> datetime | None:
        """A stream's first look: from its earliest minute on, and never from after its clock."""
        first = evidence.first_minute(self.connection, self.name)
        baselines.forget(self.connection, self.name)
        begin = first and min(first, times.floor(at.clock))
        rebases.settle(self.connection, self.name)
        if begin:
            self._panel = panel.load(self.connection, self.name, begin, self.book.rules, lambda *_: iter(()))
        return begin

    def _look_ahead(self, since: datetime, newest: datetime) -> None:
        with self.connection.begin():
            found = list(self._panel.look_ahead(self._reading.minutes(since, None)))
            if found:
                self._write([(one, min(times.start(one[1].minute + 1), newest)) for one in found])

    def _lock(self) -> Position | None:
        return clocks.lock(self.connection, self.name, self.clock.now(), self.lateness)

    def _write(self, found: Iterable[tuple[Found, datetime]]) -> None:
        self._record(found)
        self._panel.save(self.connection, self.name)

    def _record(self, found: Iterable[tuple[Found, datetime]]) -> None:
        """Writes steps of detectors with the moments that they are of: alerts, their history, their notifications."""
        now, written = self.clock.now(), False
        for (rule, at), steps in groupby(found, key=lambda one: (one[0][0], one[1])):
            Recorder(self.connection, self.name, rule, self.channels, now).write([step for (_, step), _ in steps], at)
            written = True
        if written:
            wake(self.connection)
