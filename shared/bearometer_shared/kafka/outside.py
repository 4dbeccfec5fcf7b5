"""Reading a topic outside any group, and where its partitions end."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from bearometer_shared.kafka.connect import MAX_FETCH, REACH_TIMEOUT_S, make, translated
from bearometer_shared.kafka.port import Partition, Record
from bearometer_shared.settings import Settings


@contextmanager
def reading(settings: Settings, topic: str, **options: Any) -> Iterator[tuple[Any, list[TopicPartition]]]:
    """A consumer that is no member of a group, and the topic's partitions."""
    options |= {"enable_auto_commit": False, "allow_auto_create_topics": False}
    client = make(KafkaConsumer, settings, fetch_max_bytes=MAX_FETCH, fetch_max_wait_ms=50, **options)
    with translated():
        try:
            yield client, [TopicPartition(topic, number) for number in sorted(client.partitions_for_topic(topic))]
        finally:
            client.close(autocommit=False)


def end_offsets(client: Any, where: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
    """Where each partition ends. Leaves the client assigned to them.

    Kafka's stand-in (Tansu) leaves its newest batch out of what it says; what a fetch from there tells is exact.
    """
    said = client.end_offsets(where)
    client.assign(where)
    for tp in where:
        client.seek(tp, said[tp])
    deadline = time.monotonic() + REACH_TIMEOUT_S
    while any(client.highwater(tp) is None for tp in where) and time.monotonic() < deadline:
        client.poll(timeout_ms=100)
    return {tp: max(said[tp], client.highwater(tp) or 0) for tp in where}


def record(raw: Any) -> Record:
    where = Partition(raw.topic, raw.partition)
    return Record(where, raw.offset, raw.key, raw.value, datetime.fromtimestamp(raw.timestamp / 1000, UTC))
