"""Items as rows of the table, and the labels that corrections become."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bearometer_dashboard.correction import body
from bearometer_dashboard.items import link, row

ARTICLE: dict[str, Any] = {
    "stream": "live",
    "id": "a1",
    "published_at": "2026-03-05T14:41:00Z",
    "source": "Ledgerline",
    "title": "<b>Corwen</b>",
    "url": "https://news.example/1",
    "tickers": ["CRWB", "HBNK"],
    "mentions": [
        {"ticker": "CRWB", "sentiment": "negative", "score": -0.9},
        {"ticker": "HBNK", "sentiment": "positive", "score": 0.3},
    ],
    "sentiment": "negative",
    "score": -0.9,
    "topic": "Financials",
    "late": False,
    "future": False,
}


def test_a_row_says_everything_as_text() -> None:
    said = row(ARTICLE, datetime(2026, 3, 5, 15, tzinfo=UTC))
    assert said["time"] == "14:41"
    assert said["title"] == "<b>Corwen</b>"
    assert said["tickers"] == "CRWB HBNK"
    assert said["score"] == "\N{MINUS SIGN}0.90"


def test_a_row_says_the_sentiment_towards_each_of_several_companies_in_sign_and_word() -> None:
    first, second = row(ARTICLE, None)["mentions"]
    assert first == {"ticker": "CRWB", "sentiment": "negative", "sign": "\N{MINUS SIGN}"}
    assert (second["sign"], second["sentiment"]) == ("+", "positive")
    assert row(ARTICLE, None)["told"] == "CRWB negative \N{MINUS SIGN}0.90, HBNK positive +0.30"
    assert row(ARTICLE | {"mentions": ARTICLE["mentions"][:1]}, None)["mentions"] == []
    many = row(ARTICLE | {"mentions": ARTICLE["mentions"] * 3}, None)
    assert (len(many["mentions"]), many["more"]) == (3, "+3")


def test_an_item_with_an_odd_time_is_flagged() -> None:
    flags = [row(ARTICLE | odd, None)["flag"] for odd in ({}, {"late": True}, {"future": True})]
    assert flags == ["", "late", "future"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScript:alert(1)",
        "data:text/html,x",
        "//host/x",
        "/x",
        "",
        None,
        "http://",
        "http://[x",
    ],
)
def test_only_addresses_that_a_browser_may_follow_become_links(url: str | None) -> None:
    assert link(url) is None


def test_an_ordinary_address_stays_as_it_is() -> None:
    assert link("https://news.example/1?a=b#c") == "https://news.example/1?a=b#c"


@given(st.text(max_size=60) | st.text(max_size=30).map("http://".__add__))
def test_no_text_whatever_becomes_another_kind_of_link(url: str) -> None:
    found = link(url)
    assert found is None or urlsplit(found).scheme in ("http", "https")


def test_a_label_says_only_what_the_analyst_said() -> None:
    named = {"stream": "live", "article_id": "a1", "annotator": "dashboard"}
    assert body(ARTICLE, "positive", None) == named | {"sentiment": "positive"}
    assert body(ARTICLE, None, "Markets") == named | {"topic": "Markets"}
    assert body(ARTICLE, None, None) is None
