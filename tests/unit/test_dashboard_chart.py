"""Trends as the options of the mood chart."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bearometer_dashboard.chart import HELD, chart, moving, negatives, points
from bearometer_dashboard.mood import busiest, slots
from bearometer_dashboard.palette import DARK, LIGHT
from bearometer_dashboard.snapshot import Moves, View, Window

START = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
STEP = timedelta(minutes=10)
WINDOW = Window(START, START + 6 * STEP, STEP)


def series(key: str, moods: dict[int, float], items: int = 1) -> dict[str, Any]:
    """A series with a mood in some of the six buckets, by number."""
    found = [
        {"at": (START + k * STEP).isoformat(), "items": items, "negative": items * (mood < 0), "mood": mood}
        | {"moving_mood": mood}
        for k, mood in moods.items()
    ]
    return {"dimension": "topic", "key": key, "points": found}


def view(*topics: dict[str, Any], alerts: tuple[dict[str, Any], ...] = ()) -> View:
    overall = [series("all", {0: 0.5, 1: -0.5})]
    return View("live", START, WINDOW, list(alerts), {}, overall, list(topics), [], Moves(6, []))


def test_a_bucket_without_items_is_a_gap_and_never_a_zero() -> None:
    assert [p["value"][1] for p in points(series("a", {0: 0.5, 2: -0.5}), WINDOW)] == [
        0.5,
        None,
        -0.5,
        None,
        None,
        None,
    ]


def test_a_point_stands_in_the_middle_of_its_bucket() -> None:
    first = points(series("a", {0: 0.5}), WINDOW)[0]
    assert first["value"][0] == (START + STEP / 2).timestamp() * 1000


def test_only_a_bucket_between_two_gaps_gets_a_dot() -> None:
    sizes = [bool(p["symbolSize"]) for p in points(series("a", {0: 0.1, 1: 0.2, 3: 0.3}), WINDOW)]
    assert sizes[:4] == [False, False, False, True]


def test_a_topic_goes_on_for_a_while_after_its_last_item_and_then_ends() -> None:
    quiet = series("a", dict.fromkeys(range(6), 0.4))
    for point in quiet["points"][1:]:
        point["items"] = 0
    assert [p["value"][1] for p in moving(quiet, WINDOW)] == [0.4] * (1 + HELD) + [None]
    assert {p["value"][1] for p in moving(None, WINDOW)} == {None}


def test_negative_items_are_counted_under_the_mood() -> None:
    assert [count for _, count in negatives(series("a", {0: -0.5, 1: 0.5}, items=3), WINDOW)] == [3]


def test_no_trends_at_all_draw_nothing_and_break_nothing() -> None:
    assert {p["value"][1] for p in points(None, WINDOW)} == {None}
    assert negatives(None, WINDOW) == []


def test_topics_of_open_alerts_are_drawn_first_then_the_busiest() -> None:
    alert = {"state": "firing", "severity": "watch", "dimension": "topic", "key": "small", "p_value": 0.1}
    found = [series("big", {0: 0.1}, items=9), series("small", {0: 0.1}), series("mid", {0: 0.1}, items=5)]
    assert busiest(found, [alert], 2) == ["small", "big"]
    assert busiest([series("none", {})], [], 2) == []


def test_a_topic_keeps_its_place_while_it_stays_on_show() -> None:
    first = slots([], ["a", "b", "c"], 4)
    assert first == ["a", "b", "c", ""]
    assert slots(first, ["c", "d", "a"], 4) == ["a", "d", "c", ""]


def test_the_number_of_series_never_changes_so_that_what_was_switched_off_stays_off() -> None:
    few, many = chart(view(), [""] * 6, LIGHT), chart(view(series("a", {0: 0.1})), ["a", *[""] * 5], DARK)
    assert [s["id"] for s in few["series"]] == [s["id"] for s in many["series"]]
    assert many["legend"]["data"] == ["All news", "a"]


def test_no_text_of_the_news_becomes_a_key_of_the_options() -> None:
    """NiceGUI runs the value of a key that begins with a colon."""
    hostile = ":hacked"
    options = chart(view(series(hostile, {0: 0.1})), [hostile, *[""] * 5], LIGHT)
    assert {key for key in _keys(options) if key.startswith(":")} == {":formatter"}
    assert hostile in options["legend"]["data"]


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
