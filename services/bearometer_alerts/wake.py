"""Waits until somebody says that rows changed, or until it is time to look anyway."""

import psycopg
import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bearometer_shared.service import Stopping
from bearometer_shared.storage import reading

log = structlog.get_logger()
SLICE_S = 0.5  # how long a stop may go unseen


class Waker:
    """Listens on a connection of its own; where that is refused or broken, waiting is polling."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._refused = False

    def wait(self, seconds: float, stopping: Stopping) -> None:
        """Returns at a notification, after `seconds`, or when stopping."""
        try:
            self._listen(seconds, stopping)
        except (DBAPIError, psycopg.Error) as error:
            log.warning("no notifications; polling", reason=str(error).splitlines()[0])
            self.close()
            stopping.wait(seconds)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            connection.invalidate()
            connection.close()

    def _listen(self, seconds: float, stopping: Stopping) -> None:
        if self._connection is None and not self._refused:
            self._connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            self._refused = not reading.listen(self._connection)
            seconds = 0  # what changed before this connection listened is not told: look again
        if self._refused or self._connection is None:
            stopping.wait(seconds)
            return
        while seconds > 0 and not stopping() and not reading.heard(self._connection, min(seconds, SLICE_S)):
            seconds -= SLICE_S
