"""The parts of an evidence card that need no database: steps of a curve, its threshold, words, the picture."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bearometer_alerts import baseline, chart, curve, printing
from bearometer_alerts.printed_story import headline, stories
from bearometer_alerts.rule import SPIKE, Rule
from bearometer_shared.errors import UserError
from bearometer_shared.highlight import steps

CURVE = {"since": "2026-03-05T10:00:00Z", "step_minutes": 30, "among": [10] * 4, "negatives": [0, 1, 2, 3]}
CURVE |= {"expected": [0.1] * 4, "threshold": [None, 4, 4, 5]}
EVIDENCE = {"since": "2026-03-05T11:00:00Z", "until": "2026-03-05T12:00:00Z", "window_minutes": 60, "curve": CURVE}
ALERT = {"id": 7, "dimension": "ticker", "key": "$CRWB$", "stream": "live", "severity": "watch", "observed": 5}
ALERT |= {"expected": 0.2, "p_value": 1e-5, "evidence": EVIDENCE}
STORY = {"title": "[red]Corwen[/red] halts", "source": "Wire", "url": "", "published_at": "2026-03-05T11:59:00Z"}
STORY |= {"score": -0.9, "contribution": 0.25, "copies": 1, "sources": 2, "copied_by": [{"source": "Desk", "items": 1}]}


def printed(evidence: dict[str, Any]) -> str:
    out = StringIO()
    console = Console(width=100, file=out)
    for part in stories(evidence):
        console.print(part)
    return out.getvalue()


@pytest.mark.parametrize(
    ("minutes", "step"), [(60, 5), (15, 1), (30, 2), (90, 6), (61, 1), (1440, 120), (6060, 60), (10_080, 720)]
)
def test_a_step_is_a_whole_part_of_the_window(minutes: int, step: int) -> None:
    assert curve._step(minutes) == (step, minutes // step)


def test_the_threshold_is_the_first_count_that_surprises() -> None:
    for expected in (0.2, 3.0, 40.0):
        least = curve.least(expected, 0.3, SPIKE)
        assert baseline.tail(least, expected, 0.3) < SPIKE.levels[0]
        assert least == SPIKE.minimum or baseline.tail(least - 1, expected, 0.3) >= SPIKE.levels[0]
    assert curve.least(0.0, 0.3, SPIKE) == SPIKE.minimum
    assert curve.least(0.2, 0.3, Rule(minimum=50)) == 50


def test_words_are_marked_against_the_strongest_one_unless_all_are_faint() -> None:
    assert steps([-0.5, 0.3, -0.1, 0.01]) == [-3, 2, -1, 0]
    assert steps([0.05, -0.01]) == [1, 0]
    assert steps([]) == []


def test_a_story_is_printed_as_text_with_its_copies_and_sources() -> None:
    said = printed({"top": [STORY], "stories": 4, "words": "missing", "words_missing": "no model"})
    for part in ("Top stories (1 of 4)", "[red]Corwen[/red] halts", "score -0.90, 25% of the weight"):
        assert part in said
    assert "1 copy suppressed: Desk; 2 sources in all" in said
    assert "No words: no model" in said


def test_the_words_of_a_headline_wear_their_contribution() -> None:
    words = [{"word": "Corwen", "contribution": 0.1}, {"word": "halts", "contribution": -0.5}]
    shown = headline(STORY | {"words": words})
    assert shown.plain == "Corwen halts"
    assert [str(span.style) for span in shown.spans if str(span.style)] == ["green", "bold reverse red"]


@pytest.mark.parametrize("threshold", [[None, 4, 4, 5], [None] * 4])
def test_the_picture_is_a_png_with_and_without_a_threshold(threshold: list[int | None], tmp_path: Path) -> None:
    evidence = EVIDENCE | {"curve": CURVE | {"threshold": threshold}}
    printing.draw(ALERT | {"evidence": evidence}, tmp_path / "card.png")
    assert (tmp_path / "card.png").read_bytes().startswith(b"\x89PNG")


def test_a_picture_that_cannot_be_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="alert 7: its card was made without a curve"):
        chart.draw(ALERT | {"evidence": {}}, tmp_path / "card.png")
    with pytest.raises(UserError, match="No such file or directory"):
        chart.draw(ALERT, tmp_path / "none" / "card.png")
