"""Sets of tickers as keys: a story counts once, whoever of the set it names, and in the minute of its first telling."""

from collections.abc import Mapping

from made_news import START

from bearometer_alerts import groups, times
from bearometer_alerts.detector import Minute
from bearometer_alerts.usual import ALL
from bearometer_alerts.widening import widen
from bearometer_shared.entities import Entity, default
from bearometer_shared.storage.told import Told

BANKS, OIL = ("watchlist", "banks"), ("watchlist", "oil")
GROUPS = groups.joined({"JPM": "Financials", "BAC": "Financials"}, {"banks": ["JPM", "BAC"], "oil": ["XOM", "JPM"]})


def told(
    minute: int, *tickers: str, story: str = "s", source: str = "a", firsts: Mapping[str, int] | None = None
) -> Told:
    return Told(times.start(minute), story, source, "Markets", tickers, firsts or dict.fromkeys(tickers, minute))


def widened(*items: Told, minutes: tuple[Minute, ...] = ()) -> dict[int, Minute]:
    return {minute.at: minute for minute in widen(minutes, items, GROUPS)}


def test_a_story_that_names_two_members_counts_once() -> None:
    counts = widened(told(START, "JPM", "BAC"))[START].negatives
    assert counts == {BANKS: 1, OIL: 1, ("sector", "Financials"): 1}


def test_two_stories_of_a_minute_count_twice_and_two_items_of_one_once() -> None:
    found = widened(told(START, "JPM"), told(START, "BAC"), told(START, "BAC", story="t"))
    assert found[START].negatives[BANKS] == 2


def test_a_copy_that_names_another_member_later_counts_no_more() -> None:
    """The story's first telling of any member is where it counts for the set."""
    found = widened(told(START, "JPM"), told(START + 5, "BAC", source="b", firsts={"JPM": START, "BAC": START + 5}))
    assert found[START].negatives[BANKS] == 1
    assert BANKS not in found[START + 5].negatives
    assert found[START + 5].sources[BANKS] == {"b"}


def test_a_story_that_is_forgotten_counts_where_its_items_are() -> None:
    item = told(START, "JPM")._replace(firsts={})
    assert widened(item)[START].negatives[BANKS] == 1


def test_what_the_trends_count_stays_and_minutes_stay_in_order() -> None:
    trend = Minute(START, 9, {ALL: 3, ("ticker", "JPM"): 2})
    found = widened(told(START, "JPM"), told(START + 2, "XOM"), minutes=(trend, Minute(START + 1, 4)))
    assert list(found) == [START, START + 1, START + 2]
    assert found[START].items == 9
    assert {**trend.negatives, BANKS: 1}.items() <= found[START].negatives.items()
    assert found[START + 1] == Minute(START + 1, 4)


def test_every_key_of_an_item_has_its_source() -> None:
    sources = widened(told(START, "JPM"), told(START, "JPM", story="t", source="b"))[START].sources
    assert sources[ALL] == sources["ticker", "JPM"] == sources["topic", "Markets"] == sources[BANKS] == {"a", "b"}
    assert sources["source", "b"] == {"b"}


def test_the_last_list_that_knows_a_companys_sector_decides() -> None:
    rows = [Entity("A", "Old", sector="Energy"), Entity("B", "Other"), Entity("A", "New", sector="Materials")]
    assert groups.sectors([*rows, Entity("A", "Newer")]) == {"A": "Materials"}


def test_the_default_list_has_sectors() -> None:
    found = groups.joined(groups.sectors([*default.members(), *default.own()]), {})
    assert found["JPM"] == [("sector", "Financials")]
    assert len(groups.tickers(found, ("sector", "Energy"))) > 20
