"""The Kafka port's contract, kept by the in-memory twin and by the adapter over a real broker alike."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

import pytest
from kafka import KafkaAdminClient

from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.kafka.consumer import RealConsumer
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.memory import MemoryBroker, MemoryConsumer, MemoryLog, MemoryProducer
from bearometer_shared.kafka.port import (
    MAX_RECORD,
    TOPICS,
    Consumer,
    KafkaUnavailableError,
    Log,
    Partition,
    Record,
    RecordTooLargeError,
)
from bearometer_shared.kafka.producer import RealProducer
from bearometer_shared.settings import Settings

PARTITIONS = 3
PATIENCE = 150  # times 0.2 s: a real group takes its time, and a busy machine more


class Kafka(Protocol):
    """What a test needs: a topic of its own with three partitions, and the port's three faces."""

    topic: str

    def producer(self) -> "MemoryProducer | RealProducer": ...

    def consumer(self) -> Consumer: ...

    def log(self) -> Log: ...

    def unreachable(self) -> None:
        """Sends to a broker that is away."""

    def lag(self) -> int: ...

    def close(self) -> None: ...


class Memory:
    def __init__(self) -> None:
        self.broker, self.topic = MemoryBroker(PARTITIONS), "contract"
        for number in range(PARTITIONS):
            self.broker.logs[Partition(self.topic, number)] = []

    def producer(self) -> MemoryProducer:
        return MemoryProducer(self.broker)

    def consumer(self) -> Consumer:
        return MemoryConsumer(self.broker, self.topic, "contract")

    def log(self) -> Log:
        return MemoryLog(self.broker)

    def unreachable(self) -> None:
        producer = MemoryProducer(MemoryBroker(down=True))
        producer.send(self.topic, "a", b"1")
        producer.flush()

    def lag(self) -> int:
        return self.log().lag("contract", self.topic)

    def close(self) -> None: ...


@dataclass
class Real:
    settings: Settings

    def __post_init__(self) -> None:
        self.topic = self.group = f"contract-{uuid.uuid4().hex[:8]}"
        self._open: list[RealConsumer | RealProducer | RealLog] = []
        shape = {
            "num_partitions": PARTITIONS,
            "replication_factor": 1,
            "configs": {"max.message.bytes": str(MAX_RECORD)},
        }
        with closing(KafkaAdminClient(bootstrap_servers=self.settings.kafka)) as admin:
            admin.create_topics({self.topic: shape}, wait_for_metadata=True)

    def producer(self) -> RealProducer:
        self._open.append(producer := RealProducer(self.settings))
        return producer

    def consumer(self) -> Consumer:
        self._open.append(consumer := RealConsumer(self.settings, self.topic, self.group))
        return consumer

    def log(self) -> Log:
        self._open.append(log := RealLog(self.settings))
        return log

    def unreachable(self) -> None:
        producer = RealProducer(Settings(kafka="127.0.0.1:1"))
        producer.send(self.topic, "a", b"1")
        producer.flush()

    def lag(self) -> int:
        with closing(RealLog(self.settings)) as log:
            return log.lag(self.group, self.topic)

    def close(self) -> None:
        for each in self._open:
            each.close()


@pytest.fixture(params=["memory", "real"])
def kafka(request: pytest.FixtureRequest) -> Iterator[Kafka]:
    if request.param == "memory":
        yield Memory()
        return
    address = request.getfixturevalue("kafka_address")
    real = Real(Settings(kafka=address, session_timeout_s=15))
    yield real
    real.close()


def send(kafka: Kafka, *values: bytes, key: str = "a", partition: int | None = None) -> None:
    producer = kafka.producer()
    for value in values:
        producer.send(kafka.topic, key, value, partition)
    producer.flush()


def poll(consumer: Consumer, count: int) -> list[Record]:
    """Polls until so many records have come."""
    found: list[Record] = []
    for _ in range(PATIENCE):
        found += consumer.poll(0.2, 100)
        if len(found) >= count:
            return found
    raise AssertionError(f"{len(found)} of {count} records came")


def joined(*consumers: Consumer, timeout_s: float = 0.2) -> list[set[Partition]]:
    """Polls until the members share every partition between them; says what each was newly assigned."""
    fresh: list[set[Partition]] = [set() for _ in consumers]
    for _ in range(PATIENCE):
        SystemClock().sleep(0.2 - timeout_s)  # busy otherwise
        for consumer, mine in zip(consumers, fresh, strict=True):
            consumer.poll(timeout_s, 100)
            mine |= consumer.newly_assigned()
        owned = [consumer.assigned() for consumer in consumers]
        if all(owned) and sum(map(len, owned)) == PARTITIONS == len(set().union(*owned)):
            return fresh
    raise AssertionError("the members never shared the partitions")


def eventually(holds: Callable[[], bool]) -> None:
    for _ in range(PATIENCE):
        if holds():
            return
        SystemClock().sleep(0.2)
    raise AssertionError("it never came to that")


