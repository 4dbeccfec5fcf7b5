"""A worker that is told to stop breaks off its run; that attempt does not count against the run.

Both signals come in the worker's main process. A worker that is killed, or dies, says nothing, and its attempt counts.
"""

from typing import Any

import structlog
from celery import signals
from sqlalchemy.exc import DBAPIError

from bearometer_retrainer import queues
from bearometer_shared.settings import settings
from bearometer_shared.storage import claims
from bearometer_shared.storage.session import connect, is_outage, transaction

log = structlog.get_logger()
received: set[int] = set()  # runs that this worker was told of; those that have ended since are no matter


@signals.task_received.connect  # type: ignore[untyped-decorator]  # celery ships no types
def remember(request: Any, **_: object) -> None:
    """A run was handed to this worker."""
    if request.name == queues.RUN:
        received.add(request.args[0])


@signals.worker_shutting_down.connect  # type: ignore[untyped-decorator]  # celery ships no types
def give_back(**_: object) -> None:
    """The worker was told to stop."""
    database = connect(settings(), pool=1)
    try:
        with transaction(database) as connection:
            for run_id in received:
                claims.give_back(connection, run_id)
    except DBAPIError as error:
        if not is_outage(error):
            raise
        log.warning("postgres is away; the attempt counts")
    finally:
        database.dispose()
