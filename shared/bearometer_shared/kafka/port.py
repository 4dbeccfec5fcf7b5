"""The port: what our services ask of a log of records, in a few verbs.

Every verb raises `KafkaUnavailableError` where the servers cannot be reached; callers retry with back-off.
"""

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bearometer_shared.errors import BearometerError

NEWS_RAW = "news.raw"
NEWS_SCORED = "news.scored"
NEWS_DLQ = "news.dlq"
ALERTS = "alerts"
TOPICS = (NEWS_RAW, NEWS_SCORED, NEWS_DLQ, ALERTS)

MAX_RECORD = 8 * 1024 * 1024
MAX_DEAD_LETTER = 2 * MAX_RECORD  # a dead letter holds a whole record in base64


class KafkaUnavailableError(BearometerError):
    """The brokers cannot be reached, or did not acknowledge in time. Worth a retry."""


class RecordTooLargeError(BearometerError):
    """The record is larger than its topic takes. No retry will change that."""


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One partition of a topic."""

    topic: str
    number: int


@dataclass(frozen=True, slots=True)
class Record:
    """One record: where it stands, what it holds, and when the broker took it (UTC)."""

    partition: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    at: datetime


class Consumer(Protocol):
    """A member of a consumer group. One thread only. Our offsets live in Postgres: the loop seeks and commits."""

    def poll(self, timeout_s: float, max_records: int) -> list[Record]:
        """Records in order within each partition. Keeps the membership alive. Blocks at most `timeout_s`, and a second
        more while the members share the partitions anew.
        """

    def newly_assigned(self) -> set[Partition]:
        """Partitions that became ours since the last call. Their records must wait until they are sought."""

    def assigned(self) -> set[Partition]:
        """Partitions that are ours now."""

    def seek(self, partition: Partition, offset: int) -> int:
        """Reads on from `offset`; one beyond the end (the topic was made anew) reads from 0. Returns which."""

    def left(self) -> dict[Partition, int]:
        """How many records were left to poll of each partition of ours when we asked; without those where we have no
        position yet. Blocks for a second at most.
        """

    def gone(self, partitions: Set[Partition]) -> set[Partition]:
        """Which of these partitions of the topic it has no more: it was made anew with fewer. None where the brokers do
        not know the topic at all.
        """

    def pause(self) -> None:
        """Polls return nothing until `resume`, and still keep the membership alive."""

    def resume(self) -> None: ...

    def commit(self, offsets: Mapping[Partition, int]) -> None:
        """Tells Kafka how far we are, for the lag tools that people use. Best effort: failing is harmless."""

    def close(self) -> None:
        """Leaves the group, so that others take over at once."""


class Producer(Protocol):
    """Sends records with every acknowledgement that the broker gives."""

    def send(self, topic: str, key: str, value: bytes, partition: int | None = None) -> None:
        """Buffers a record; one key always goes to one partition. May block while the buffer is full.

        Records of one partition stay in the order in which they were sent. Raises RecordTooLargeError.
        """

    def flush(self) -> None:
        """Blocks until every buffered record is acknowledged. Raises KafkaUnavailableError if one was not: what was
        sent since the last flush may or may not stand, and nothing of it is tried again.
        """

    def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""

    def close(self) -> None: ...


class Log(Protocol):
    """Reads and makes topics, outside any group."""

    def ensure_topics(self) -> None:
        """Makes our topics where they are missing."""

    def read(self, topic: str) -> Iterator[Record]:
        """Every record that stands in a topic now, oldest first within each partition."""

    def counts(self, topic: str) -> dict[Partition, int]:
        """How many records stand in each partition; empty where there is no such topic."""

    def lag(self, group: str, topic: str) -> int:
        """Records that the group has not committed yet."""

    def close(self) -> None: ...