def of(kafka: Kafka, number: int) -> Partition:
    return Partition(kafka.topic, number)


def test_order_within_a_partition_is_the_order_of_sending(kafka: Kafka) -> None:
    values = [str(n).encode() for n in range(300)]
    send(kafka, *values)
    read = poll(kafka.consumer(), 300)
    assert [record.value for record in read] == values
    assert [record.offset for record in read] == list(range(300))
    assert {record.at.tzinfo is None for record in read} == {False}


def test_a_key_always_goes_to_the_same_partition_and_keys_spread(kafka: Kafka) -> None:
    """Two producers agree: an item that is sent again stands behind its first version."""
    for _ in range(2):
        producer = kafka.producer()
        for key in map(str, range(30)):
            producer.send(kafka.topic, key, b"x")
        producer.flush()
    places: dict[bytes | None, set[Partition]] = {}
    for record in kafka.log().read(kafka.topic):
        places.setdefault(record.key, set()).add(record.partition)
    assert len(places) == 30
    assert {len(partitions) for partitions in places.values()} == {1}
    assert len(set().union(*places.values())) == PARTITIONS


def test_a_record_goes_to_the_partition_that_is_named(kafka: Kafka) -> None:
    for number in range(PARTITIONS):
        send(kafka, str(number).encode(), partition=number)
    assert {record.value: record.partition.number for record in kafka.log().read(kafka.topic)} == {
        b"0": 0,
        b"1": 1,
        b"2": 2,
    }
    assert kafka.producer().partitions(kafka.topic) == PARTITIONS


def test_reading_goes_on_from_where_it_was_sought(kafka: Kafka) -> None:
    send(kafka, b"0", b"1", b"2", partition=0)
    consumer = kafka.consumer()
    joined(consumer)
    assert consumer.seek(of(kafka, 0), 1) == 1
    assert [record.value for record in poll(consumer, 2)] == [b"1", b"2"]


def test_seeking_to_the_end_waits_for_what_comes_next(kafka: Kafka) -> None:
    send(kafka, b"0", b"1", b"2", partition=0)
    consumer = kafka.consumer()
    joined(consumer)
    assert consumer.seek(of(kafka, 0), 3) == 3
    send(kafka, b"3", partition=0)
    assert [record.value for record in poll(consumer, 1)] == [b"3"]


def test_how_much_is_left_to_poll_of_each_partition(kafka: Kafka) -> None:
    send(kafka, b"0", b"1", b"2", partition=0)
    consumer = kafka.consumer()
    joined(consumer)
    nothing = dict.fromkeys((of(kafka, number) for number in range(PARTITIONS)), 0)
    consumer.seek(of(kafka, 0), 1)
    assert consumer.left() == nothing | {of(kafka, 0): 2}
    poll(consumer, 2)
    eventually(lambda: consumer.left() == nothing)
    send(kafka, b"3", partition=1)
    assert consumer.left() == nothing | {of(kafka, 1): 1}


def test_partitions_that_a_topic_does_not_have_are_gone(kafka: Kafka) -> None:
    consumer = kafka.consumer()
    joined(consumer)
    assert consumer.gone({of(kafka, 0), of(kafka, PARTITIONS - 1)}) == set()
    assert consumer.gone({of(kafka, 0), of(kafka, PARTITIONS)}) == {of(kafka, PARTITIONS)}


def test_nothing_is_gone_from_a_topic_that_the_brokers_do_not_know(kafka_address: str) -> None:
    """Right after it was made anew, or to who may not see it: offsets must outlive that."""
    with closing(RealConsumer(Settings(kafka=kafka_address), "unknown", "contract")) as consumer:
        assert consumer.gone({Partition("unknown", 0)}) == set()


def test_seeking_beyond_the_end_starts_at_the_beginning(kafka: Kafka) -> None:
    """A topic that was made anew is shorter than the offset that Postgres remembers."""
    send(kafka, b"0", b"1", partition=0)
    consumer = kafka.consumer()
    joined(consumer)
    assert consumer.seek(of(kafka, 0), 7) == 0
    assert [record.value for record in poll(consumer, 2)] == [b"0", b"1"]


def test_a_paused_consumer_polls_nothing_and_loses_nothing(kafka: Kafka) -> None:
    send(kafka, b"0")
    consumer = kafka.consumer()
    joined(consumer)
    for number in range(PARTITIONS):
        consumer.seek(of(kafka, number), 0)
    consumer.pause()
    assert [consumer.poll(0.2, 100) for _ in range(5)] == [[]] * 5
    consumer.resume()
    assert [record.value for record in poll(consumer, 1)] == [b"0"]


