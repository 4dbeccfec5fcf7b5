"""One feed after the other, each on its own schedule: fetch, read, send what is new, and only then remember it."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from bearometer_ingest import metrics
from bearometer_ingest.document import Document, FeedError, read
from bearometer_ingest.feeds import Feed
from bearometer_ingest.fetch import FetchError, Page
from bearometer_shared.clock import Clock
from bearometer_shared.errors import DecodeError
from bearometer_shared.wire import News, news_item

LONGEST_WAIT_S = 3600.0
VISITS = 16  # at once: each may hold a document until Kafka has acknowledged it, and this bounds what is held
READERS = 2  # documents that are parsed at once: it is the processor's work, and memory's
log = structlog.get_logger()


@dataclass(frozen=True)
class State:
    """What is known of a feed: what to ask with next time, what of it has been sent, and what is wrong with it."""

    etag: str = ""
    modified: str = ""
    seen: frozenset[str] = frozenset()
    failures: int = 0
    retry_after_s: float = 0
    trouble: str = ""


@dataclass
class Poller:
    """`fetch` gets a document, `publish` returns when Kafka has acknowledged the items."""

    fetch: Callable[[str, str, str], Awaitable[Page]]
    publish: Callable[[Sequence[News]], Awaitable[None]]
    clock: Clock
    interval_s: float

    def __post_init__(self) -> None:
        self._room, self._readers = asyncio.Semaphore(VISITS), asyncio.Semaphore(READERS)

    async def follow(self, feed: Feed) -> None:
        """Visits a feed again and again, until cancelled."""
        state = State()
        while True:
            async with self._room:
                state = await self.visit(feed, state)
            await asyncio.sleep(pause(self.interval_s, state, random.uniform(0.9, 1.1)))  # noqa: S311 - jitter

    async def visit(self, feed: Feed, state: State) -> State:
        """One visit. The new state is returned after the acknowledgement: until then the old one is asked with."""
        try:
            page = await self.fetch(feed.url, state.etag, state.modified)
            if page.unchanged:
                metrics.VISITS.labels(feed.name, "unchanged").inc()
                return replace(state, failures=0, retry_after_s=0)
            async with self._readers:
                document = await asyncio.to_thread(read, page, feed)
        except (FetchError, FeedError) as error:
            return _failed(feed, state, error)
        return await self._send(feed, state, page, document)

    async def _send(self, feed: Feed, state: State, page: Page, document: Document) -> State:
        items, refused = self._sorted(document)
        await self.publish([item for name, item in items.items() if name not in state.seen])
        metrics.ITEMS.labels(feed.name).inc(len(items.keys() - state.seen))
        metrics.KNOWN.labels(feed.name).inc(len(document.entries) - len((items.keys() | refused.keys()) - state.seen))
        metrics.REJECTED.labels(feed.name).inc(len(refused.keys() - state.seen))
        trouble = document.trouble or next(iter(refused.values()), "")
        _say(feed, state.trouble, trouble)
        metrics.VISITS.labels(feed.name, "broken" if trouble else "read").inc()
        return State(page.etag, page.modified, frozenset(items.keys() | refused.keys()), trouble=trouble)

    def _sorted(self, document: Document) -> tuple[dict[str, News], dict[str, str]]:
        """Items by id, the first of each, and why other entries are not news. A later version of an item is no item."""
        items, refused = dict[str, News](), dict[str, str]()
        for entry in document.entries:
            try:
                item = news_item(entry, received_at=self.clock.now())
                items.setdefault(item.id, item)
            except DecodeError as error:
                name = entry["id"] or str(entry["title"])[:200]
                refused[f"refused {name}"] = f"entry {name[:100]!r} is not news: {error}"
        return items, refused


def pause(interval_s: float, state: State, jitter: float) -> float:
    """Seconds until the next visit: the interval, doubled with each failure in a row up to an hour."""
    backed_off = min(interval_s * 2.0 ** min(state.failures, 30), max(interval_s, LONGEST_WAIT_S))
    return max(backed_off, min(state.retry_after_s, LONGEST_WAIT_S)) * jitter


def _failed(feed: Feed, state: State, error: FetchError | FeedError) -> State:
    metrics.VISITS.labels(feed.name, "failed").inc()
    _say(feed, state.trouble, str(error))
    wanted = error.retry_after_s if isinstance(error, FetchError) else 0
    return replace(state, failures=state.failures + 1, retry_after_s=wanted, trouble=str(error))


def _say(feed: Feed, before: str, now: str) -> None:
    """Once a trouble, not once a visit."""
    if now and now != before:
        log.warning("feed is in trouble", feed=feed.name, reason=now)
    elif before and not now:
        log.info("feed is well again", feed=feed.name)
