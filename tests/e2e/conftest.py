"""A stack with the shipped champion for every end-to-end test."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine
from stack import Stack

from bearometer_shared.clock import SystemClock
from bearometer_shared.inference.artifact import read_manifest
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.settings import Settings
from bearometer_shared.storage import models
from bearometer_shared.storage.session import connect, transaction
from bearometer_training import champion


@pytest.fixture(scope="session")
def model_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artifact store that holds the shipped champion, made once a run."""
    folder = tmp_path_factory.mktemp("models")
    champion.ensure(Settings(home=folder, store=str(folder)), print)
    return folder


@pytest.fixture
def stack(settings_for: Callable[..., Settings], fresh_kafka: Callable[[], None], model_store: Path) -> Iterator[Stack]:
    """Migrated, topics empty, the champion promoted; services are the test's to start."""
    settings = settings_for(store=str(model_store))
    fresh_kafka()
    with closing(RealLog(settings)) as log:
        log.ensure_topics()
    database = connect(settings)
    _promote_champion(settings, database)
    made = Stack(settings, database)
    yield made
    for started in made.children.values():
        started.stop()
    database.dispose()


def _promote_champion(settings: Settings, database: Engine) -> None:
    folder = champion.ensure(settings, print)
    manifest, now = read_manifest(folder), SystemClock().now()
    with transaction(database) as connection:
        models.register(connection, manifest, folder.name)
        models.promote(connection, manifest.version, actor="test", reason="shipped", at=now)
