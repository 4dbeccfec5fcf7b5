"""The producer, over kafka-python 3."""

from typing import Any

from kafka import KafkaProducer

from bearometer_shared.kafka.connect import make, translated
from bearometer_shared.kafka.port import MAX_DEAD_LETTER
from bearometer_shared.settings import Settings

ACK_TIMEOUT_S = 30.0


class RealProducer:
    """An idempotent producer; every send's future is checked at the next flush."""

    def __init__(self, settings: Settings) -> None:
        self._sent: list[Any] = []
        self._client = make(
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
