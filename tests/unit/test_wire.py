"""What enters the topics: hostile input ends in a reason and in no other exception, the rest travels unchanged."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bearometer_shared.errors import DecodeError
from bearometer_shared.wire import MAX_BODY, News, Tick, decode, encode, minute, news_item

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
LIMIT = 1_000_000


def item(**fields: Any) -> News:
    return news_item({"title": "Fed holds"} | fields, received_at=NOW)


def record(**fields: Any) -> bytes:
    return json.dumps({"title": "Fed holds", "id": "a"} | fields).encode()


def reason(value: bytes | None) -> str:
    with pytest.raises(DecodeError) as caught:
        decode(value, NOW, LIMIT)
    return str(caught.value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "empty record"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"\0\0\0\0", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b'{"x": ' + b"9" * 5000 + b"}", "not JSON"),
        (b"[1]", "a JSON list"),
        (b"null", "a JSON NoneType"),
        (b"{}", "title: missing"),
        (b'{"title": "<b></b>"}', "title: missing"),
        (b'{"title": 5}', "title: not text"),
        (record(body="x" * 5_000_000), "the limit is 1000000"),
        (record(published_at="1600-01-01T00:00:00Z"), "before 1900"),
        (record(published_at="yesterday"), "'yesterday' is not ISO 8601"),
        (record(published_at=1772712000), "published_at: not an ISO 8601 text"),
        (record(published_at="9999-12-31T23:59:59-23:59"), "beyond the calendar"),
        (record(tickers={"a": 1}), "tickers: not a list"),
        (record(id=["a"]), "id: not text"),
        (record(url=5), "url: not text"),
        (record(stream="a b"), "stream"),
        (record(v="2.0"), "version '2.0'"),
        (record(v="\u00b2"), "v: not MAJOR.MINOR"),
        (record(v=[[]]), "v: not MAJOR.MINOR"),
        (record(kind="correction"), "kind: neither"),
        (record(kind="tick"), "stream"),
        (record(kind="tick", stream="a", event_time="9999-12-31T23:59:59-23:59"), "event_time"),
        (record(extra=json.loads("[" * 50 + "]" * 50)), "nested more than"),
    ],
)
def test_what_is_not_news_is_refused_with_the_reason(value: bytes | None, said: str) -> None:
    assert said in reason(value)


def test_a_reason_is_short_whatever_the_record_holds() -> None:
    assert len(reason(record(published_at="x" * 900_000))) < 200


def test_a_newer_minor_version_and_its_fields_are_kept() -> None:
    read = decode(record(v="1.7", mood={"index": [1, 2.5]}), NOW, LIMIT)
    assert read.v == "1.7"
    assert json.loads(encode(read))["mood"] == {"index": [1, 2.5]}


def test_a_publishers_own_fields_named_like_ours_do_no_harm() -> None:
    read = item(v=120_000, kind="article", received_at="never", future="yes")
    assert (read.v, read.kind, read.received_at, read.future) == ("1.0", "news", NOW, False)


def test_nul_bytes_and_lone_surrogates_are_gone_everywhere() -> None:
    written = json.loads(
        r'{"title": "a\u0000b", "id": "x\ud800", "note": "\ud800\u0000", "\ud800": [{"y\u0000": "\ud800"}]}'
    )
    read = news_item(written, received_at=NOW)
    assert (read.title, read.id) == ("a b", "x?")
    assert json.loads(encode(read))["note"] == "?"
    assert b"\\u0000" not in encode(read)


def test_a_cleaned_name_cannot_replace_a_field_of_ours() -> None:
    assert item(**{"id": "a", "id\0": "b"}).id == "a"


def test_a_future_time_is_clamped_to_arrival_and_flagged() -> None:
    read = item(published_at="2600-01-01T00:00:00Z")
    assert (read.published_at, read.future) == (NOW, True)
    assert decode(encode(read), NOW, LIMIT) == read


def test_a_time_without_a_zone_is_utc_and_others_are_converted() -> None:
    assert item(published_at="2026-03-05T11:00:00").published_at == NOW - timedelta(hours=1)
    assert item(published_at="2026-03-05T13:00:00+03:00").published_at == NOW - timedelta(hours=2)


def test_an_item_without_id_gets_the_same_one_whenever_it_comes() -> None:
    """A file that is replayed twice holds the same items both times, with or without times and links."""
    later = NOW + timedelta(days=1)
    for fields in ({"title": "a"}, {"title": "a", "url": "http://x/1"}, {"title": "a", "published_at": "2600-01-01"}):
        assert news_item(fields, received_at=NOW).id == news_item(fields, received_at=later).id
    assert item(title="a").id != item(title="b").id


def test_long_ids_that_begin_alike_stay_apart() -> None:
    first, second = item(id="x" * 300 + "1"), item(id="x" * 300 + "2")
    assert first.id != second.id
    assert len(first.id) <= 200


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://x.example/?a=1&region=2&copy=3", "https://x.example/?a=1&region=2&copy=3"),  # no entities in links
        ("https://x.example/a b", "https://x.example/a%20b"),
        (" https://x.example/ ", "https://x.example/"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("//x.example/", ""),
        ("https://", ""),
        ("https://[bad/", ""),
        ("https://x.example/\u202e", ""),
        ("https://x.example/" + "a" * 2000, ""),
    ],
)
def test_only_links_that_a_browser_may_follow_travel_on(written: str, read: str) -> None:
    assert item(url=written).url == read


def test_tickers_come_as_a_list_or_a_word_and_are_bounded() -> None:
    assert item(tickers=["$aapl", "BRK.B", "aapl", "<>", ""]).tickers == ("AAPL", "BRK.B")
    assert item(ticker="goog").tickers == ("GOOG",)
    assert len(item(tickers=[f"T{n}" for n in range(80)]).tickers) == 50


def test_a_text_stands_in_for_a_missing_title() -> None:
    assert news_item({"title": "<i></i>", "text": "Fed holds"}, received_at=NOW).title == "Fed holds"


def test_long_text_is_cut_and_cut_text_is_clean() -> None:
    read = item(body="word " * 100_000)
    assert len(read.body) <= MAX_BODY
    assert not read.body.endswith(" ")


def test_two_texts_under_one_id_have_two_hashes() -> None:
    assert item(id="a").text_hash() != item(id="a", body="more").text_hash()


def test_a_tick_travels() -> None:
    tick = Tick(stream="history", event_time=NOW, partitions=6)
    assert decode(encode(tick), NOW, LIMIT) == tick


def test_a_minute_is_the_bucket_of_its_seconds() -> None:
    assert minute(NOW + timedelta(seconds=59, microseconds=5)) == NOW


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters())
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters()), inner), max_leaves=8
)
TEXTS = st.text(st.characters(), max_size=30) | st.text("<>&;amplt#6 b/script!-\0", max_size=30)
TIMES = st.datetimes(timezones=st.none() | st.timezones(), allow_imaginary=False)
FIELDS = st.fixed_dictionaries(
    {"title": TEXTS | JSON},
    optional={
        "id": TEXTS | JSON,
        "text": TEXTS,
        "body": TEXTS | JSON,
        "source": TEXTS | JSON,
        "url": TEXTS.map("https://x/".__add__) | JSON,
        "lang": TEXTS | JSON,
        "published_at": TIMES | TIMES.map(datetime.isoformat) | JSON,
        "received_at": TIMES.map(datetime.isoformat) | JSON,
        "tickers": st.lists(TEXTS) | JSON,
        "ticker": TEXTS | JSON,
        "stream": st.text("ab.-", min_size=1) | JSON,
        "v": st.sampled_from(["1.0", "1.3", "2.0", "x"]) | JSON,
        "kind": st.sampled_from(["news", "tick"]) | JSON,
        "future": st.booleans() | JSON,
    },
)
RAW = JSON | st.builds(lambda known, others: others | known, FIELDS, st.dictionaries(st.text(st.characters()), JSON))


@settings(deadline=None)  # a busy machine is no failure
@given(RAW)
def test_any_input_is_refused_with_a_reason_or_travels_unchanged(raw: Any) -> None:
    """The scorer reads from the topic exactly what ingest wrote, and cleaning it again changes nothing."""
    try:
        written = news_item(raw, received_at=NOW)
    except DecodeError as error:
        assert str(error)
        return
    assert decode(encode(written), NOW, LIMIT) == written


@settings(deadline=None)  # a busy machine is no failure
@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_refused_with_a_reason_or_read(value: bytes) -> None:
    try:
        decode(value, NOW, LIMIT)
    except DecodeError as error:
        assert str(error)
