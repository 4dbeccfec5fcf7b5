"""The fixtures that every other test with real servers stands on."""

from collections.abc import Callable

import redis
from sqlalchemy import text

from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.port import NEWS_RAW
from bearometer_shared.kafka.producer import RealProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage import session

MakeSettings = Callable[..., Settings]


def test_each_test_gets_a_migrated_database_of_its_own(settings_for: MakeSettings) -> None:
    engine = session.connect(settings_for())
    with session.transaction(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM articles")).scalar() == 0
        connection.execute(text("CREATE TABLE only_here (x int)"))
    engine.dispose()


def test_what_another_test_made_is_not_seen(settings_for: MakeSettings) -> None:
    engine = session.connect(settings_for())
    with session.transaction(engine) as connection:
        assert connection.execute(text("SELECT to_regclass('only_here')")).scalar() is None
    engine.dispose()


def test_overrides_reach_the_settings_and_groups_are_unique(settings_for: MakeSettings) -> None:
    assert settings_for(batch_items=7).batch_items == 7
    assert settings_for().group.startswith("group-")


def test_redis_answers(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()


def test_fresh_kafka_empties_the_topics(settings_for: MakeSettings, fresh_kafka: Callable[..., None]) -> None:
    fresh_kafka(partitions=3)
    producer = RealProducer(settings_for())
    assert producer.partitions(NEWS_RAW) == 3
    producer.send(NEWS_RAW, "key", b"value")
    producer.flush()
    producer.close()
    log = RealLog(settings_for())
    assert len(list(log.read(NEWS_RAW))) == 1
    fresh_kafka()
    assert list(log.read(NEWS_RAW)) == []
    log.close()
