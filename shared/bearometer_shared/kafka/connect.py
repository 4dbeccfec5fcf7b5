"""Clients of kafka-python 3: how they reach the brokers, and its failures in the port's terms."""

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from kafka.errors import KafkaError, MessageSizeTooLargeError

from bearometer_shared.errors import UserError
from bearometer_shared.kafka.port import KafkaUnavailableError, RecordTooLargeError
from bearometer_shared.settings import Settings

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


def make(kind: Callable[..., Any], settings: Settings, **options: Any) -> Any:
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
