"""Which keys move together."""

import pytest

from bearometer_alerts.incident import Open, home
from bearometer_alerts.rule import Key

BANK: Key = ("ticker", "CRWB")
TOPIC: Key = ("topic", "Financials")
ALL: Key = ("all", "all")


@pytest.mark.parametrize(
    ("key", "stories", "other", "joined"),
    [
        (TOPIC, 10, Open(1, BANK, 5, 5), True),  # the ticker makes half of the topic
        (TOPIC, 11, Open(1, BANK, 5, 5), False),
        (BANK, 5, Open(1, TOPIC, 10, 5), True),  # whichever fires first
        (BANK, 5, Open(1, ALL, 40, 5), False),  # it lies in all news, and does not drive them
        (BANK, 12, Open(1, ("ticker", "GRBN"), 4, 2), True),  # of one dimension: half of the smaller one's
        (BANK, 0, Open(1, TOPIC, 0, 0), False),
    ],
)
def test_the_narrower_key_must_make_half_of_the_broader_one(key: Key, stories: int, other: Open, joined: bool) -> None:
    assert home(key, stories, [other]) == (1 if joined else None)


def test_the_best_match_wins_and_of_equals_the_narrowest() -> None:
    assert home(TOPIC, 10, [Open(1, BANK, 6, 6), Open(2, ("ticker", "GRBN"), 7, 7)]) == 2
    assert home(BANK, 10, [Open(1, ALL, 10, 10), Open(2, TOPIC, 10, 10)]) == 2
