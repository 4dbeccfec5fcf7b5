"""Postgres or Kafka going away is a delay and a log line: no service ends, nothing is lost."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pydantic import SecretStr
from stack import Stack, wait_for

from bearometer_cli.servers import broker, postgres
from bearometer_cli.servers.server import Server
from bearometer_shared.clock import SystemClock
from bearometer_shared.inference.artifact import read_manifest
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.port import NEWS_RAW
from bearometer_shared.kafka.producer import RealProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage import models
from bearometer_shared.storage.migrations import migrate
from bearometer_shared.storage.session import connect, transaction
from bearometer_shared.wire import encode, news_item
from bearometer_training import champion

SERVICES = ("bearometer-scorer", "bearometer-alerts", "bearometer-api", "bearometer-ingest")
AWAY_S = 8
pytestmark = pytest.mark.timeout(600)


class Fragile:
    """A stack on servers of its own, which can be taken away and brought back on the same address."""

    def __init__(self, home: Path, model_store: Path, redis_url: str) -> None:
        self.home = home
        self.kafka, self.postgres = self._broker(), self._database()
        own = {"home": home, "store": str(model_store), "redis_url": redis_url, "session_timeout_s": 6, "api_port": 0}
        addresses = {"kafka": self.kafka.address, "database_url": SecretStr(self.postgres.address)}
        self.settings = Settings.model_validate(own | addresses)
        database = connect(self.settings)
        migrate(database)
        with closing(RealLog(self.settings)) as log:
            log.ensure_topics()
        folder = champion.ensure(self.settings, print)
        with transaction(database) as connection:
            manifest = read_manifest(folder)
            models.register(connection, manifest, folder.name)
            models.promote(connection, manifest.version, actor="t", reason="shipped", at=SystemClock().now())
        self.stack = Stack(self.settings, database)

    def _broker(self) -> Server:
        return broker.start(self.home, preferred=0)

    def _database(self) -> Server:
        return postgres.start(self.home, preferred=0)

    def publish(self, first: int, count: int) -> None:
        producer, now = RealProducer(self.settings), SystemClock().now()
        for n in range(first, first + count):
            item = news_item({"id": f"item-{n}", "title": f"Shares of company {n} fall"}, received_at=now)
            producer.send(NEWS_RAW, item.id, encode(item))
        producer.flush()
        producer.close()

    def stored(self) -> int:
        return int(self.stack.one("SELECT count(*) FROM articles"))

    def all_alive(self) -> bool:
        return all(child.running() for child in self.stack.children.values())


@pytest.fixture
def fragile(tmp_path: Path, model_store: Path, redis_url: str) -> Iterator[Fragile]:
    tmp_path.chmod(0o755)
    made = Fragile(tmp_path, model_store, redis_url)
    yield made
    for child in made.stack.children.values():
        child.stop()
    made.stack.database.dispose()
    made.kafka.stop()
    made.postgres.stop()


def test_an_outage_of_postgres_or_kafka_is_only_delay(fragile: Fragile) -> None:
    for service in SERVICES:
        fragile.stack.start(service)
    fragile.publish(0, 20)
    wait_for(lambda: fragile.stored() == 20, "the first items")

    fragile.postgres.child.kill()
    fragile.publish(20, 20)
    SystemClock().sleep(AWAY_S)
    assert fragile.all_alive(), "Postgres away"
    fragile.postgres = fragile._database()
    wait_for(lambda: fragile.stored() == 40, "items published while Postgres was away")

    fragile.kafka.child.kill()
    SystemClock().sleep(AWAY_S)
    assert fragile.all_alive(), "Kafka away"
    fragile.kafka = fragile._broker()
    fragile.publish(40, 20)
    wait_for(lambda: fragile.stored() == 60, "items published after Kafka came back")
    assert fragile.all_alive()
    assert fragile.stack.one("SELECT count(DISTINCT id) FROM articles") == 60
    assert "outage" in fragile.stack.children["bearometer-scorer"].log.read_text()
