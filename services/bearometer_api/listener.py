"""Hears from Postgres that rows changed: one connection a process, on a thread of its own."""

import threading
from collections.abc import Callable

import psycopg
import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bearometer_shared.storage import reading

log = structlog.get_logger()
POLL_S = 1.0
LOOKS = 5  # at the stop flag, within a poll
LONGEST_WAIT_S = 5.0


class Listener:
    """Calls `wake` when a notification came, when polling sees a change that none told of, and after an outage."""

    def __init__(self, engine: Engine, wake: Callable[[], None]) -> None:
        self._engine = engine
        self._wake = wake
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread."""
        self._stopping.set()
        self._thread.join(timeout=2 * POLL_S)

    def _run(self) -> None:
        wait = POLL_S
        while not self._stopping.is_set():
            try:
                with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                    wait = POLL_S
                    self._follow(connection)
            except (DBAPIError, psycopg.Error) as error:
                log.warning("live events wait for postgres", seconds=wait, reason=str(error).splitlines()[0])
                self._stopping.wait(wait)
                wait = min(wait * 2, LONGEST_WAIT_S)

    def _follow(self, connection: Connection) -> None:
        connection.detach()  # ours for good: the pool must never hand out a connection that listens
        listening = reading.listen(connection)
        log.info("live events follow postgres", by="notifications" if listening else "polling")
        seen, woken = None, False
        while not self._stopping.is_set():
            now = reading.marks(connection)
            if woken or now != seen:
                self._wake()
            seen, woken = now, self._pause(connection, listening)

    def _pause(self, connection: Connection, listening: bool) -> bool:
        """Waits for a notification, or until the next poll. True when one came."""
        for _ in range(LOOKS):
            if self._stopping.is_set():
                return False
            if listening and reading.heard(connection, POLL_S / LOOKS):
                return True
            if not listening:
                self._stopping.wait(POLL_S / LOOKS)
        return False
