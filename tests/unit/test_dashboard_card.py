"""An alert's card as text, as a curve, and what may be done from it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bearometer_dashboard.curve import curve, window_sums
from bearometer_dashboard.evidence import copies, facts, step, story, why, without_words
from bearometer_dashboard.palette import DARK, LIGHT
from bearometer_dashboard.steps import allowed, lacking
from bearometer_dashboard.wording import taken

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
CURVE = {
    "since": "2026-03-05T10:00:00Z",
    "step_minutes": 30,
    "among": [10, 10, 20, 20],
    "negatives": [0, 1, 2, 3],
    "expected": [0.1, 0.1, 0.2, 0.2],
    "threshold": [None, 4, 4, 5],
}
EVIDENCE = {
    "since": "2026-03-05T11:00:00Z",
    "until": "2026-03-05T12:00:00Z",
    "window_minutes": 60,
    "covered": {"minutes": 41},
    "negatives": 9,
    "stories": 5,
    "sources": 1,
    "curve": CURVE,
}
ITEM = {
    "title": "Corwen halts redemptions",
    "url": "javascript:x",
    "source": "Wire",
    "score": -0.9,
    "published_at": "2026-03-05T11:59:00Z",
}
FIRING = {"id": 1, "state": "firing", "dimension": "ticker", "key": "CRWB", "observed": 5, "expected": 0.44}


def alert(**fields: Any) -> dict[str, Any]:
    return FIRING | {"p_value": 2.4e-7, "rule": "spike", "model_version": "m1", "evidence": EVIDENCE} | fields


def test_the_card_says_in_a_sentence_why_it_fired() -> None:
    assert why(alert()) == (
        "5 negative stories about CRWB from 11:00 to 12:00, 0.4 expected: the chance of that is 1 in 4.2 million."
        " From 1 source, 4 copies left out; news came in 41 of the 60 minutes."
    )
    assert why(alert(dimension="all", evidence={})).startswith("5 negative stories, 0.4 expected: ")


def test_a_story_carries_its_copies_and_marks_the_words_that_carried_it() -> None:
    words = [{"word": "Corwen", "contribution": -0.01}, {"word": "halts", "contribution": -0.5}]
    copied = {"copies": 3, "copied_by": [{"source": "A", "items": 2}, {"source": "", "items": 1}], "sources": 3}
    said = story(ITEM | {"words": words, "contribution": 0.194} | copied, NOON)
    assert [(word["text"], word["mark"]) for word in said["words"]] == [("Corwen", 0), ("halts", -3)]
    assert said["copies"] == "3 copies by A (2); 3 sources in all"
    assert (said["weight"], said["score"], said["url"]) == ("19%", "\N{MINUS SIGN}0.90", None)


def test_a_story_of_an_early_card_is_shown_without_what_it_lacks() -> None:
    said = story(ITEM, NOON)
    assert (said["words"], said["copies"], said["weight"], said["title"]) == ([], "", "", ITEM["title"])
    assert copies({"copies": 1, "copied_by": [{"source": "", "items": 1}], "sources": 1}) == (
        "1 copy by unknown; 1 source in all"
    )


def test_where_no_words_are_marked_the_card_says_why() -> None:
    assert "being worked out" in without_words({"words": "waiting"})
    assert without_words({"words": "missing", "words_missing": "no model"}) == "No words are marked: no model"
    assert without_words({"words": "ready"}) == without_words({}) == ""


def test_the_history_names_who_did_what_and_the_facts_end_with_the_verdict() -> None:
    entry = {"state": "judged", "at": "2026-03-05T11:30:00Z", "actor": "ana", "note": "false: one story"}
    assert step(entry, NOON) == {"time": "11:30", "state": "judged", "actor": "ana", "note": "false: one story"}
    judged = alert(verdict="not_useful", verdict_by="ana", verdict_reason="one story")
    assert facts(judged) == ["Judged not useful by ana: one story", "Alert 1, rule spike, scored by m1"]


def test_the_list_says_who_has_an_alert_in_hand() -> None:
    assert taken(alert(acknowledged_by="ana", assignee="ben", verdict="false")) == ("ana is on it, ben's, judged false")
    assert taken(alert(silenced=True, snoozed_until="2026-03-05T11:30:00Z")).startswith("snoozed until 5 Mar 11:30")
    assert taken(alert()) == ""


def test_the_curve_ends_each_window_where_it_ends() -> None:
    drawn = curve(EVIDENCE, LIGHT)
    seen, usual, threshold, steps, _ = drawn["series"]
    assert [value for _, value in seen["data"]] == [1, 3, 5]
    assert [value for _, value in usual["data"]] == [0.2, 0.3, 0.4]
    assert [value for _, value in threshold["data"]] == [4, 4, 5]
    assert seen["data"][-1][0] == drawn["xAxis"][0]["max"] == NOON.timestamp() * 1000
    assert steps["data"][0] == [datetime(2026, 3, 5, 10, 15, tzinfo=UTC).timestamp() * 1000, 0]
    assert drawn["legend"]["data"] == ["Negative in 60 min", "Expected", "Threshold", "Negative in 30 min"]


def test_a_drift_has_no_window_of_fixed_length_to_draw() -> None:
    drift = curve(EVIDENCE | {"curve": CURVE | {"threshold": [None] * 4}}, DARK)
    assert [one["id"] for one in drift["series"]] == ["steps", "usual steps"]


def test_sums_of_windows_are_those_of_neighbours() -> None:
    assert window_sums([1, 2, 3, 4], 3) == [6, 9]
    assert window_sums([1], 3) == []


def test_the_buttons_are_those_that_an_alert_allows() -> None:
    assert "acknowledge" in allowed(alert())
    assert "acknowledge" not in allowed(alert(acknowledged_by="ana"))
    assert allowed(alert(state="resolved")) == {"reopen", "verdict", "note"}
    assert "reopen" not in allowed(alert())


@pytest.mark.parametrize(
    ("step", "lack"),
    [
        ({"action": "acknowledge", "actor": "ana", "note": ""}, ""),
        ({"action": "acknowledge", "actor": "", "note": ""}, "Say who you are."),
        ({"action": "note", "actor": "ana", "note": ""}, "Say something."),
        ({"action": "verdict", "actor": "ana", "note": "x", "verdict": None}, "Was the alert right? Choose one."),
        ({"action": "verdict", "actor": "ana", "note": "", "verdict": "true"}, "Say why."),
    ],
)
def test_what_a_step_lacks_is_asked_for(step: dict[str, Any], lack: str) -> None:
    assert lacking(step) == lack
