"""Whom an item names, and when the model is asked towards each: where a text names several, and not for lists."""

from datetime import UTC, datetime

import pytest
from lexicon import LexiconEngine

from bearometer_shared.entities import Entity, Gazetteer, Linker
from bearometer_shared.inference.news import MOST_ASKED, Judged, judge
from bearometer_shared.wire import News

AT = datetime(2026, 3, 5, tzinfo=UTC)
LINKER = Linker(Gazetteer([Entity("HWB", "Hartwell Bank"), Entity("CRWB", "Corwen Bank")]))


def judged(title: str, body: str = "", **more: object) -> Judged:
    news = {"id": "a", "published_at": AT, "received_at": AT, "title": title, "body": body, **more}
    (found,) = judge(LexiconEngine(), LINKER, [News.model_validate(news)])
    return found


def test_of_two_companies_each_gets_what_is_said_of_it() -> None:
    found = judged("Hartwell Bank wins the bid, Corwen Bank falls")
    assert found.tickers == ["HWB", "CRWB"]
    assert {ticker: said.sentiment for ticker, said in found.towards.items()} == {"HWB": "positive", "CRWB": "negative"}


def test_what_names_one_company_is_said_of_it_and_is_asked_once() -> None:
    assert judged("Hartwell Bank falls").towards == {}


def test_a_company_that_the_model_does_not_read_of_is_not_asked_about() -> None:
    """The model reads the title: of who is named in the body alone it would make something up."""
    found = judged("Hartwell Bank falls", "Corwen Bank is a rival.")
    assert (found.tickers, found.towards) == (["HWB", "CRWB"], {})


def test_a_publishers_ticker_that_the_text_does_not_name_keeps_the_items_sentiment() -> None:
    found = judged("Hartwell Bank wins, Corwen Bank falls", tickers=("ELSE",))
    assert found.tickers == ["ELSE", "HWB", "CRWB"]
    assert set(found.towards) == {"HWB", "CRWB"}


@pytest.mark.parametrize(("companies", "asked"), [(MOST_ASKED, MOST_ASKED), (MOST_ASKED + 1, 0)])
def test_a_list_says_nothing_of_each(companies: int, asked: int) -> None:
    """Or one text of fifty symbols would cost as much as fifty texts."""
    title = " ".join(f"$Q{chr(65 + n)}A" for n in range(companies))
    assert len(judged(title).towards) == asked


def test_answers_come_back_to_their_items() -> None:
    titles = ["Calm", "Corwen Bank falls, Hartwell Bank wins", "Hartwell Bank", "Hartwell Bank falls, Corwen Bank wins"]
    news = [News(id=str(n), published_at=AT, received_at=AT, title=title) for n, title in enumerate(titles)]
    found = judge(LexiconEngine(), LINKER, news)
    assert [{t: said.sentiment for t, said in one.towards.items()} for one in found] == [
        {},
        {"CRWB": "negative", "HWB": "positive"},
        {},
        {"HWB": "negative", "CRWB": "positive"},
    ]
