"""The servers of one machine: they keep their data over an orderly end and over a kill -9."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import redis

from bearometer_cli.servers import broker, kafka, postgres, tansu, valkey
from bearometer_cli.servers.server import Server
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.port import NEWS_RAW
from bearometer_shared.kafka.producer import RealProducer
from bearometer_shared.settings import Settings


def _kill(server: Server) -> None:
    server.child.process.kill()
    server.child.process.wait()


ENDS = (Server.stop, _kill)


@pytest.mark.parametrize("end", ENDS)
def test_postgres_finds_its_rows_again(tmp_path: Path, end: Callable[[Server], None]) -> None:
    first = postgres.start(tmp_path, preferred=0)
    _sql(first, "CREATE TABLE kept (x int)")
    end(first)
    again = postgres.start(tmp_path, preferred=0)
    assert again.address == first.address  # the services that hold it must not be told anew
    _sql(again, "INSERT INTO kept VALUES (1)")
    again.stop()


@pytest.mark.parametrize("end", ENDS)
def test_valkey_finds_its_keys_again(tmp_path: Path, end: Callable[[Server], None]) -> None:
    first = valkey.start(tmp_path, preferred=0)
    with redis.Redis.from_url(first.address) as client:
        client.set("kept", "1")
        assert client.execute_command("WAITAOF", 1, 0, 5000)[0] == 1  # on the disk: a kill may lose the last second
    end(first)
    again = valkey.start(tmp_path, preferred=0)
    assert again.address == first.address
    with redis.Redis.from_url(again.address) as client:
        assert client.get("kept") == b"1"
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    again.stop()


def test_kafka_finds_its_records_again_after_a_kill(tmp_path: Path) -> None:
    try:
        first = kafka.start(tmp_path, preferred=0)
    except kafka.StartError as missing:
        pytest.skip(str(missing))
    _send(first, b"kept")
    _kill(first)
    again = kafka.start(tmp_path, preferred=0)
    assert again.address == first.address
    assert _values(again) == {b"kept"}
    again.stop()
    assert again.child.process.returncode == 143  # Java's own end after SIGTERM: it was not killed


def test_tansu_takes_a_record_and_forgets_it(tmp_path: Path) -> None:
    server = tansu.start(tmp_path, preferred=0)
    _send(server, b"soon lost")
    assert _values(server) == {b"soon lost"}
    server.stop()
    again = tansu.start(tmp_path, preferred=0)
    assert _values(again) == set()
    again.stop()


def test_without_maven_tansu_stands_in_and_says_what_that_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "no jars here"))
    monkeypatch.setenv("PATH", "")
    server = broker.start(tmp_path, preferred=0)
    assert server.child.name == "tansu"
    assert "Maven is missing" in server.warning
    assert "memory" in server.warning
    assert "apt-get install maven" in server.warning
    server.stop()


def _sql(server: Server, statement: str) -> None:
    with psycopg.connect(server.address, autocommit=True) as connection:
        connection.execute(statement)


def _send(server: Server, value: bytes) -> None:
    settings = Settings(kafka=server.address, kafka_partitions=1)
    with closing(RealLog(settings)) as log:
        log.ensure_topics()
    producer = RealProducer(settings)
    producer.send(NEWS_RAW, "key", value)
    producer.flush()
    producer.close()


def _values(server: Server) -> set[bytes | None]:
    with closing(RealLog(Settings(kafka=server.address, kafka_partitions=1))) as log:
        log.ensure_topics()
        return {record.value for record in log.read(NEWS_RAW)}
