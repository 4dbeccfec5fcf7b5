"""Nothing that was handed over is lost while Kafka is away, and its order stays."""

import pytest
from structlog.testing import capture_logs

from bearometer_ingest.delivery import Delivery, Outgoing
from bearometer_shared.kafka.memory import MemoryBroker, MemoryLog, MemoryProducer
from bearometer_shared.kafka.port import NEWS_RAW, KafkaUnavailableError, Partition

RECORDS = [Outgoing("a", b"1"), Outgoing("a", b"2"), Outgoing("tick", b"3", partition=2)]


def values(broker: MemoryBroker) -> list[bytes | None]:
    return [record.value for record in MemoryLog(broker).read(NEWS_RAW)]


class Outage:
    """Kafka is away for some waits, then back; afterwards waiting would be a mistake."""

    def __init__(self, broker: MemoryBroker, waits: int) -> None:
        self.broker, self.left = broker, waits
        broker.down = waits > 0

    def wait(self, _seconds: float) -> bool:
        self.left -= 1
        self.broker.down = self.left > 0
        return False


def test_records_go_where_their_key_or_partition_says() -> None:
    broker = MemoryBroker()
    Delivery(lambda: MemoryProducer(broker), Outage(broker, 0).wait).deliver(RECORDS)
    assert sorted(values(broker), key=str) == [b"1", b"2", b"3"]
    assert broker.logs[Partition(NEWS_RAW, 2)][-1].value == b"3"


def test_an_outage_is_a_delay_that_is_said_once() -> None:
    broker = MemoryBroker()
    outage = Outage(broker, 5)
    with capture_logs() as said:
        delivery = Delivery(lambda: MemoryProducer(broker), outage.wait)
        delivery.deliver(RECORDS)
    assert sorted(values(broker), key=str) == [b"1", b"2", b"3"]
    assert [line["event"] for line in said] == ["kafka is away; holding on", "kafka is back"]
    assert delivery.trouble == ""


def test_not_being_able_to_connect_is_an_outage_too() -> None:
    broker = MemoryBroker()
    outage = Outage(broker, 3)

    def connect() -> MemoryProducer:
        broker.check()
        return MemoryProducer(broker)

    assert Delivery(connect, outage.wait).partitions() == 3


def test_a_producer_that_failed_is_replaced() -> None:
    """An idempotent producer that lost its sequence would refuse for ever."""
    broker, made = MemoryBroker(), list[MemoryProducer]()

    def connect() -> MemoryProducer:
        made.append(MemoryProducer(broker))
        return made[-1]

    Delivery(connect, Outage(broker, 1).wait).deliver(RECORDS)
    assert len(made) == 2


def test_only_a_stop_ends_an_outage_in_failure() -> None:
    broker = MemoryBroker(down=True)
    delivery = Delivery(lambda: MemoryProducer(broker), lambda _seconds: True)
    with pytest.raises(KafkaUnavailableError):
        delivery.deliver(RECORDS)
    assert "kafka is away" in delivery.trouble


def test_nothing_to_send_asks_nothing_of_kafka() -> None:
    Delivery(lambda: pytest.fail("connected"), lambda _seconds: True).deliver([])
