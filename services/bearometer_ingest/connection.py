"""The way into Kafka."""

from contextlib import closing

from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.producer import RealProducer
from bearometer_shared.settings import Settings


def connect(settings: Settings) -> RealProducer:
    """A producer, after making our topics where they are missing. Raises KafkaUnavailableError, or UserError."""
    with closing(RealLog(settings)) as log:
        log.ensure_topics()
    return RealProducer(settings)
