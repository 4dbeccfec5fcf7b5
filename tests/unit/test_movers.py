"""Movers rank by evidence, not by size of the change; the moving mood decays as it says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bearometer_shared.movers import movers
from bearometer_shared.moving_mood import MovingMood
from bearometer_shared.storage import source_sketch
from bearometer_shared.storage.trend_reading import DAY, HOUR, MINUTE, pieces

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
NAMES = ("items", "negative", "neutral", "positive", "signed_sum", "stories", "negative_stories")


def row(key: str, now: tuple[int, int, int], before: tuple[int, int, int], share: float = 1.0) -> dict[str, Any]:
    """Sums of windows with so many negative, neutral and positive items; a `share` of them are stories."""
    sums: dict[str, Any] = {"key": key}
    for prefix, (negative, neutral, positive) in (("", now), ("before_", before)):
        items = negative + neutral + positive
        stories, signed = int(items * share), (positive - negative) * 800_000
        values = (items, negative, neutral, positive, signed, stories, int(negative * share))
        sums |= {prefix + name: value for name, value in zip(NAMES, values, strict=True)}
    return sums


def test_much_evidence_goes_before_a_larger_change_of_few_items() -> None:
    few, many = row("few", (4, 0, 0), (0, 0, 4)), row("many", (300, 100, 100), (100, 100, 300))
    assert [mover.key for mover in movers([few, many, row("calm", (9, 9, 9), (9, 9, 9))], "mood", 1, 2)] == [
        "many",
        "few",
    ]


def test_copies_are_no_evidence() -> None:
    [told], [repeated] = (movers([row("k", (60, 20, 20), (20, 20, 60), share)], "mood", 1, 1) for share in (1.0, 0.1))
    assert told.change == repeated.change == pytest.approx(-0.64)
    assert abs(repeated.z) == pytest.approx(abs(told.z) * 0.1**0.5)


def test_keys_without_volume_are_left_out_and_silence_before_is_a_mover_by_negative_stories_only() -> None:
    rows = [row("new", (30, 0, 0), (0, 0, 0)), row("small", (2, 0, 0), (0, 0, 2))]
    assert movers(rows, "mood", 10, 9) == []
    [found] = movers(rows, "negative", 10, 9)
    assert found.key == "new"
    assert found.z > 2


def test_an_items_weight_halves_every_half_life() -> None:
    moving = MovingMood(6 * HOUR, NOON)
    assert moving.mood is None
    moving.add(NOON, 2, -2_000_000)
    moving.add(NOON + 12 * HOUR, 1, 1_000_000)
    assert moving.mood == pytest.approx((-2 * 0.25 + 1) / (2 * 0.25 + 1))
    moving.add(NOON + timedelta(days=30), 0, 0)
    assert moving.mood is None  # nothing of weight is left


@pytest.mark.parametrize("count", [0, 1, 5, 50, 200, 600])
def test_sources_are_estimated_within_a_tenth(count: int) -> None:
    drawn = {f"https://paper{n}.example" for n in range(count)}
    bits = int(source_sketch.literal(drawn | {""})[1:], 16).bit_count()
    assert source_sketch.estimate(bits) == pytest.approx(count, rel=0.1)


def test_a_range_is_cut_without_gap_or_overlap_into_the_widest_buckets() -> None:
    since, until = NOON + 7 * MINUTE, NOON + 2 * DAY + 90 * MINUTE
    cut = pieces(since, until)
    assert [piece.since for piece in cut] == [since, *(piece.until for piece in cut[:-1])]
    assert cut[-1].until == until
    assert {piece.width for piece in cut} == {DAY, HOUR, MINUTE}
    assert sum((piece.until - piece.since) // piece.width for piece in cut) < 120
    assert pieces(since, since) == []
