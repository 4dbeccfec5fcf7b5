"""The Kafka adapter, over kafka-python 3. The traps that shape it are noted where they bite."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from bearometer_shared.kafka.port import (
    ALERTS,
    NEWS_DLQ,
    NEWS_RAW,
    NEWS_SCORED,
    KafkaUnavailableError,
    Partition,
    Record,
)
from bearometer_shared.settings import Settings

MAX_RECORD = 8 * 1024 * 1024
ACK_TIMEOUT_S = 30.0


def connection(settings: Settings) -> dict[str, Any]:
    """Client options for reaching the brokers, SASL and TLS passed through."""
    secret = settings.kafka_sasl_password
    options = {
        "bootstrap_servers": settings.kafka.split(","),
        "security_protocol": settings.kafka_security_protocol,
        "sasl_mechanism": settings.kafka_sasl_mechanism,
        "sasl_plain_username": settings.kafka_sasl_username,
        "sasl_plain_password": secret.get_secret_value() if secret else None,
        "ssl_cafile": settings.kafka_ssl_cafile and str(settings.kafka_ssl_cafile),
        "ssl_certfile": settings.kafka_ssl_certfile and str(settings.kafka_ssl_certfile),
        "ssl_keyfile": settings.kafka_ssl_keyfile and str(settings.kafka_ssl_keyfile),
    }
    return {name: value for name, value in options.items() if value is not None}


@contextmanager
def translated() -> Iterator[None]:
    """Turns the client's own failures into the port's."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise KafkaUnavailableError(f"{type(error).__name__}: {error}") from error


class _Flags(ConsumerRebalanceListener):
    """Rebalance callbacks run on the I/O thread, where committing raises: they only set flags."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fresh: set[Partition] = set()

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        with self._lock:
            self._fresh |= {Partition(tp.topic, tp.partition) for tp in assigned}

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        with self._lock:
            self._fresh -= {Partition(tp.topic, tp.partition) for tp in revoked}

    def take(self) -> set[Partition]:
        with self._lock:
            fresh, self._fresh = self._fresh, set()
        return fresh


class RealConsumer:
    """A member of `group` on one topic, cooperative-sticky, that commits only when told."""

    def __init__(self, settings: Settings, topic: str, group: str) -> None:
        self._flags = _Flags()
        with translated():
            self._client = KafkaConsumer(
                **connection(settings),
                group_id=group,
                enable_auto_commit=False,
                allow_auto_create_topics=False,
                auto_offset_reset="earliest",
                partition_assignment_strategy=[CooperativeStickyAssignor],
                session_timeout_ms=int(settings.session_timeout_s * 1000),
                heartbeat_interval_ms=int(settings.session_timeout_s * 1000 / 4),
                max_partition_fetch_bytes=MAX_RECORD,
                fetch_max_wait_ms=100,
            )
            self._client.subscribe([topic], listener=self._flags)

    def poll(self, timeout_s: float, max_records: int) -> list[Record]:
        with translated():
            found = self._client.poll(timeout_ms=int(timeout_s * 1000), max_records=max_records)
        return [_record(raw) for raws in found.values() for raw in raws]

    def newly_assigned(self) -> set[Partition]:
        return self._flags.take()

    def assigned(self) -> set[Partition]:
        return {Partition(tp.topic, tp.partition) for tp in self._client.assignment()}

    def seek(self, partition: Partition, offset: int) -> int:
        where = TopicPartition(partition.topic, partition.number)
        with translated():
            start = offset if offset <= self._client.end_offsets([where])[where] else 0
            if where in self._client.assignment():
                self._client.seek(where, start)
        return start

    def pause(self) -> None:
        self._client.pause(*self._client.assignment())

    def resume(self) -> None:
        self._client.resume(*self._client.paused())

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        entries = {TopicPartition(p.topic, p.number): OffsetAndMetadata(o, "", -1) for p, o in offsets.items()}
        with translated():
            self._client.commit_async(entries)

    def close(self) -> None:
        with translated():
            self._client.close(autocommit=False, timeout_ms=5000)


class RealProducer:
    """An idempotent producer; every send's future is checked at the next flush."""

    def __init__(self, settings: Settings) -> None:
        self._sent: list[Any] = []
        with translated():
            self._client = KafkaProducer(
                **connection(settings),
                acks="all",
                compression_type="lz4",
                linger_ms=5,
                batch_size=256 * 1024,
                max_request_size=MAX_RECORD,
                allow_auto_create_topics=False,
                delivery_timeout_ms=int(ACK_TIMEOUT_S * 1000),
                request_timeout_ms=10_000,
                max_block_ms=10_000,
            )

    def send(self, topic: str, key: str, value: bytes, partition: int | None = None) -> None:
        with translated():
            self._sent.append(self._client.send(topic, key=key.encode(), value=value, partition=partition))

    def flush(self) -> None:
        sent, self._sent = self._sent, []
        with translated():
            self._client.flush(timeout=ACK_TIMEOUT_S)
            for future in sent:
                future.get(timeout=ACK_TIMEOUT_S)

    def partitions(self, topic: str) -> int:
        with translated():
            return len(self._client.partitions_for(topic))

    def close(self) -> None:
        with translated():
            self._client.close(timeout=5)


class RealLog:
    """Topics read and made outside any group."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        with translated():
            self._admin = KafkaAdminClient(**connection(settings))

    def ensure_topics(self) -> None:
        shape = {
            "num_partitions": self._settings.kafka_partitions,
            "replication_factor": self._settings.kafka_replication,
            "configs": {"max.message.bytes": str(MAX_RECORD)},
        }
        for topic in (NEWS_RAW, NEWS_SCORED, NEWS_DLQ, ALERTS):
            with translated():
                try:
                    self._admin.create_topics({topic: shape}, wait_for_metadata=True)
                except TopicAlreadyExistsError:
                    continue

    def read(self, topic: str) -> Iterator[Record]:
        with translated():
            client = KafkaConsumer(
                **connection(self._settings), allow_auto_create_topics=False, max_partition_fetch_bytes=MAX_RECORD
            )
            try:
                where = [TopicPartition(topic, number) for number in client.partitions_for_topic(topic) or ()]
                client.assign(where)
                client.seek_to_beginning(*where)
                ends = client.end_offsets(where)
                while any(client.position(tp) < ends[tp] for tp in where):
                    for raws in client.poll(timeout_ms=500).values():
                        yield from map(_record, raws)
            finally:
                client.close(autocommit=False)

    def lag(self, group: str, topic: str) -> int:
        with translated():
            client = KafkaConsumer(**connection(self._settings), group_id=group, enable_auto_commit=False)
            try:
                where = [TopicPartition(topic, number) for number in client.partitions_for_topic(topic) or ()]
                ends = client.end_offsets(where)
                return sum(end - (client.committed(tp) or 0) for tp, end in ends.items())
            finally:
                client.close(autocommit=False)

    def close(self) -> None:
        self._admin.close()


def _record(raw: Any) -> Record:
    where = Partition(raw.topic, raw.partition)
    return Record(where, raw.offset, raw.key, raw.value, datetime.fromtimestamp(raw.timestamp / 1000, UTC))
