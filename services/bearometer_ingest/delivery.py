"""Hands records to news.raw and holds on to them until they are acknowledged, however long that takes."""

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import structlog

from bearometer_ingest.metrics import OUTAGES
from bearometer_shared.kafka.port import NEWS_RAW, KafkaUnavailableError, Producer

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 10.0
Result = TypeVar("Result")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record for news.raw; without a partition its key chooses one."""

    key: str
    value: bytes
    partition: int | None = None


class Delivery:
    """At least once, in order within each partition. `trouble` says why Kafka takes nothing now, or is empty.

    `connect` makes a producer; one that failed is replaced, since an idempotent producer may never recover.
    `wait` sleeps and says whether to stop: only then does an outage end in KafkaUnavailableError.
    """

    def __init__(self, connect: Callable[[], Producer], wait: Callable[[float], bool]) -> None:
        self._connect, self._wait = connect, wait
        self._producer: Producer | None = None
        self.trouble = ""

    def deliver(self, records: Sequence[Outgoing]) -> None:
        """Blocks until every record is acknowledged. After a failure all of them are sent again, in the same order."""
        if records:
            self._retrying(lambda producer: _send(producer, records))

    def partitions(self) -> int:
        """How many partitions news.raw has."""
        return self._retrying(lambda producer: producer.partitions(NEWS_RAW))

    def close(self) -> None:
        producer, self._producer = self._producer, None
        if producer:
            with suppress(KafkaUnavailableError):  # nothing unacknowledged is in it that its sender does not know of
                producer.close()

    def _retrying(self, work: Callable[[Producer], Result]) -> Result:
        delay = FIRST_WAIT_S
        while True:
            try:
                result = self._attempt(work)
                self._recovered()
                return result
            except KafkaUnavailableError as error:
                self._failed(error)
                if self._wait(delay * random.uniform(0.5, 1.5)):  # noqa: S311 - jitter, no secret
                    raise
            delay = min(delay * 2, LONGEST_WAIT_S)

    def _attempt(self, work: Callable[[Producer], Result]) -> Result:
        self._producer = self._producer or self._connect()
        return work(self._producer)

    def _failed(self, error: KafkaUnavailableError) -> None:
        if not self.trouble:
            log.warning("kafka is away; holding on", reason=str(error))
        self.trouble = f"kafka is away: {error}"
        OUTAGES.inc()
        self.close()

    def _recovered(self) -> None:
        if self.trouble:
            log.info("kafka is back")
        self.trouble = ""


def _send(producer: Producer, records: Sequence[Outgoing]) -> None:
    for record in records:
        producer.send(NEWS_RAW, record.key, record.value, record.partition)
    producer.flush()
