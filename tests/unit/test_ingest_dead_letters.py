"""Dead letters can be read and sent again, whatever stands on their topic."""

import base64
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from bearometer_ingest.dead_letters import chosen, resend, standing
from bearometer_shared.errors import UserError
from bearometer_shared.kafka.memory import MemoryBroker, MemoryLog, MemoryProducer
from bearometer_shared.kafka.port import NEWS_DLQ, NEWS_RAW
from bearometer_shared.wire import DeadLetter, encode

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def letter(identity: str, value: bytes, key: str | None = "k", topic: str = NEWS_RAW) -> DeadLetter:
    text = base64.b64encode(value).decode()
    return DeadLetter(id=identity, topic=topic, partition=1, offset=7, key=key, value=text, reason="not JSON", at=NOW)


def broker(*letters: DeadLetter) -> MemoryBroker:
    filled = MemoryBroker()
    producer = MemoryProducer(filled)
    for each in letters:
        producer.send(NEWS_DLQ, each.id, encode(each))
    producer.flush()
    return filled


def test_a_letter_that_was_written_twice_counts_once() -> None:
    log = MemoryLog(broker(letter("a", b"1"), letter("a", b"1"), letter("b", b"2")))
    assert sorted(found.letter.id for found in standing(log)) == ["a", "b"]


def test_the_original_bytes_and_key_go_back_to_their_topic() -> None:
    kafka = broker(letter("a", b"\xff\0{", key="item-1"), letter("b", b"", key=None))
    assert resend(standing(MemoryLog(kafka)), MemoryProducer(kafka)) == 2
    sent = {record.key: record for record in MemoryLog(kafka).read(NEWS_RAW)}
    assert sent[b"item-1"].value == b"\xff\0{"
    assert (sent[None].value, sent[None].partition.number) == (b"", 1)


def test_a_letter_is_found_by_its_id_or_it_is_the_users_mistake() -> None:
    log = MemoryLog(broker(letter("a", b"1")))
    assert chosen(log, "a").content == b"1"
    with pytest.raises(UserError, match="no dead letter has the id 'b'"):
        chosen(log, "b")


@pytest.mark.parametrize("topic", ["elsewhere", NEWS_DLQ])
def test_a_letter_cannot_lead_to_another_topic(topic: str) -> None:
    kafka = broker(letter("a", b"1", topic=topic))
    with pytest.raises(UserError, match="may go back to"):
        resend(standing(MemoryLog(kafka)), MemoryProducer(kafka))


def test_what_is_no_dead_letter_is_passed_over() -> None:
    kafka = broker(letter("a", b"1"), letter("b", b"2").model_copy(update={"value": "no base64!"}))
    producer = MemoryProducer(kafka)
    producer.send(NEWS_DLQ, "x", b"rubbish")
    producer.flush()
    with capture_logs() as said:
        assert [found.letter.id for found in standing(MemoryLog(kafka))] == ["a"]
    assert len(said) == 2
