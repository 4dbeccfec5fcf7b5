"""A stream's minutes as the rules in force ask for them, those from before a swap as the new model tells them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from sqlalchemy import Connection

from bearometer_alerts import minutes, times
from bearometer_alerts.detector import Minute
from bearometer_alerts.rulebook import Rulebook
from bearometer_alerts.widening import widen
from bearometer_shared.storage import told
from bearometer_shared.storage.rebases import Told


@dataclass
class Reading:
    """`word` is what the model that serves told of history, while minutes from before its swap are still open."""

    connection: Connection
    stream: str
    book: Rulebook
    word: Told | None = None

    def minutes(self, since: datetime, until: datetime | None) -> Iterator[Minute]:
        """From `since` to before `until`, in order; to the newest where that is None."""
        found = self._counted(since, until)
        if not self.book.widens:
            return found
        return widen(found, told.read(self.connection, self.stream, since, until), self.book.groups)

    def _counted(self, since: datetime, until: datetime | None) -> Iterator[Minute]:
        turn = self.word and times.floor(self.word.to) + timedelta(minutes=1)
        if not self.word or not turn or since >= turn:
            return minutes.read(self.connection, self.stream, since, until)
        before = min(turn, until or turn)
        first = minutes.read_as(self.connection, self.word.version, self.stream, since, before, every=True)
        rest = until is None or turn < until
        return chain(first, minutes.read(self.connection, self.stream, turn, until) if rest else ())
