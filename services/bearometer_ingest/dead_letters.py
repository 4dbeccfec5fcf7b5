"""Reading what could not be taken, and sending it again."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import structlog
from pydantic import ValidationError

from bearometer_shared.errors import UserError
from bearometer_shared.kafka.port import NEWS_DLQ, TOPICS, Log, Record
from bearometer_shared.wire import DeadLetter

AT_ONCE = 50  # letters that are sent between two acknowledgements
log = structlog.get_logger()


class RawProducer(Protocol):
    """A producer that can send a record as it was, even one without a key."""

    def send(self, topic: str, key: str | None, value: bytes | None, partition: int | None = None) -> None: ...

    def flush(self) -> None: ...


@dataclass(frozen=True)
class Found:
    """A dead letter with the bytes that it holds."""

    letter: DeadLetter
    content: bytes


def standing(topics: Log) -> Iterator[Found]:
    """Every dead letter, read one by one. One that was written twice comes once."""
    seen = set[str]()
    for record in topics.read(NEWS_DLQ):
        found = _opened(record)
        if found and found.letter.id not in seen:
            seen.add(found.letter.id)
            yield found


def chosen(topics: Log, identifier: str) -> Found:
    """The letter of that id. Raises UserError where there is none."""
    found = next((found for found in standing(topics) if found.letter.id == identifier), None)
    if not found:
        raise UserError(f"no dead letter has the id {identifier!r}; `bearometer topics dlq list` names them")
    return found


def resend(letters: Iterable[Found], producer: RawProducer) -> int:
    """Produces the bytes again to the topic they came from, under the same key. Returns how many."""
    count = 0
    for count, found in enumerate(letters, 1):
        _send(found, producer)
        if count % AT_ONCE == 0:
            producer.flush()
    producer.flush()
    return count


def _send(found: Found, producer: RawProducer) -> None:
    """Without a key nothing else tells the partition, so it is the one it came from."""
    letter = found.letter
    if letter.topic not in TOPICS or letter.topic == NEWS_DLQ:
        raise UserError(f"{letter.id} came from {letter.topic!r}, which is not a topic that it may go back to")
    producer.send(letter.topic, letter.key, found.content, None if letter.key is not None else letter.partition)


def _opened(record: Record) -> Found | None:
    """The topic is open to other programs: what is no dead letter is told and passed over."""
    try:
        letter = DeadLetter.model_validate_json(record.value or b"")
        return Found(letter, base64.b64decode(letter.value, validate=True))
    except (ValidationError, binascii.Error):
        log.warning("not a dead letter", topic=NEWS_DLQ, partition=record.partition.number, offset=record.offset)
        return None
