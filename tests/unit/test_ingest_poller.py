"""A feed's life: what is new is sent once, state moves after the acknowledgement, failures back off."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from bearometer_ingest.feeds import Feed
from bearometer_ingest.fetch import FetchError, Page
from bearometer_ingest.poller import Poller, State, pause
from bearometer_shared.clock import ManualClock
from bearometer_shared.wire import News

FEED = Feed("Wire", "https://feeds.example.com/all.xml")
NOW = datetime(2026, 8, 1, tzinfo=UTC)


def rss(*titles: str, note: str = "") -> bytes:
    items = "".join(f"<item><title>{title}</title><guid>urn:{title}</guid>{note}</item>" for title in titles)
    return f"<rss version='2.0'><channel>{items}</channel></rss>".encode()


@dataclass
class World:
    """A feed's server and a Kafka that takes what it is given, or fails once."""

    answer: Page | FetchError
    sent: list[str] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    failure: Exception | None = None

    async def fetch(self, _url: str, etag: str, modified: str) -> Page:
        self.asked.append((etag, modified))
        if isinstance(self.answer, FetchError):
            raise self.answer
        return self.answer

    async def publish(self, items: Sequence[News]) -> None:
        if self.failure:
            raise self.failure
        self.sent += [item.title for item in items]

    def visit(self, state: State | None = None) -> State:
        poller = Poller(self.fetch, self.publish, ManualClock(NOW), interval_s=60)
        return asyncio.run(poller.visit(FEED, state or State()))


def page(content: bytes, etag: str = "1") -> Page:
    return Page(FEED.url, content, "text/xml", etag, "yesterday")


def test_new_items_are_sent_once_and_the_next_visit_asks_conditionally() -> None:
    world = World(page(rss("a", "b")))
    state = world.visit()
    world.answer = page(rss("c", "b"), etag="2")
    world.visit(state)
    assert world.sent == ["a", "b", "c"]
    assert world.asked == [("", ""), ("1", "yesterday")]


def test_unchanged_costs_nothing_and_forgets_nothing() -> None:
    world = World(page(rss("a")))
    state = world.visit()
    world.answer = Page(FEED.url, unchanged=True)
    assert world.visit(state) == state


def test_entries_that_share_an_id_are_one_item() -> None:
    """An Atom feed repeats an entry's id when it is updated; some list one filing under two titles."""
    entries = "".join(f"<entry><id>urn:1</id><title>{title}</title></entry>" for title in ("first", "updated"))
    world = World(page(f"<feed xmlns='http://www.w3.org/2005/Atom'>{entries}</feed>".encode()))
    world.visit()
    assert world.sent == ["first"]


def test_state_stays_where_it_was_until_kafka_has_acknowledged() -> None:
    world = World(page(rss("a")), failure=RuntimeError("not acknowledged"))
    with pytest.raises(RuntimeError, match="not acknowledged"):
        world.visit()
    world.failure = None
    world.visit()
    assert (world.sent, world.asked) == (["a"], [("", ""), ("", "")])


@pytest.mark.parametrize("content", [b"<html><body>Access denied</body></html>", rss()])
def test_what_is_no_feed_counts_as_a_failure_and_is_said_once(content: bytes) -> None:
    world = World(page(content))
    with capture_logs() as said:
        state = world.visit(world.visit())
    assert (state.failures, state.etag, len(said)) == (2, "", 1)


def test_a_feed_that_recovers_says_so_and_is_polled_as_before() -> None:
    world = World(FetchError("HTTP status 503", retry_after_s=120))
    state = world.visit()
    assert (state.failures, state.retry_after_s) == (1, 120)
    world.answer = page(rss("a"))
    with capture_logs() as said:
        assert world.visit(state).failures == 0
    assert [line["event"] for line in said] == ["feed is well again"]


def test_an_entry_that_is_not_news_is_told_with_its_reason_and_the_rest_is_sent() -> None:
    old = "<pubDate>Mon, 01 Jan 1600 00:00:00 GMT</pubDate>"
    world = World(page(rss("a").replace(b"</channel>", f"<item><title>b</title>{old}</item></channel>".encode())))
    with capture_logs() as said:
        world.visit(world.visit())
    assert world.sent == ["a"]
    assert len(said) == 1
    assert "before 1900" in said[0]["reason"]


def test_a_partly_broken_feed_is_polled_on_at_its_interval() -> None:
    world = World(page(rss("a").replace(b"</rss>", b"")))
    state = world.visit()
    assert (world.sent, state.failures, state.etag) == (["a"], 0, "1")
    assert state.trouble


@pytest.mark.parametrize(
    ("interval", "state", "seconds"),
    [
        (60, State(), 60),
        (60, State(failures=1), 120),
        (60, State(failures=5), 1920),
        (60, State(failures=1000), 3600),
        (7200, State(failures=3), 7200),
        (60, State(failures=1, retry_after_s=900), 900),
        (60, State(failures=1, retry_after_s=1e12), 3600),
    ],
)
def test_failures_back_off_up_to_an_hour(interval: float, state: State, seconds: float) -> None:
    assert pause(interval, state, jitter=1.0) == seconds
    assert pause(interval, state, jitter=1.1) == pytest.approx(seconds * 1.1)
