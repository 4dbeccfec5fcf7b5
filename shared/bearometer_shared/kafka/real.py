"""The Kafka adapter, over kafka-python 3. The traps that shape it are noted where they bite."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import KafkaError, MessageSizeTooLargeError, TopicAlreadyExistsError
from kafka.structs import OffsetAndMetadata

from bearometer_shared.errors import UserError
from bearometer_shared.kafka.port import (
    MAX_DEAD_LETTER,
    MAX_RECORD,
    NEWS_DLQ,
    TOPICS,
    KafkaUnavailableError,
    Partition,
    Record,
    RecordTooLargeError,
)
from bearometer_shared.settings import Settings

ACK_TIMEOUT_S = 30.0
READ_TIMEOUT_S = 30.0
REACH_TIMEOUT_S = 3.0
MAX_FETCH = 16 * 1024 * 1024  # what a consumer holds unread, over all its partitions


def connection(settings: Settings) -> dict[str, Any]:
    """Client options for reaching the brokers, SASL and TLS passed through. Raises UserError without an address."""
    if not settings.kafka:
        raise UserError("BEAROMETER_KAFKA is not set; `bearometer up` starts a Kafka of its own")
    secret = settings.kafka_sasl_password
    options = {
        "bootstrap_servers": [address.strip() for address in settings.kafka.split(",")],
        "security_protocol": settings.kafka_security_protocol,
        "sasl_mechanism": settings.kafka_sasl_mechanism,
        "sasl_plain_username": settings.kafka_sasl_username,
        "sasl_plain_password": secret.get_secret_value() if secret else None,
        "ssl_cafile": settings.kafka_ssl_cafile and str(settings.kafka_ssl_cafile),
        "ssl_certfile": settings.kafka_ssl_certfile and str(settings.kafka_ssl_certfile),
        "ssl_keyfile": settings.kafka_ssl_keyfile and str(settings.kafka_ssl_keyfile),
    }
    return {name: value for name, value in options.items() if value is not None}


def _client(kind: Callable[..., Any], settings: Settings, **options: Any) -> Any:
    """A client of the library, made only where a broker takes connections: one that finds none waits for half a
    minute and leaves its sockets open.
    """
    reached = connection(settings)
    _reach(reached["bootstrap_servers"])
    with translated():
        return kind(**reached, **options)


def _reach(addresses: Sequence[str]) -> None:
    for address in addresses:
        with suppress(OSError), socket.create_connection(_host_and_port(address), REACH_TIMEOUT_S):
            return
    raise KafkaUnavailableError(f"no broker answers at {', '.join(addresses)}")


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise UserError(f"BEAROMETER_KAFKA: {address!r} is not host:port")
    return host.strip("[]"), int(port)


@contextmanager
def translated() -> Iterator[None]:
    """Turns the client's own failures into the port's."""
    try:
        yield
    except MessageSizeTooLargeError as error:
        raise RecordTooLargeError(str(error)) from error
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
        self._settings, self._flags = settings, _Flags()
        self._paused = False
        self._client = _client(
            KafkaConsumer,
            settings,
            group_id=group,
            enable_auto_commit=False,
            allow_auto_create_topics=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=[CooperativeStickyAssignor],
            session_timeout_ms=int(settings.session_timeout_s * 1000),
            heartbeat_interval_ms=int(settings.session_timeout_s * 1000 / 4),
            max_partition_fetch_bytes=MAX_RECORD,
            fetch_max_bytes=MAX_FETCH,
            fetch_max_wait_ms=100,
        )
        with translated():
            self._client.subscribe([topic], listener=self._flags)

    def poll(self, timeout_s: float, max_records: int) -> list[Record]:
        if self._paused:
            self.pause()
        with translated():
            found = self._client.poll(timeout_ms=int(timeout_s * 1000), max_records=max_records)
        if self._paused:
            self._put_back(found)
            return []
        return [_record(raw) for raws in found.values() for raw in raws]

    def _put_back(self, found: Mapping[TopicPartition, list[Any]]) -> None:
        """A partition that became ours during a pause is not paused itself: its records are for later."""
        for where, raws in found.items():
            self._seek(where, raws[0].offset)

    def _seek(self, where: TopicPartition, offset: int) -> None:
        with suppress(KeyError, ValueError):  # it may have been revoked meanwhile, on the I/O thread
            self._client.seek(where, offset)

    def newly_assigned(self) -> set[Partition]:
        return self._flags.take()

    def assigned(self) -> set[Partition]:
        return {Partition(tp.topic, tp.partition) for tp in self._client.assignment()}

    def seek(self, partition: Partition, offset: int) -> int:
        where = TopicPartition(partition.topic, partition.number)
        with translated():
            said = self._client.end_offsets([where])[where]
        start = offset if offset <= said or offset <= self._true_end(where) else 0
        self._seek(where, start)
        return start

    def _true_end(self, where: TopicPartition) -> int:
        with _reading(self._settings, where.topic) as (client, _):
            return _ends(client, [where])[where]

    def pause(self) -> None:
        self._paused = True
        with suppress(KeyError):  # revoked meanwhile
            self._client.pause(*self._client.assignment())

    def resume(self) -> None:
        self._paused = False
        with suppress(KeyError):  # revoked meanwhile
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
        self._client = _client(
            KafkaProducer,
            settings,
            acks="all",
            compression_type="lz4",
            linger_ms=5,
            batch_size=256 * 1024,
            max_request_size=MAX_DEAD_LETTER,
            allow_auto_create_topics=False,
            delivery_timeout_ms=int(ACK_TIMEOUT_S * 1000),
            request_timeout_ms=10_000,
            max_block_ms=10_000,
        )

    def send(self, topic: str, key: str | None, value: bytes | None, partition: int | None = None) -> None:
        name = key.encode() if key is not None else None
        with translated():
            self._sent.append(self._client.send(topic, key=name, value=value, partition=partition))

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
        self._admin = _client(KafkaAdminClient, settings)

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
        with _reading(self._settings, topic) as (client, where):
            ends = _ends(client, where)
            client.seek_to_beginning(*where)
            deadline = time.monotonic() + READ_TIMEOUT_S
            while any(client.position(tp) < ends[tp] for tp in where):
                for tp, raws in client.poll(timeout_ms=500).items():
                    yield from (_record(raw) for raw in raws if raw.offset < ends[tp])
                    deadline = time.monotonic() + READ_TIMEOUT_S
                if time.monotonic() > deadline:
                    raise KafkaUnavailableError(f"no record of {topic} came for {READ_TIMEOUT_S:.0f} s")

    def counts(self, topic: str) -> dict[Partition, int]:
        with _reading(self._settings, topic) as (client, where):
            starts, ends = client.beginning_offsets(where), _ends(client, where)
            return {Partition(tp.topic, tp.partition): ends[tp] - starts[tp] for tp in where}

    def lag(self, group: str, topic: str) -> int:
        with _reading(self._settings, topic, group_id=group) as (client, where):
            starts, ends = client.beginning_offsets(where), _ends(client, where)
            return sum(max(0, ends[tp] - max(client.committed(tp) or 0, starts[tp])) for tp in where)

    def close(self) -> None:
        self._admin.close()


@contextmanager
def _reading(settings: Settings, topic: str, **options: Any) -> Iterator[tuple[Any, list[TopicPartition]]]:
    """A consumer that is no member of a group, and the topic's partitions."""
    options |= {"enable_auto_commit": False, "allow_auto_create_topics": False}
    client = _client(KafkaConsumer, settings, fetch_max_bytes=MAX_FETCH, fetch_max_wait_ms=50, **options)
    with translated():
        try:
            yield client, [TopicPartition(topic, number) for number in sorted(client.partitions_for_topic(topic))]
        finally:
            client.close(autocommit=False)


def _ends(client: Any, where: Sequence[TopicPartition]) -> dict[TopicPartition, int]:
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


def _record(raw: Any) -> Record:
    where = Partition(raw.topic, raw.partition)
    return Record(where, raw.offset, raw.key, raw.value, datetime.fromtimestamp(raw.timestamp / 1000, UTC))