def test_a_pause_holds_for_partitions_that_come_during_it(kafka: Kafka) -> None:
    send(kafka, b"0")
    consumer = kafka.consumer()
    consumer.pause()
    read: list[Record] = []

    def has_joined() -> bool:
        read.extend(consumer.poll(0.2, 100))
        return len(consumer.assigned()) == PARTITIONS

    eventually(has_joined)
    for _ in range(5):
        read += consumer.poll(0.2, 100)
    assert read == []
    consumer.resume()
    assert [record.value for record in poll(consumer, 1)] == [b"0"]


def test_new_partitions_are_told_once(kafka: Kafka) -> None:
    consumer = kafka.consumer()
    assert joined(consumer) == [{of(kafka, number) for number in range(PARTITIONS)}]
    assert consumer.newly_assigned() == set()


def test_two_members_share_partitions_and_a_closed_ones_move(kafka: Kafka) -> None:
    first = kafka.consumer()
    joined(first)
    second = kafka.consumer()
    told_first, told_second = joined(first, second)
    assert told_first == set()
    assert told_second == second.assigned()
    moved = second.assigned()
    second.close()
    assert joined(first) == [moved]


@pytest.mark.parametrize("timeout_s", [0.0, 0.001, 0.01])
def test_members_join_however_short_their_polls_are(kafka: Kafka, timeout_s: float) -> None:
    """As those of a busy scorer are; and on a busy machine any poll is too short now and then."""
    first = kafka.consumer()
    joined(first, timeout_s=timeout_s)
    second = kafka.consumer()
    joined(first, second, timeout_s=timeout_s)
    second.close()
    joined(first, timeout_s=timeout_s)


def test_a_poll_gives_no_more_than_was_asked_for(kafka: Kafka) -> None:
    send(kafka, *(str(n).encode() for n in range(10)), partition=0)
    send(kafka, *(str(n).encode() for n in range(10)), partition=1)
    consumer = kafka.consumer()
    sizes: list[int] = []
    while sum(sizes) < 20 and len(sizes) < PATIENCE:
        sizes.append(len(consumer.poll(0.2, 3)))
    assert sum(sizes) == 20
    assert max(sizes) == 3


def test_a_commit_shows_as_lag(kafka: Kafka) -> None:
    send(kafka, b"0", b"1", b"2", partition=0)
    send(kafka, b"0", b"1", partition=1)
    assert kafka.lag() == 5
    consumer = kafka.consumer()
    joined(consumer)
    consumer.commit({of(kafka, 0): 2, of(kafka, 1): 2})
    eventually(lambda: kafka.lag() == 1)


def test_the_log_reads_everything_that_stands_and_ends(kafka: Kafka) -> None:
    for number in range(PARTITIONS):
        send(kafka, *(f"{number}-{n}".encode() for n in range(500)), partition=number)
    read: dict[Partition, list[int]] = {}
    for record in kafka.log().read(kafka.topic):
        read.setdefault(record.partition, []).append(record.offset)
    assert read == {of(kafka, number): list(range(500)) for number in range(PARTITIONS)}
    assert kafka.log().counts(kafka.topic) == {of(kafka, number): 500 for number in range(PARTITIONS)}


def test_an_empty_topic_reads_as_nothing(kafka: Kafka) -> None:
    assert list(kafka.log().read(kafka.topic)) == []
    assert kafka.lag() == 0


def test_our_topics_are_made_once(kafka: Kafka) -> None:
    for _ in range(2):
        kafka.log().ensure_topics()
    assert all(kafka.log().counts(topic) for topic in TOPICS)


def test_sending_to_a_broker_that_is_away_is_an_outage(kafka: Kafka) -> None:
    with pytest.raises(KafkaUnavailableError):
        kafka.unreachable()


@pytest.mark.parametrize(("address", "said"), [("", "BEAROMETER_KAFKA is not set"), ("broker", "is not host:port")])
def test_a_wrong_address_is_the_users_mistake(address: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        RealProducer(Settings(kafka=address))


def test_a_record_of_five_megabytes_passes(kafka: Kafka) -> None:
    send(kafka, b"x" * 5_000_000)
    (record,) = poll(kafka.consumer(), 1)
    assert record.value == b"x" * 5_000_000


def test_a_record_that_no_topic_takes_is_no_outage(kafka: Kafka) -> None:
    """It would be tried again for ever."""
    producer = kafka.producer()
    with pytest.raises(RecordTooLargeError):
        producer.send(kafka.topic, "a", b"x" * (2 * MAX_RECORD + 1))
        producer.flush()


def test_empty_and_missing_values_and_keys_pass_as_they_are(kafka: Kafka) -> None:
    producer = kafka.producer()
    producer.send(kafka.topic, "a", b"", 0)
    producer.send(kafka.topic, "a", None, 0)
    producer.send(kafka.topic, None, b"1", 0)
    producer.flush()
    read = [(record.key, record.value) for record in poll(kafka.consumer(), 3)]
    assert read == [(b"a", b""), (b"a", None), (None, b"1")]
