"""A Kafka producer that connects when it is first needed, and anew after a failure."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from bearometer_shared.kafka.connect import connection
from bearometer_shared.kafka.port import KafkaUnavailableError
from bearometer_shared.kafka.producer import RealProducer
from bearometer_shared.settings import Settings

PORT = 9092  # where an address names none
REACH_S = 2.0


class LazyProducer:
    """The port's producer over the real one; the API starts, and serves what it reads, while Kafka is away."""

    def __init__(self, settings: Settings) -> None:
        connection(settings)  # a missing address is a mistake: say so at the start, not at the first push
        self._settings = settings
        self._client: RealProducer | None = None

    def send(self, topic: str, key: str | None, value: bytes | None, partition: int | None = None) -> None:
        with self._connected() as client:
            client.send(topic, key, value, partition)

    def flush(self) -> None:
        with self._connected() as client:
            client.flush()

    def partitions(self, topic: str) -> int:
        """Asks a broker for a connection in any case: the client alone would answer from what it remembers."""
        self._reach()
        with self._connected() as client:
            return client.partitions(topic)

    def close(self) -> None:
        client, self._client = self._client, None
        with suppress(KafkaUnavailableError):  # it was going away in any case
            if client:
                client.close()

    @contextmanager
    def _connected(self) -> Iterator[RealProducer]:
        """The client. One that failed is dropped with what it still held: its caller was told, and pushes again."""
        try:
            yield self._client or self._connect()
        except KafkaUnavailableError:
            self.close()
            raise

    def _connect(self) -> RealProducer:
        """Looks before it leaps: the client's own attempt lasts half a minute where nobody answers."""
        self._reach()
        self._client = RealProducer(self._settings)
        return self._client

    def _reach(self) -> None:
        """Raises KafkaUnavailableError where no broker takes a connection."""
        addresses = self._settings.kafka.split(",")
        for place in (urlsplit(f"//{address.strip()}") for address in addresses):
            with suppress(OSError), socket.create_connection((place.hostname or "", place.port or PORT), REACH_S):
                return
        raise KafkaUnavailableError(f"no broker answers at {', '.join(addresses)}")
