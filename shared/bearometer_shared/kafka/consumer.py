"""The consumer, over kafka-python 3. The traps that shape it are noted where they bite."""

import threading
from collections.abc import Mapping, Set
from contextlib import suppress
from typing import Any

from kafka import ConsumerRebalanceListener, KafkaConsumer, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import IllegalStateError
from kafka.structs import OffsetAndMetadata

from bearometer_shared.kafka.connect import MAX_FETCH, make, translated
from bearometer_shared.kafka.outside import end_offsets, reading, record
from bearometer_shared.kafka.port import MAX_RECORD, Partition, Record
from bearometer_shared.settings import Settings

ASK_TIMEOUT_MS = 1000
JOIN_TIMEOUT_MS = 1000


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
        self._settings, self._topic, self._flags = settings, topic, _Flags()
        self._paused = False
        self._client = make(
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
            self._join()
            found = self._client.poll(timeout_ms=int(timeout_s * 1000), max_records=max_records)
        if self._paused:
            self._put_back(found)
            return []
        return [record(raw) for raws in found.values() for raw in raws]

    def _join(self) -> None:
        """Sees a rebalance through, whatever the poll's own patience. kafka-python 3.0.12 begins a join anew that ends
        between two polls, so that a busy member never joins; and where new metadata is the cause it forgets a join
        whose poll ran out of time: the member is then neither missed by anybody nor given anything.
        """
        coordinator = self._client._coordinator  # the client has no face for it
        if coordinator.rejoining:
            coordinator.request_rejoin()
        if coordinator.need_rejoin():
            coordinator.ensure_active_group(timeout_ms=JOIN_TIMEOUT_MS)

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
        with reading(self._settings, where.topic) as (client, _):
            return end_offsets(client, [where])[where]

    def left(self) -> dict[Partition, int]:
        where = list(self._client.assignment())
        with translated():
            ends = self._client.end_offsets(where, timeout_ms=ASK_TIMEOUT_MS) if where else {}
        positions = ((tp, self._position(tp)) for tp in where)
        return {Partition(tp.topic, tp.partition): max(0, ends[tp] - at) for tp, at in positions if at is not None}

    def _position(self, where: TopicPartition) -> int | None:
        """The next offset to poll; None where that is not settled, or the partition was revoked meanwhile."""
        with translated(), suppress(IllegalStateError):
            found: int | None = self._client.position(where, timeout_ms=ASK_TIMEOUT_MS)
            return found
        return None

    def gone(self, partitions: Set[Partition]) -> set[Partition]:
        with translated():
            known = self._client.partitions_for_topic(self._topic)
        if all(partition.number in known for partition in partitions):
            return set()
        with reading(self._settings, self._topic) as (_, where):  # what our client knows may be of five minutes ago
            return set(partitions - {Partition(tp.topic, tp.partition) for tp in where}) if where else set()

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
