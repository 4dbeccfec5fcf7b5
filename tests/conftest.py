"""Real servers for the tests, started once a run and only when a test asks for them."""

import socket
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from kafka import KafkaAdminClient
from kafka.net.inet import KafkaNetSocket
from pydantic import SecretStr

from bearometer_cli.servers import broker, postgres, valkey
from bearometer_shared.clock import SystemClock
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.port import ALERTS, NEWS_DLQ, NEWS_RAW, NEWS_SCORED
from bearometer_shared.settings import Settings
from bearometer_shared.storage import partitions, session
from bearometer_shared.storage.migrations import migrate

TEMPLATE = "migrated"
TOPICS = (NEWS_RAW, NEWS_SCORED, NEWS_DLQ, ALERTS)


class _Closing(socket.socket):
    def __del__(self) -> None:
        self.close()


@pytest.fixture(scope="session", autouse=True)
def kafka_sockets() -> None:
    """kafka-python 3.0 drops a socket that it was still connecting when a client closes, and Python warns of it at
    some later time, in any test. Its sockets close silently, so that warnings of all others can stay errors.
    """
    KafkaNetSocket.socket = lambda self, *kind: _Closing(*kind)  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def servers_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def kafka_address(servers_home: Path) -> Iterator[str]:
    """Apache Kafka where Maven and Java are found, else its stand-in."""
    server = broker.start(servers_home, preferred=0)
    yield server.address
    server.child.kill()  # nobody will miss its data, and an orderly end takes seconds


@pytest.fixture(scope="session")
def redis_url(servers_home: Path) -> Iterator[str]:
    server = valkey.start(servers_home, preferred=0)
    yield server.address
    server.stop()


@pytest.fixture(scope="session")
def postgres_server(servers_home: Path) -> Iterator[str]:
    """The address of a Postgres; its database `migrated` is the template of every test's own."""
    server = postgres.start(servers_home, preferred=0, durable=False)
    _execute(server.address, f"CREATE DATABASE {TEMPLATE}")
    engine = session.connect(Settings(database_url=SecretStr(_database(server.address, TEMPLATE))))
    migrate(engine)
    with session.transaction(engine) as connection:
        partitions.ensure(connection, SystemClock().now().date())
    engine.dispose()
    yield server.address
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """A fresh migrated database."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    _execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield _database(postgres_server, name)
    _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings_for(kafka_address: str, postgres_url: str, redis_url: str, tmp_path: Path) -> Callable[..., Settings]:
    """Makes settings that point at the real servers: a home and a consumer group of the test's own, and overrides."""
    servers = {"kafka": kafka_address, "database_url": SecretStr(postgres_url), "redis_url": SecretStr(redis_url)}
    own = {"home": tmp_path / "home", "group": f"group-{uuid.uuid4().hex[:12]}", "session_timeout_s": 6}

    def make(**overrides: object) -> Settings:
        return Settings.model_validate({**servers, **own, **overrides})

    return make


@pytest.fixture
def fresh_kafka(kafka_address: str) -> Callable[..., None]:
    """Empties our topics, `fresh_kafka(partitions=6)`: deletes them and makes them anew."""

    def empty(partitions: int = 6) -> None:
        settings = Settings(kafka=kafka_address, kafka_partitions=partitions)
        with closing(KafkaAdminClient(bootstrap_servers=kafka_address)) as admin:
            _delete_topics(admin)
        with closing(RealLog(settings)) as log:
            log.ensure_topics()

    return empty


def _delete_topics(admin: KafkaAdminClient) -> None:
    """Returns when they are gone: a topic that is being deleted cannot be made."""
    standing = set(TOPICS) & set(admin.list_topics())
    if standing:
        admin.delete_topics(sorted(standing))
    while set(TOPICS) & set(admin.list_topics()):
        SystemClock().sleep(0.05)


def _execute(address: str, statement: str) -> None:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement)


def _database(address: str, name: str) -> str:
    return f"{address.rpartition('/')[0]}/{name}"
