"""Records that cannot be taken: kept with their reason, acknowledged before the offset moves, and never too many."""

import base64
from collections import deque
from collections.abc import Sequence

from bearometer_shared.clock import Clock
from bearometer_shared.errors import BearometerError
from bearometer_shared.kafka.port import NEWS_DLQ, Producer, Record
from bearometer_shared.wire import DeadLetter, encode

WINDOW = 200


class TooManyDeadLettersError(BearometerError):
    """So many records failed that the fault is likelier ours than theirs: a person must look."""


class DeadLetters:
    """Sends refused records to `news.dlq`. Watches their share of the last records, so that a bad release never
    drains the topic: the share is checked before anything is sent.
    """

    def __init__(self, producer: Producer, clock: Clock, share: float) -> None:
        self._producer, self._clock, self._share = producer, clock, share
        self._recent: deque[bool] = deque(maxlen=WINDOW)

    def send(self, refused: Sequence[tuple[Record, str]], read: int) -> None:
        """Sends and flushes. Raises TooManyDeadLettersError, or KafkaUnavailableError: nothing may move then."""
        recent = [*self._recent, *[False] * (read - len(refused)), *[True] * len(refused)][-WINDOW:]
        if len(recent) == WINDOW and sum(recent) > self._share * WINDOW:
            newest = f"; the newest: {refused[-1][1]}" if refused else ""
            raise TooManyDeadLettersError(f"{sum(recent)} of the last {WINDOW} records could not be taken{newest}")
        for record, reason in refused:
            letter = self._letter(record, reason)
            self._producer.send(NEWS_DLQ, letter.id, encode(letter))
        if refused:
            self._producer.flush()
        self._recent.extend(recent)

    def _letter(self, record: Record, reason: str) -> DeadLetter:
        where = record.partition
        return DeadLetter(
            id=f"{where.topic}-{where.number}-{record.offset}",
            topic=where.topic,
            partition=where.number,
            offset=record.offset,
            key=record.key.decode("utf-8", "replace") if record.key is not None else None,
            value=base64.b64encode(record.value or b"").decode(),
            reason=reason[:500],
            at=self._clock.now(),
        )
