"""Two versions side by side: what differs is named, what does not is left out."""

from collections.abc import Sequence
from typing import Any

import pytest

from bearometer_retrainer import comparing
from bearometer_shared.inference.engine import Opinion, Score
from bearometer_training.data import Row

MANIFEST: dict[str, Any] = {"parent": None, "recipe": "full", "data_snapshot": "aa", "code": "1", "serve": "int8"}
GOOD = Score(100_000, 200_000, 700_000, "Macro", 400_000)
BAD = Score(700_000, 200_000, 100_000, "Macro", 400_000)


class Reader:
    """Says that all is well, but for the texts that it was told of."""

    def __init__(self, *bad: str) -> None:
        self.bad = bad

    def score(self, texts: Sequence[str]) -> list[Score]:
        return [BAD if text in self.bad else GOOD for text in texts]

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        return [*self.score([text for text, _ in pairs])]


def test_how_they_were_made_is_told_where_it_differs() -> None:
    first = MANIFEST | {"metrics": {"settings": {"epochs": 3, "rate": 0.1, "old": 1}}}
    second = MANIFEST | {"data_snapshot": "bb", "metrics": {"settings": {"epochs": 3, "rate": 0.2}}}
    assert comparing.differing(first, second) == {
        "data_snapshot": ("aa", "bb"),
        "settings rate": (0.1, 0.2),
        "settings old": (1, None),
    }


def test_figures_stand_side_by_side_and_tables_are_left_out() -> None:
    golden = {"sentiment": {"n": 300, "accuracy": 0.8, "classes": {"negative": {"f1": 0.5}}, "confusion": {"x": 1}}}
    first = {"metrics": {"golden": golden, "settings": {"epochs": 3}}}
    second = {"metrics": {"int8": {"label_agreement": 0.99}}}
    assert comparing.figures(first, second) == {
        "golden sentiment n": (300, None),
        "golden sentiment accuracy": (0.8, None),
        "int8 label_agreement": (None, 0.99),
    }


ROWS = [
    *(Row(f"good {n}", "positive", "Macro") for n in range(20)),
    *(Row(f"bad {n}", "negative") for n in range(10)),
    Row("Arden beats Bexley", entities=(("Bexley", "negative"),)),
    Row("nobody said"),
]


def test_differences_are_told_of_each_head_and_each_label() -> None:
    found = comparing.compared([Reader(), Reader("bad 1", "bad 2", "Arden beats Bexley")], ROWS)
    by_slice = {part["slice"]: part for part in found["differences"]}
    assert list(by_slice) == [
        *("entity", "entity negative", "sentiment", "sentiment negative", "sentiment positive", "topic", "topic Macro"),
    ]
    negative = by_slice["sentiment negative"]
    assert (negative["n"], negative["before"], negative["after"]) == (10, 0, pytest.approx(0.2))
    assert negative["low"] <= 0.2 <= negative["high"]
    assert by_slice["sentiment positive"]["low"] == by_slice["sentiment positive"]["high"] == 0


def test_what_became_wrong_comes_first_then_what_became_right_and_what_nobody_knows_last() -> None:
    found = comparing.compared([Reader("good 5"), Reader("good 7", "bad 3", "nobody said")], ROWS)
    told = [(one["text"], one["label"], one["was"], one["now"]) for one in found["examples"]]
    assert told == [
        ("good 7", "positive", "positive", "negative"),
        ("good 5", "positive", "negative", "positive"),
        ("bad 3", "negative", "positive", "negative"),
        ("nobody said", "", "positive", "negative"),
    ]
    assert (found["changed"], found["answers"]) == (4, 53)


def test_the_same_model_twice_differs_in_nothing() -> None:
    found = comparing.compared([Reader("bad 1"), Reader("bad 1")], ROWS)
    assert found["changed"] == 0
    assert all(part["low"] == part["high"] == 0 for part in found["differences"])
    assert comparing.differing(MANIFEST | {"metrics": {}}, MANIFEST | {"metrics": {}}) == {}
