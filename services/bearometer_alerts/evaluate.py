"""One look at every stream: closes minutes up to its clock, and raises early what the open ones show.

1. Own the stream by an advisory lock. It lives on the very connection that writes: whoever lost it cannot write.
2. Advance it (`stream.py`): all that a look finds and remembers of a stream is committed together.
3. Follow up what time alone brings: snoozes that end, notices that have come due.

Rules and watchlists are read anew at each look. After any failure the memory is dropped and read again from rows.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Connection, Engine

from bearometer_alerts import metrics
from bearometer_alerts.following import FollowUp
from bearometer_alerts.rulebook import Rulebook
from bearometer_alerts.stream import Stream
from bearometer_shared.clock import Clock
from bearometer_shared.settings import Settings
from bearometer_shared.storage import clocks, rebases


class Evaluator:
    """The active evaluator of every stream that no other one owns. Not for several threads.

    Raises UserError where the file of rules is wrong.
    """

    def __init__(self, settings: Settings, engine: Engine, clock: Clock, channels: Collection[str]) -> None:
        self._engine, self._clock, self._channels, self._book = engine, clock, channels, Rulebook(settings)
        self._lateness = timedelta(seconds=settings.lateness_s)
        self._connection: Connection | None = None
        self._streams: dict[str, Stream] = {}

    @property
    def connected(self) -> bool:
        """Whether the last look reached Postgres."""
        return self._connection is not None

    def look(self) -> bool:
        """Looks at every stream once. Whether one has more to close. Raises what Postgres raises."""
        try:
            self._connection = self._connection or self._engine.connect()
            with metrics.PASS_SECONDS.time():
                more = self._advance(self._connection)
                self._follow_up(self._connection)
            return more
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Gives every stream up to whoever stands by."""
        connection, self._connection = self._connection, None
        self._streams.clear()
        if connection:
            connection.invalidate()  # the locks go with the session
            connection.close()

    def _advance(self, connection: Connection) -> bool:
        with connection.begin():
            self._book.look(connection)
            swaps, words = rebases.due(connection), rebases.told(connection)
            positions = clocks.positions(connection, self._clock.now(), self._lateness)
            self._own(connection, [at.name for at in positions])
        mine = [(self._streams[at.name], at) for at in positions if at.name in self._streams]
        more = [stream.advance(at, swaps.get(at.name), words.get(at.name)) for stream, at in mine]
        return any(more)

    def _own(self, connection: Connection, names: Collection[str]) -> None:
        """Takes every stream that nobody else has."""
        for name in names:
            if name not in self._streams and clocks.own(connection, name):
                self._streams[name] = Stream(connection, name, self._book, self._channels, self._clock, self._lateness)

    def _follow_up(self, connection: Connection) -> None:
        """Of every stream: whoever stands by may take it from the owner's hands."""
        with connection.begin():
            FollowUp(connection, self._channels, self._clock.now()).run()
