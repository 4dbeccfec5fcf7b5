"""An item that is good for one company and bad for another counts for each as what it is to it, all the way."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr
from scorer_rig import NOW, Rig, drain, item

from bearometer_shared.entities import Entity, Gazetteer, Linker
from bearometer_shared.kafka.port import NEWS_SCORED
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alert_evidence, reading, told, trends
from bearometer_shared.storage.alert_evidence import Window
from bearometer_shared.storage.session import connect, transaction

BANKS = Linker(Gazetteer([Entity("HWB", "Hartwell Bank"), Entity("CRWB", "Corwen Bank")]))
BOTH = "Hartwell Bank wins the bid, Corwen Bank falls"  # negative on the whole: a bad word counts first
SINCE, UNTIL = NOW - timedelta(minutes=10), NOW + timedelta(minutes=10)


@pytest.fixture
def rig(postgres_url: str) -> Iterator[Rig]:
    settings = Settings(database_url=SecretStr(postgres_url))
    database = connect(settings)
    rig = Rig(settings, database)
    rig.publish(item(1, BOTH))
    drain(rig.scorer(lambda: BANKS))
    yield rig
    database.dispose()


def test_trends_count_an_item_for_each_ticker_as_what_it_is_to_it(rig: Rig) -> None:
    rows = rig.rows("SELECT key, negative, positive, negative_stories FROM trends WHERE dimension = 'ticker'")
    assert {tuple(row) for row in rows} == {("HWB", 0, 1, 0), ("CRWB", 1, 0, 1)}


def test_a_rebuild_from_the_articles_says_the_same(rig: Rig) -> None:
    with transaction(rig.database) as connection:
        assert trends.differences(connection, "live") == 0
        assert trends.rebuild(connection, "live") > 0
        assert trends.differences(connection, "live") == 0


def test_the_announcement_says_it_and_says_it_again_when_the_item_is_read_again(rig: Rig) -> None:
    rig.publish(item(1, BOTH))
    drain(rig.scorer(lambda: BANKS))
    first, second = (json.loads(record.value) for record in rig.topic(NEWS_SCORED))
    assert first == second
    assert [(one["ticker"], one["sentiment"]) for one in first["mentions"]] == [
        ("HWB", "positive"),
        ("CRWB", "negative"),
    ]


def test_the_evidence_of_a_ticker_is_what_was_said_badly_of_it(rig: Rig) -> None:
    with transaction(rig.database) as connection:
        bad, good = (
            alert_evidence.found(connection, Window("live", "ticker", key, SINCE, UNTIL), 5) for key in ("CRWB", "HWB")
        )
        both = Window("live", "sector", "Banks", SINCE, UNTIL, members=("CRWB", "HWB"))
        totals, _ = alert_evidence.found(connection, both, 5)
    assert (bad[0]["stories"], [story["id"] for story in bad[1]]) == (1, ["n1"])
    assert (good[0]["stories"], good[1]) == (0, [])
    assert totals["stories"] == 1


def test_sets_of_tickers_count_it_by_whom_it_is_bad_for(rig: Rig) -> None:
    with transaction(rig.database) as connection:
        (one,) = told.read(connection, "live", SINCE, None)
    assert (list(one.tickers), one.overall) == (["CRWB"], True)


def test_a_list_by_ticker_and_sentiment_means_the_sentiment_towards_it(rig: Rig) -> None:
    with transaction(rig.database) as connection:
        found = {
            (ticker, sentiment): len(
                reading.articles(connection, reading.Filters("live", ticker=ticker, sentiment=sentiment), 5)
            )
            for ticker in ("HWB", "CRWB")
            for sentiment in ("negative", "positive")
        }
    assert found == {("HWB", "negative"): 0, ("HWB", "positive"): 1, ("CRWB", "negative"): 1, ("CRWB", "positive"): 0}
