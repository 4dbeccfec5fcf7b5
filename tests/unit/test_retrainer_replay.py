"""The replay buffer: what is of a short time is not crowded out, and the draw can be repeated."""

import random
from collections import Counter

import pytest

from bearometer_retrainer import replay
from bearometer_training.data import Row

SEED = [Row(f"seed {n}", topic="Macro") for n in range(4000)]
EARLIER = [
    *(Row(f"common {n}", topic="Macro") for n in range(380)),
    *(Row(f"rare {n}", topic="IPO") for n in range(20)),
]


def dice(seed: int | str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - reproducible draws, no secret


def drawn(balance: float, size: int = 200) -> Counter[str]:
    """How many rows of each kind are drawn, over 20 draws."""
    draws = [replay.draw(EARLIER, SEED, size, balance, dice(n)) for n in range(20)]
    return Counter(row.text.split()[0] for rows in draws for row in rows)


def test_without_balance_every_row_is_drawn_alike() -> None:
    found = drawn(0.0)
    assert found["seed"] / found.total() == pytest.approx(4000 / 4400, abs=0.03)


def test_balance_raises_the_share_of_short_times_and_leaves_that_of_classes() -> None:
    even, flat = drawn(0.5), drawn(0.0)
    assert even["common"] > 2 * flat["common"]
    assert even["seed"] > even["common"] + even["rare"], "what was known longest is still most of it"
    assert even["rare"] / even["common"] == pytest.approx(20 / 380, abs=0.03)


def test_what_rules_label_is_balanced_over_classes() -> None:
    even, flat = (
        Counter(row.topic for n in range(20) for row in replay.draw_classes(EARLIER, 100, balance, dice(n)))
        for balance in (0.5, 0.0)
    )
    assert even["IPO"] > 2 * flat["IPO"]
    assert even["Macro"] > even["IPO"]


def test_a_buffer_holds_no_more_than_there_is_and_no_row_twice() -> None:
    rows = replay.draw(EARLIER, SEED, 10_000, 0.5, dice(0))
    assert len({row.text for row in rows}) == len(rows) == 4400
    assert replay.draw([], [], 10, 0.5, dice(0)) == []


def test_the_same_seed_draws_the_same_rows() -> None:
    first, second = (replay.draw(EARLIER, SEED, 50, 0.5, dice("17/400")) for _ in range(2))
    assert first == second
