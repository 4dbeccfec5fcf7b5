"""When a run begins by itself: enough fresh labels, a drift and labels to learn from, or enough time with a label."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from bearometer_retrainer.lesson import HELD_OUT
from bearometer_retrainer.rules import MIN_HELD_OUT
from bearometer_shared.settings import Settings
from bearometer_shared.storage import drifts, labels, models, runs

DRIFT_LABELS = MIN_HELD_OUT * HELD_OUT  # fewer leave too few to judge by


def consider(connection: Connection, settings: Settings, now: datetime) -> int | None:
    """Queues a run if one is due and returns its id. The period's unique row makes a second scheduler harmless."""
    waiting = labels.waiting(connection)
    if waiting is None or runs.active(connection) is not None:
        return None
    if waiting.count >= settings.retrain_labels:
        # The oldest fresh label names the batch: a run that failed on it is repeated by the schedule, not every 30 s.
        return runs.queue(connection, trigger="labels", period=f"labels-{waiting.oldest}", at=now)
    drifted = settings.drift_alarms > 0 and waiting.count >= min(DRIFT_LABELS, settings.retrain_labels)
    if drifted and (queued := _of_drift(connection, now)):
        return queued
    every = timedelta(hours=settings.retrain_every_h)
    if now - (runs.last_created(connection) or waiting.since) < every:
        return None
    number = int(now.timestamp() // every.total_seconds())
    return runs.queue(connection, trigger="schedule", period=f"schedule-{number}", at=now)


def _of_drift(connection: Connection, now: datetime) -> int | None:
    """A run for a drift that stands: one a week of the stream's own time, if the champion outlives it."""
    champion = models.champion(connection)
    for found in drifts.standing(connection, champion.version, now) if champion else ():
        period = f"drift-{found['version']}-{found['stream']}-{found['day']:%G-W%V}"
        reason = f"stream {found['stream']}: {found['reason']}"
        if queued := runs.queue(connection, trigger="drift", period=period, reason=reason, at=now):
            return queued
    return None
