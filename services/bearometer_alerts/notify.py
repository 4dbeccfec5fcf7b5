"""Delivers what waits in the outbox, one channel a notifier, so that a slow one delays no other.

A notification is taken under a row lock, sent, and marked in one transaction. A crash between sending and marking
repeats it with the same id. What fails is tried again with exponential back-off and jitter, for three days.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bearometer_alerts import metrics
from bearometer_alerts.channel import Channel, GoneError, NotDeliveredError
from bearometer_shared.clock import Clock
from bearometer_shared.kafka.port import KafkaUnavailableError
from bearometer_shared.service import Stopping
from bearometer_shared.storage import outbox
from bearometer_shared.storage.outbox import Notification
from bearometer_shared.storage.session import is_outage, transaction

log = structlog.get_logger()
GIVE_UP_AFTER = timedelta(days=3)
FIRST_DELAY_S, LONGEST_DELAY_S = 5.0, 3600.0
LONGEST_OUTAGE_WAIT_S = 10.0


@dataclass
class Notifier:
    """One thread of its own. `gone` is why the receiver wants no more, until the service starts anew."""

    engine: Engine
    channel: Channel
    clock: Clock
    tick_s: float = 1.0
    gone: str = field(default="", init=False)

    def follow(self, stopping: Stopping) -> None:
        """Delivers until stopping. An outage of Kafka or Postgres is a delay and a log line."""
        wait = self.tick_s
        while not stopping():
            try:
                busy, wait = self.deliver_due() > 0, self.tick_s
            except (KafkaUnavailableError, DBAPIError) as error:
                if isinstance(error, DBAPIError) and not is_outage(error):
                    raise
                busy, wait = False, min(wait * 2, LONGEST_OUTAGE_WAIT_S)
                log.warning("notifier waits", channel=self.channel.name, seconds=wait, reason=_line(error))
            if not busy:
                stopping.wait(wait)

    def deliver_due(self) -> int:
        """Tries a batch of what is due. Returns how many it was."""
        with transaction(self.engine) as connection:
            due = outbox.due(connection, self.channel.name, self.clock.now(), self.channel.batch)
            if due:
                self._deliver(connection, due)
        return len(due)

    def _deliver(self, connection: Connection, due: Sequence[Notification]) -> None:
        try:
            if self.gone:
                raise GoneError(self.gone)
            self.channel.deliver(due, self.clock.now())
        except NotDeliveredError as error:
            self._put_off(connection, due, str(error))
        except GoneError as error:
            self._disable(connection, due, str(error))
        else:
            for notification in due:
                outbox.delivered(connection, notification.id, self.clock.now())
            metrics.NOTIFICATIONS.labels(self.channel.name, "delivered").inc(len(due))

    def _put_off(self, connection: Connection, due: Sequence[Notification], reason: str) -> None:
        now = self.clock.now()
        for notification in due:
            late = now - notification.created_at >= GIVE_UP_AFTER
            next_at = None if late else now + delay(notification.attempts)
            outbox.failed(connection, notification.id, reason, next_at)
            log.warning(
                "not delivered", channel=self.channel.name, id=str(notification.id), reason=reason, next=next_at
            )
        metrics.NOTIFICATIONS.labels(self.channel.name, "failed").inc(len(due))

    def _disable(self, connection: Connection, due: Sequence[Notification], reason: str) -> None:
        if not self.gone:
            log.error("channel disabled; restart to try again", channel=self.channel.name, reason=reason)
        self.gone = reason
        for notification in due:
            outbox.failed(connection, notification.id, reason, next_at=None)
        metrics.NOTIFICATIONS.labels(self.channel.name, "refused").inc(len(due))


def delay(attempts: int) -> timedelta:
    """How long to wait after so many earlier attempts."""
    seconds = min(FIRST_DELAY_S * 2.0 ** min(attempts, 30), LONGEST_DELAY_S)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, no secret


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
