"""The topic `alerts`: one record a step, keyed by fingerprint, so that a key's steps stay in order."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime

from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.port import ALERTS, Producer
from bearometer_shared.kafka.producer import RealProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage.outbox import Notification
from bearometer_shared.wire import AlertEvent, encode


class TopicChannel:
    """Connects at the first delivery: the service starts without Kafka. Raises KafkaUnavailableError, an outage."""

    name = "kafka"
    batch = 100

    def __init__(self, connect: Callable[[], Producer]) -> None:
        self._connect = connect
        self._producer: Producer | None = None

    def deliver(self, notifications: Sequence[Notification], now: datetime) -> None:
        self._producer = self._producer or self._connect()
        for notification in notifications:
            event = AlertEvent.model_validate(notification.payload)
            self._producer.send(ALERTS, event.fingerprint, encode(event))
        self._producer.flush()

    def close(self) -> None:
        if self._producer:
            self._producer.close()


def connect(settings: Settings) -> RealProducer:
    """A producer, after making our topics where they are missing."""
    with closing(RealLog(settings)) as log:
        log.ensure_topics()
    return RealProducer(settings)
