"""Which keys move together."""

import pytest

from bearometer_alerts.incident import Open, home
from bearometer_alerts.rule import Key

BANK: Key = ("ticker", "CRWB")
TOPIC: Key = ("topic", "Financials")
ALL: Key = ("all", "all")
SECTOR: Key = ("sector", "Financials")
WATCHED: Key = ("watchlist", "banks")


@pytest.mark.parametrize(
    ("key", "stories", "other", "joined"),
    [
        (TOPIC, 10, Open(1, BANK, 5, 5), True),  # the ticker makes half of the topic
        (TOPIC, 11, Open(1, BANK, 5, 5), False),
        (BANK, 5, Open(1, TOPIC, 10, 5), True),  # whichever fires first
        (BANK, 5, Open(1, ALL, 40, 5), False),  # it lies in all news, and does not drive them
        (BANK, 12, Open(1, ("ticker", "GRBN"), 4, 2), True),  # of one dimension: half of the smaller one's
        (BANK, 0, Open(1, TOPIC, 0, 0), False),
        (SECTOR, 10, Open(1, BANK, 5, 5), True),  # a sector over its members
        (SECTOR, 11, Open(1, BANK, 5, 5), False),  # several of them fall, and no single one explains it
        (BANK, 5, Open(1, SECTOR, 10, 5), True),
        (WATCHED, 10, Open(1, BANK, 5, 5), True),  # a watchlist over its tickers
        (WATCHED, 11, Open(1, BANK, 5, 5), False),
        (SECTOR, 10, Open(1, WATCHED, 5, 5), True),  # and the sector that most of the list is in
        (TOPIC, 10, Open(1, SECTOR, 8, 5), True),  # a topic over a sector: half of the topic, whatever else is told
        (TOPIC, 10, Open(1, WATCHED, 8, 4), False),
    ],
)
def test_the_narrower_key_must_make_half_of_the_broader_one(key: Key, stories: int, other: Open, joined: bool) -> None:
    assert home(key, stories, [other]) == (1 if joined else None)


def test_of_two_driven_by_one_ticker_each_joins_it() -> None:
    """Sector, watchlist and topic of a bank fire after it: none of them opens an incident beside it."""
    standing = [Open(1, BANK, 8, 8)]
    for n, key in enumerate((WATCHED, SECTOR, TOPIC, ALL), 9):
        assert home(key, n, standing) == 1
        standing.append(Open(1, key, n, 8))


def test_two_members_of_a_sector_are_two_incidents_and_the_sector_joins_the_one_that_makes_more_of_it() -> None:
    other = Open(2, ("ticker", "GRBN"), 6, 0)
    assert home(BANK, 5, [other]) is None
    assert home(SECTOR, 10, [Open(1, BANK, 5, 5), other._replace(common=6)]) == 2


def test_two_tickers_that_share_a_topic_but_no_story_are_two_incidents() -> None:
    """At once, and both of one topic: the second drives the topic as the first did."""
    other: Key = ("ticker", "GRBN")
    standing = [Open(1, BANK, 5, 0), Open(1, TOPIC, 12, 7), Open(1, ALL, 14, 7)]
    assert home(other, 7, standing) is None
    assert home(other, 7, standing[1:]) == 1, "the topic had no ticker yet"
    assert home(other, 7, [standing[0]._replace(common=3), *standing[1:]]) == 1, "most of the first one's are its too"
    assert home(("source", "wire"), 12, standing) == 1, "what is broader than all of them needs only one"


def test_the_best_match_wins_and_of_equals_the_narrowest() -> None:
    assert home(TOPIC, 10, [Open(1, BANK, 6, 6), Open(2, ("ticker", "GRBN"), 7, 7)]) == 2
    assert home(BANK, 10, [Open(1, ALL, 10, 10), Open(2, TOPIC, 10, 10)]) == 2
