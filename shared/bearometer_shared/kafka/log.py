"""The log, over kafka-python 3: topics read whole, counted and made."""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import TopicAlreadyExistsError

from bearometer_shared.kafka.connect import make, translated
from bearometer_shared.kafka.outside import end_offsets, reading, record
from bearometer_shared.kafka.port import (
    MAX_DEAD_LETTER,
    MAX_RECORD,
    NEWS_DLQ,
    TOPICS,
    KafkaUnavailableError,
    Partition,
    Record,
)
from bearometer_shared.settings import Settings

READ_TIMEOUT_S = 30.0


class RealLog:
    """Topics read and made outside any group."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._admin = make(KafkaAdminClient, settings)

    def ensure_topics(self) -> None:
        with translated():
            for topic in sorted(set(TOPICS) - set(self._admin.list_topics())):
                with suppress(TopicAlreadyExistsError):  # made by another process meanwhile
                    self._admin.create_topics({topic: self._shape(topic)}, wait_for_metadata=True)

    def _shape(self, topic: str) -> dict[str, Any]:
        limit = MAX_DEAD_LETTER if topic == NEWS_DLQ else MAX_RECORD
        return {
            "num_partitions": self._settings.kafka_partitions,
            "replication_factor": self._settings.kafka_replication,
            "configs": {"max.message.bytes": str(limit)},
        }

    def read(self, topic: str) -> Iterator[Record]:
        with reading(self._settings, topic) as (client, where):
            ends = end_offsets(client, where)
            client.seek_to_beginning(*where)
            deadline = time.monotonic() + READ_TIMEOUT_S
            while any(client.position(tp) < ends[tp] for tp in where):
                for tp, raws in client.poll(timeout_ms=500).items():
                    yield from (record(raw) for raw in raws if raw.offset < ends[tp])
                    deadline = time.monotonic() + READ_TIMEOUT_S
                if time.monotonic() > deadline:
                    raise KafkaUnavailableError(f"no record of {topic} came for {READ_TIMEOUT_S:.0f} s")

    def counts(self, topic: str) -> dict[Partition, int]:
        with reading(self._settings, topic) as (client, where):
            starts, ends = client.beginning_offsets(where), end_offsets(client, where)
            return {Partition(tp.topic, tp.partition): ends[tp] - starts[tp] for tp in where}

    def lag(self, group: str, topic: str) -> int:
        with reading(self._settings, topic, group_id=group) as (client, where):
            starts, ends = client.beginning_offsets(where), end_offsets(client, where)
            return sum(max(0, ends[tp] - max(client.committed(tp) or 0, starts[tp])) for tp in where)

    def close(self) -> None:
        self._admin.close()
