"""Delivers what waits in the outbox, one channel a notifier, so that a slow one delays no other.

1. Take what is due under row locks, in one transaction that lasts as long as one message's deadline at most.
2. Drop what the channel does not want; hold back what comes in its quiet hours or waits for its digest.
3. Send one message: what is prompt first, else what was held back, all together.
4. Mark it. A crash between sending and marking repeats it with the same ids.

What fails is tried again with exponential back-off and jitter, for three days.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from bearometer_alerts import digest, metrics
from bearometer_alerts.channel import Channel, GoneError, NotDeliveredError
from bearometer_alerts.subscription import Subscription
from bearometer_shared.clock import Clock
from bearometer_shared.kafka.port import KafkaUnavailableError
from bearometer_shared.service import Stopping
from bearometer_shared.storage import disabled_channels, outbox
from bearometer_shared.storage.outbox import Notification
from bearometer_shared.storage.session import is_outage, transaction

log = structlog.get_logger()
GIVE_UP_AFTER = timedelta(days=3)
FIRST_DELAY_S, LONGEST_DELAY_S = 5.0, 3600.0
LONGEST_OUTAGE_WAIT_S = 10.0


@dataclass
class Notifier:
    """One thread of its own. A receiver that wants no more gets none until a person enables its channel."""

    engine: Engine
    channel: Channel
    clock: Clock
    tick_s: float = 1.0
    subscription: Subscription = field(default_factory=Subscription)

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
        """Tries a message of what is due. Returns how many notifications were taken in hand."""
        limit = digest.MOST if self.subscription.holds else self.channel.batch
        with transaction(self.engine) as connection:
            due = outbox.due(connection, self.channel.name, self.clock.now(), limit)
            ready = [notification for notification in due if self._is_ready(connection, notification)]
            prompt = [notification for notification in ready if not self._was_held(notification)]
            if prompt:
                first = prompt[: self.channel.batch]
                self._deliver(connection, first, first)
            elif ready:
                self._deliver(connection, ready, [digest.merge(ready)])
        return len(due)

    def _is_ready(self, connection: Connection, notification: Notification) -> bool:
        """Whether it goes out now. Drops what the channel does not want; holds back what it wants later."""
        now = self.clock.now()
        if not self.subscription.wants(notification.payload):
            outbox.drop(connection, notification.id)
            return False
        opens = self.subscription.opens(notification, now)
        if opens > now:
            outbox.hold(connection, notification.id, opens)
        return opens <= now

    def _was_held(self, notification: Notification) -> bool:
        return self.subscription.begins(notification) > notification.created_at

    def _deliver(self, connection: Connection, due: Sequence[Notification], message: Sequence[Notification]) -> None:
        try:
            if reason := disabled_channels.reasons(connection).get(self.channel.name):
                raise GoneError(reason)
            self.channel.deliver(message, self.clock.now())
        except NotDeliveredError as error:
            self._put_off(connection, due, str(error))
        except GoneError as error:
            self._disable(connection, due, str(error))
        else:
            for notification in due:
                outbox.delivered(connection, notification.id, self.clock.now())
            metrics.NOTIFICATIONS.labels(self.channel.name, "delivered").inc(len(due))

    def _put_off(self, connection: Connection, due: Sequence[Notification], reason: str) -> None:
        """All to the same time: a digest stays together."""
        now = self.clock.now()
        later = now + delay(max(notification.attempts for notification in due))
        for notification in due:
            late = now - self.subscription.begins(notification) >= GIVE_UP_AFTER
            next_at = None if late else later
            outbox.failed(connection, notification.id, reason, next_at)
            log.warning(
                "not delivered", channel=self.channel.name, id=str(notification.id), reason=reason, next=next_at
            )
        metrics.NOTIFICATIONS.labels(self.channel.name, "failed").inc(len(due))

    def _disable(self, connection: Connection, due: Sequence[Notification], reason: str) -> None:
        name = self.channel.name
        if disabled_channels.disable(connection, name, reason, self.clock.now()):
            log.error("channel disabled until `bearometer channels enable`", channel=name, reason=reason)
        for notification in due:
            outbox.failed(connection, notification.id, reason, next_at=None)
        metrics.NOTIFICATIONS.labels(name, "refused").inc(len(due))


def delay(attempts: int) -> timedelta:
    """How long to wait after so many earlier attempts."""
    seconds = min(FIRST_DELAY_S * 2.0 ** min(attempts, 30), LONGEST_DELAY_S)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, no secret


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
