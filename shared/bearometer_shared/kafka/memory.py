"""The in-memory twin of the Kafka adapter: one process, same contract, for unit tests."""

import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field

from bearometer_shared.clock import Clock, SystemClock
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


@dataclass
class MemoryBroker:
    """Topics as lists, groups as lists of members. `down` makes every verb fail, as an outage does."""

    partitions: int = 3
    down: bool = False
    clock: Clock = field(default_factory=SystemClock)
    logs: dict[Partition, list[Record]] = field(default_factory=dict)
    groups: dict[str, list["MemoryConsumer"]] = field(default_factory=lambda: defaultdict(list))
    committed: dict[tuple[str, Partition], int] = field(default_factory=dict)

    def of(self, topic: str) -> list[Partition]:
        self.check()
        return [Partition(topic, number) for number in range(self.partitions)]

    def check(self) -> None:
        if self.down:
            raise KafkaUnavailableError("the in-memory broker is down")

    def append(self, partition: Partition, key: bytes | None, value: bytes | None) -> None:
        log = self.logs.setdefault(partition, [])
        log.append(Record(partition, len(log), key, value, self.clock.now()))

    def rebalance(self, group: str) -> None:
        members = self.groups[group]
        for index, member in enumerate(members):
            owned = {p for p in self.of(member.topic) if p.number % len(members) == index}
            member.fresh = (member.fresh & owned) | (owned - member.owned)
            member.owned = owned


class MemoryConsumer:
    def __init__(self, broker: MemoryBroker, topic: str, group: str) -> None:
        self.broker, self.topic, self.group = broker, topic, group
        self.owned: set[Partition] = set()
        self.fresh: set[Partition] = set()
        self._next: dict[Partition, int] = {}
        self._paused = False
        broker.groups[group].append(self)
        broker.rebalance(group)

    def poll(self, timeout_s: float, max_records: int) -> list[Record]:
        self.broker.check()
        found: list[Record] = []
        if not self._paused:
            for partition in sorted(self.owned):
                start = self._next.get(partition, 0)
                taken = self.broker.logs.get(partition, [])[start : start + max_records - len(found)]
                self._next[partition] = start + len(taken)
                found += taken
        return found

    def newly_assigned(self) -> set[Partition]:
        fresh, self.fresh = self.fresh, set()
        return fresh

    def assigned(self) -> set[Partition]:
        return set(self.owned)

    def seek(self, partition: Partition, offset: int) -> int:
        end = len(self.broker.logs.get(partition, []))
        self._next[partition] = offset if offset <= end else 0
        return self._next[partition]

    def left(self) -> dict[Partition, int]:
        self.broker.check()
        return {p: max(0, len(self.broker.logs.get(p, [])) - self._next.get(p, 0)) for p in self.owned}

    def gone(self, partitions: Set[Partition]) -> set[Partition]:
        return set(partitions - set(self.broker.of(self.topic)))

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        self.broker.check()
        self.broker.committed.update({(self.group, p): offset for p, offset in offsets.items()})

    def close(self) -> None:
        self.broker.groups[self.group].remove(self)
        self.owned = set()
        self.broker.rebalance(self.group)


class MemoryProducer:
    def __init__(self, broker: MemoryBroker) -> None:
        self.broker = broker
        self._buffer: list[tuple[Partition, bytes | None, bytes | None]] = []

    def send(self, topic: str, key: str | None, value: bytes | None, partition: int | None = None) -> None:
        if len(value or b"") > (MAX_DEAD_LETTER if topic == NEWS_DLQ else MAX_RECORD):
            raise RecordTooLargeError(f"{len(value or b'')} bytes are more than {topic} takes")
        name = key.encode() if key is not None else None
        number = zlib.crc32(name or b"") % self.broker.partitions if partition is None else partition
        self._buffer.append((Partition(topic, number), name, value))

    def flush(self) -> None:
        buffer, self._buffer = self._buffer, []
        self.broker.check()
        for partition, key, value in buffer:
            self.broker.append(partition, key, value)

    def partitions(self, topic: str) -> int:
        return len(self.broker.of(topic))

    def close(self) -> None:
        self.flush()


class MemoryLog:
    def __init__(self, broker: MemoryBroker) -> None:
        self.broker = broker

    def ensure_topics(self) -> None:
        for topic in TOPICS:
            for partition in self.broker.of(topic):
                self.broker.logs.setdefault(partition, [])

    def read(self, topic: str) -> Iterator[Record]:
        for partition in self.broker.of(topic):
            yield from list(self.broker.logs.get(partition, []))

    def counts(self, topic: str) -> dict[Partition, int]:
        self.broker.check()
        return {partition: len(log) for partition, log in self.broker.logs.items() if partition.topic == topic}

    def lag(self, group: str, topic: str) -> int:
        ends = {p: len(self.broker.logs.get(p, [])) for p in self.broker.of(topic)}
        return sum(end - self.broker.committed.get((group, p), 0) for p, end in ends.items())

    def close(self) -> None: ...
