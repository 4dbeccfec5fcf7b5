"""Engines and transactions. A request, a batch or a task is one transaction; the edge owns it."""

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, OperationalError

from bearometer_shared.clock import Clock
from bearometer_shared.errors import UserError
from bearometer_shared.settings import Settings

WAKE_CHANNEL = "bearometer"
Result = TypeVar("Result")
# A server whose machine or network is gone says nothing: within half a minute that is an outage, not a wait for ever.
_PROBED = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 4, "tcp_user_timeout": 30_000}
log = structlog.get_logger()


def connect(settings: Settings, pool: int = 5) -> Engine:
    """An engine with a small pool. Connections that died are replaced before use."""
    url = settings.database_url.get_secret_value()
    if not url:
        raise UserError("BEAROMETER_DATABASE_URL is not set; `bearometer up` starts a Postgres of its own")
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)
    arguments = {"connect_timeout": 5, "application_name": f"bearometer-{os.getpid()}"}
    engine = create_engine(url, pool_pre_ping=True, pool_size=pool, max_overflow=pool, connect_args=arguments | _PROBED)
    event.listen(engine, "handle_error", _close_cursor)
    return engine


def _close_cursor(context: ExceptionContext) -> None:
    """SQLAlchemy drops the cursor of a connection that died under it; one that was a server's wants to be closed."""
    if context.is_disconnect and context.execution_context is not None:
        context.execution_context.cursor.close()


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction: commits at the end, rolls back on any exception."""
    with engine.begin() as connection:
        yield connection


def wake(connection: Connection) -> None:
    """Wakes everyone who listens, when this transaction commits. The message is empty: readers look at rows."""
    connection.execute(text(f"NOTIFY {WAKE_CHANNEL}"))


def is_outage(error: BaseException) -> bool:
    """Whether a failure is the server's absence, which passes, and not a mistake, which does not."""
    return isinstance(error, OperationalError) or (isinstance(error, DBAPIError) and error.connection_invalidated)


def follow(look: Callable[[], None], stopping: threading.Event, every_s: float) -> None:
    """Looks again and again until told to stop; an outage of Postgres is waited out."""
    while not stopping.wait(every_s):
        try:
            look()
        except DBAPIError as error:
            if not is_outage(error):
                raise


def retrying(work: Callable[[], Result], clock: Clock, stopping: Callable[[], bool] = lambda: False) -> Result:
    """Runs `work` until the database answers, with jittered back-off up to 10 s. Other failures are raised."""
    delay = 0.2
    while True:
        try:
            return work()
        except DBAPIError as error:
            if not is_outage(error) or stopping():
                raise
            log.warning("postgres is away; waiting", seconds=round(delay, 1), reason=str(error.orig).splitlines()[0])
            clock.sleep(delay * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret
            delay = min(delay * 2, 10)
