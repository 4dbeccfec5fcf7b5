"""Movers as rows of their panel."""

from typing import Any

from bearometer_dashboard.movers import SHOWN, empty, rows, windows
from bearometer_dashboard.snapshot import RANGES, Moves


def moved(key: str, change: float, z: float, dimension: str = "ticker") -> dict[str, Any]:
    before, now = {"items": 12, "mood": 0.1}, {"items": 41, "mood": 0.1 + change}
    return {"dimension": dimension, "key": key, "change": change, "z": z, "now": now, "before": before}


def test_the_surest_change_comes_first_whichever_way_it_goes() -> None:
    found = rows([moved("YRRM", 0.3, 2.5), moved("CRWB", -0.7, -6.0), moved("Markets", -0.9, -1.5, "topic")])
    assert [one["key"] for one in found] == ["CRWB", "YRRM", "Markets"]
    assert [one["way"] for one in found] == ["negative", "positive", "negative"]
    assert len(rows([moved(str(k), 0.1, k) for k in range(20)])) == SHOWN


def test_a_change_is_said_in_words_for_who_cannot_see_the_scale() -> None:
    (found,) = rows([moved("CRWB", -0.7, -6.0)])
    minus = "\N{MINUS SIGN}"
    assert (found["change"], found["items"]) == (f"{minus}0.70", 41)
    assert found["told"] == f"mood +0.10 over 12 items, then {minus}0.60 over 41"


def test_a_streams_first_day_says_what_is_waited_for() -> None:
    assert empty(Moves(6, [])) == "Shown once a ticker or a topic has 5 items in both."
    assert empty(Moves(0, [])) == "Nothing to compare yet."
    assert windows(Moves(6, [])) == "last 6 h against the 6 h before"
    assert windows(Moves(0, [])) == ""


def test_two_windows_fit_into_the_range_that_the_page_shows() -> None:
    assert all(2 * one.hours <= one.length.total_seconds() / 3600 for one in RANGES.values())
