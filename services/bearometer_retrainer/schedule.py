"""When a run begins by itself: enough fresh labels, or enough time with at least one."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from bearometer_shared.settings import Settings
from bearometer_shared.storage import labels, runs


def consider(connection: Connection, settings: Settings, now: datetime) -> int | None:
    """Queues a run if one is due and returns its id. The period's unique row makes a second scheduler harmless."""
    waiting = labels.waiting(connection)
    if waiting is None or runs.active(connection) is not None:
        return None
    if waiting.count >= settings.retrain_labels:
        # The oldest fresh label names the batch: a run that failed on it is repeated by the schedule, not every 30 s.
        return runs.queue(connection, trigger="labels", period=f"labels-{waiting.oldest}", at=now)
    every = timedelta(hours=settings.retrain_every_h)
    if now - (runs.last_created(connection) or waiting.since) < every:
        return None
    number = int(now.timestamp() // every.total_seconds())
    return runs.queue(connection, trigger="schedule", period=f"schedule-{number}", at=now)
