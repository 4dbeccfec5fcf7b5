"""The ingest service: RSS and Atom feeds -> news.raw."""

import asyncio
from collections.abc import Sequence

import structlog

from bearometer_ingest.connection import connect
from bearometer_ingest.delivery import Delivery, Outgoing
from bearometer_ingest.feeds import Feed, listed
from bearometer_ingest.fetch import Fetcher
from bearometer_ingest.metrics import HELD
from bearometer_ingest.poller import Poller
from bearometer_shared.clock import SystemClock
from bearometer_shared.kafka.port import KafkaUnavailableError
from bearometer_shared.service import Stopping, run, serve_health
from bearometer_shared.settings import Settings
from bearometer_shared.wire import News, encode

log = structlog.get_logger()


def work(settings: Settings) -> None:
    """Polls until stopped. What a feed gave is sent before anything else is asked of that feed."""
    stopping, feeds = Stopping().on_signals(), listed(settings.feeds)
    delivery = Delivery(lambda: connect(settings), stopping.wait)
    serve_health(settings, lambda: delivery.trouble)
    try:
        if feeds:
            log.info("ingest starts", feeds=len(feeds), kafka=settings.kafka, interval_s=settings.feed_interval_s)
            delivery.partitions()  # waits for Kafka: nothing is fetched that could not be sent
        else:
            log.info("no feeds are named, idling; BEAROMETER_FEEDS is a file of addresses", feeds=str(settings.feeds))
        asyncio.run(_poll(settings, feeds, delivery, stopping))
    except KafkaUnavailableError:
        log.warning("stopped while kafka is away; what it has not taken is fetched again")
    finally:
        delivery.close()
    log.info("ingest has stopped")


async def _poll(settings: Settings, feeds: Sequence[Feed], delivery: Delivery, stopping: Stopping) -> None:
    """Follows every feed until stopped. A bug in one is loud: it ends the service."""
    turn = asyncio.Lock()  # a producer's buffer and its acknowledgements belong together

    async def publish(items: Sequence[News]) -> None:
        records = [Outgoing(item.id, encode(item)) for item in items]
        HELD.inc(len(records))
        async with turn:
            await asyncio.to_thread(delivery.deliver, records)
        HELD.dec(len(records))

    poller = Poller(Fetcher(settings).fetch, publish, SystemClock(), settings.feed_interval_s)
    stopped = asyncio.create_task(asyncio.to_thread(stopping.event.wait))
    following = [asyncio.create_task(poller.follow(feed)) for feed in feeds]
    done, pending = await asyncio.wait([stopped, *following], return_when=asyncio.FIRST_COMPLETED)
    stopping.set()
    for task in pending:
        task.cancel()
    for task in done:
        task.result()


def main() -> None:
    """Console command `bearometer-ingest`."""
    run("ingest", work)
