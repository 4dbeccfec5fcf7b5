"""What must stand before services start: the schema, the partitions, the topics."""

from contextlib import closing

from bearometer_shared.clock import SystemClock
from bearometer_shared.settings import Settings
from bearometer_shared.storage import partitions, session
from bearometer_shared.storage.migrations import migrate


def database(configuration: Settings) -> None:
    """Brings the schema to this release, and makes the partitions of the coming days."""
    engine = session.connect(configuration)
    try:
        migrate(engine)
        with session.transaction(engine) as connection:
            partitions.ensure(connection, SystemClock().now().date())
    finally:
        engine.dispose()


def topics(configuration: Settings) -> None:
    """Makes our topics where they are missing."""
    from bearometer_shared.kafka.log import RealLog

    with closing(RealLog(configuration)) as log:
        log.ensure_topics()
