"""Feeds as publishers write them, and as nobody should: entries are kept, everything else is a reason."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bearometer_ingest.document import Document, FeedError, read
from bearometer_ingest.feeds import Feed
from bearometer_ingest.fetch import Page
from bearometer_shared.wire import News, news_item

FEEDS = Path(__file__).parents[2] / "../shared/data/feeds"
FEED = Feed("Wire", "https://feeds.example.com/all.xml")
NOW = datetime(2026, 8, 1, tzinfo=UTC)

needs_samples = pytest.mark.skipif(not FEEDS.is_dir(), reason="the shared sample feeds are not on this machine")


def document(content: bytes, content_type: str = "application/xml") -> Document:
    return read(Page(FEED.url, content, content_type), FEED)


def rss(*items: str, prolog: str = "") -> bytes:
    entries = "".join(f"<item>{item}</item>" for item in items)
    return f"{prolog}<rss version='2.0'><channel><title>A</title>{entries}</channel></rss>".encode()


def items(found: Document) -> list[News]:
    return [news_item(entry, received_at=NOW) for entry in found.entries]


def refusal(content: bytes) -> str:
    with pytest.raises(FeedError) as caught:
        document(content)
    return str(caught.value)


@needs_samples
@pytest.mark.parametrize(
    ("name", "count", "title", "published"),
    [
        ("bbc_news_2026-07-27.rss.xml", 1, "Oil price dives as US and Iran pause attacks", "2026-07-27T14:22:24"),
        ("fed_press_all_2026-07-16.rss.xml", 1, "Agencies issue joint statement on sensitive", "2026-07-16T18:00:00"),
        ("google_news_fed_2026-07-27.rss.xml", 1, "Federal Reserve is likely to hold interest", "2026-07-27T12:15:01"),
        ("marketwatch_topstories_2021-07-06.rss.xml", 4, ": Inclusion of these U.S. money", "2021-07-06T22:18:00"),
        ("sec_edgar_getcurrent_2024-03-17.atom.xml", 2, "4 - ESGEN LLC (0001865514)", "2024-03-16T01:45:18"),
    ],
)
def test_publishers_feeds_become_items(name: str, count: int, title: str, published: str) -> None:
    """They carry byte order marks, CDATA, other encodings and markup in their bodies."""
    found = document((FEEDS / name).read_bytes())
    first, *_ = read_items = items(found)
    assert (len(read_items), found.trouble) == (count, "")
    assert first.title.startswith(title)
    assert first.published_at.isoformat() == f"{published}+00:00"
    assert first.url.startswith("http")
    assert "<" not in first.body
    assert first.source == "Wire"


@needs_samples
def test_a_page_where_a_feed_was_expected_is_told_by_how_it_begins() -> None:
    said = refusal((FEEDS / "access_denied_200.html").read_bytes())
    assert said.startswith("not a feed; it begins with: <!DOCTYPE HTML>")


def test_an_empty_feed_is_a_reason() -> None:
    assert refusal(rss()) == "an empty feed"
    assert "not a feed" in refusal(b"")


@pytest.mark.parametrize(
    "content", [b"\0" * 100, b"\xff\xfe", b"<", b"%PDF-1.7 \x80", b"<html><body><item>", b"PK\3\4"]
)
def test_rubbish_is_a_reason(content: bytes) -> None:
    assert refusal(content)


def test_the_valid_entries_of_a_broken_feed_are_kept() -> None:
    whole, broken = "<title>Fed holds</title>", "<title>ECB & BoE</title"
    found = document(rss(whole, broken))
    assert items(Document(found.entries[:1], ""))[0].title == "Fed holds"
    assert "not well-formed" in found.trouble


def test_a_feed_that_breaks_off_keeps_what_came() -> None:
    found = document(rss("<title>Fed holds</title>", "<title>ECB cuts</title>")[:-20])
    assert [entry["title"] for entry in found.entries] == ["Fed holds", "ECB cuts"]
    assert found.trouble


def test_entities_are_not_expanded() -> None:
    bomb = "<!DOCTYPE rss [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;'><!ENTITY c SYSTEM 'file:///etc/passwd'>]>"
    (item,) = items(document(rss("<title>Fed &b; &c; holds</title>", prolog=bomb)))
    assert item.title == "Fed &b; &c; holds"


def test_an_old_document_type_does_not_cost_its_items() -> None:
    prolog = '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//Netscape//DTD RSS 0.91//EN" "http://my.example/rss.dtd">'
    assert [item.title for item in items(document(rss("<title>Fed</title>", prolog=prolog)))] == ["Fed"]


@pytest.mark.parametrize(
    ("codec", "declared", "content_type"),
    [
        ("utf-8", "", "text/xml; charset=iso-8859-1"),  # servers say what they always say
        ("iso-8859-1", "iso-8859-1", "text/xml"),
        ("windows-1252", "", "text/xml; charset=windows-1252"),
        ("utf-16", "utf-16", "text/xml"),
        ("utf-8-sig", "", "text/xml"),
    ],
)
def test_umlauts_survive_every_encoding(codec: str, declared: str, content_type: str) -> None:
    prolog = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    content = rss("<title>Zürich rät</title>", prolog=prolog).decode().encode(codec)
    assert [item.title for item in items(document(content, content_type))] == ["Zürich rät"]


@pytest.mark.parametrize("name", ["punycode", "unicode_escape", "rot13", "zip", "no-such", "idna"])
def test_a_codec_that_is_no_charset_is_not_used(name: str) -> None:
    content = rss("<title>Fed</title>", prolog=f'<?xml version="1.0" encoding="{name}"?>') + b"<!-- \xff -->"
    assert [item.title for item in items(document(content))] == ["Fed"]


def test_scripts_and_dangerous_links_are_gone() -> None:
    entry = "<title>&lt;script&gt;x()&lt;/script&gt;Fed</title><link>javascript:x()</link>"
    (item,) = items(document(rss(entry)))
    assert (item.title, item.url) == ("Fed", "")


@pytest.mark.parametrize(
    ("entry", "identity"),
    [
        ("<guid>https://x/1</guid><link>https://x/2</link>", "https://x/1"),
        ("<guid isPermaLink='false'>17</guid><link>https://x/2</link>", "feeds.example.com:17"),
        ("<link>https://x/2</link>", "https://x/2"),
    ],
)
def test_an_id_is_the_publishers_or_the_link(entry: str, identity: str) -> None:
    """A plain number is unique only within its publisher."""
    assert items(document(rss(f"<title>Fed</title>{entry}")))[0].id == identity


def test_an_entry_without_id_and_link_gets_the_same_id_every_time() -> None:
    first, second = (items(document(rss("<title>Fed</title>")))[0].id for _ in range(2))
    assert first == second


def test_an_entry_without_title_is_read_by_its_text() -> None:
    assert items(document(rss("<description>Fed holds</description>")))[0].title == "Fed holds"


def test_an_unreadable_date_means_now_and_an_impossible_one_is_refused_later() -> None:
    dates = (
        "<title>a</title><pubDate>soon</pubDate>",
        "<title>b</title><pubDate>Mon, 01 Jan 1600 00:00:00 GMT</pubDate>",
    )
    unreadable, impossible = document(rss(*dates)).entries
    assert unreadable["published_at"] is None
    assert impossible["published_at"].year == 1600


def test_an_aggregators_entry_names_its_own_source() -> None:
    entry = "<title>Fed</title><source url='https://x/'>CNBC</source>"
    assert items(document(rss(entry)))[0].source == "CNBC"


def test_relative_links_are_those_of_the_feeds_address() -> None:
    assert items(document(rss("<title>Fed</title><link>/a?b=1&amp;region=2</link>")))[0].url == (
        "https://feeds.example.com/a?b=1&region=2"
    )


def test_a_flood_of_entries_is_refused_before_it_takes_memory() -> None:
    assert "more than 5000 entries" in refusal(b"<rss version='2.0'>" + b"<item>" * 500_000)
