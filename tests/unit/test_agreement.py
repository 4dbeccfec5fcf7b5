"""Figures of agreement, against published worked examples and what their definitions say of the extremes."""

import pytest

from bearometer_shared.agreement import agreement, alpha, kappa

# Krippendorff 2011, section C: four observers, twelve units, nominal data with missing values; alpha is 0.743.
OBSERVERS = ("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .")
UNITS = [[word for word in unit if word != "."] for unit in zip(*(line.split() for line in OBSERVERS), strict=True)]
# Cohen 1960: 200 cases in three categories, rows one judge, columns the other; kappa is 0.492.
COUNTS = {"a": (88, 10, 2), "b": (14, 40, 6), "c": (18, 10, 12)}


def test_alpha_of_the_published_example() -> None:
    assert alpha(UNITS) == pytest.approx(0.743, abs=0.0005)


def test_kappa_of_the_published_example() -> None:
    pairs = [
        (row, column)
        for row, counts in COUNTS.items()
        for column, n in zip("abc", counts, strict=True)
        for _ in range(n)
    ]
    assert kappa(pairs) == pytest.approx(0.492, abs=0.0005)


def test_perfect_agreement_is_one() -> None:
    assert alpha([["a", "a"], ["b", "b"]]) == 1
    assert kappa([("a", "a"), ("b", "b")]) == 1


def test_agreement_less_than_chance_is_negative() -> None:
    assert kappa([("a", "b"), ("b", "a")]) == -1
    assert alpha([["a", "b"], ["b", "a"]]) == pytest.approx(-0.5)  # 1 - 3 * 4 / 8


@pytest.mark.parametrize("units", [[], [["a"], ["b"]], [["a", "a"], ["a", "a"]]])
def test_alpha_is_undefined_where_nothing_varies(units: list[list[str]]) -> None:
    assert alpha(units) is None


def test_kappa_is_undefined_without_texts_and_without_variety() -> None:
    assert kappa([]) is None
    assert kappa([("a", "a")]) is None
    assert kappa([("a", "b")]) == 0, "two constants that differ agree as chance would have it: never"


def test_each_pair_has_its_own_texts() -> None:
    said = [{"ben": "x", "ana": "x"}, {"ana": "y", "ben": "y", "cleo": "x"}, {"cleo": "x"}]
    found = agreement(said)
    assert (found.texts, [(pair.annotators, pair.texts) for pair in found.pairs]) == (
        2,
        [(("ana", "ben"), 2), (("ana", "cleo"), 1), (("ben", "cleo"), 1)],
    )
    assert found.pairs[0].kappa == 1
    assert agreement([]).alpha is None
