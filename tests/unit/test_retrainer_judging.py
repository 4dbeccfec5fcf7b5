"""The exam: both models answer the same questions by the graph that serves, and what else is measured is sane."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import small_artifact

from bearometer_retrainer import judging
from bearometer_retrainer.gate import decide
from bearometer_retrainer.judgement import BEHAVIOUR, BIAS, FRESH, GOLDEN
from bearometer_retrainer.lesson import Lesson
from bearometer_shared.inference.engine import Opinion, Score
from bearometer_training import data
from bearometer_training.behaviour import cases
from bearometer_training.behaviour.case import Same

SAID = Score(100_000, 200_000, 700_000, "Macro", 400_000)


class Slow:
    """An engine on a clock of its own: a call takes the next of the given seconds, and the last one for good."""

    def __init__(self, clock: list[float], *seconds: float) -> None:
        self.clock, self.seconds = clock, list(seconds)

    def score(self, texts: Sequence[str]) -> list[Score]:
        self.clock[0] += self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        return [SAID] * len(texts)

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        raise NotImplementedError


def test_the_race_takes_the_best_round_of_each_so_that_a_busy_machine_decides_nothing() -> None:
    now = [0.0]
    engines = [Slow(now, 5.0, 1.0, 9.0, 1.0), Slow(now, 5.0, 9.0, 1.2, 1.2)]
    assert judging.race(engines, ["a"], clock=lambda: now[0]) == pytest.approx([1.0, 1.2])


@pytest.mark.parametrize(
    "broken",
    [
        replace(SAID, negative=-1, positive=800_001),
        replace(SAID, positive=-9_223_372_036_854_775_808),  # what a NaN becomes
        replace(SAID, positive=900_000),
        replace(SAID, topic_p=1_000_001),
        replace(SAID, topic="Cats"),
    ],
)
def test_a_score_is_sane_if_it_is_made_of_probabilities(broken: Score) -> None:
    assert judging.sane(SAID, ["Macro"])
    assert not judging.sane(broken, ["Macro"])


def test_the_sample_of_behaviour_tests_is_fixed_and_holds_each_capability() -> None:
    drawn = cases.sample(5)
    assert drawn == cases.sample(5)
    assert {case.capability for case in drawn} == {case.capability for case in cases.cases()}
    assert len(drawn) == 5 * len({case.capability for case in drawn})


def test_hostile_texts_are_hostile_and_carry_no_labels() -> None:
    rows = data.read(data.HOSTILE)
    assert len(rows) >= 50
    assert all(row.sentiment is None and row.topic is None for row in rows)
    for part in ("\U0001f680", "\x00", "\u202e", "<script>", "[SEP]", "\u5229\u6da6", "\u0627"):
        assert any(part in row.text for row in rows), part


@pytest.mark.timeout(120)
def test_a_real_model_equals_itself_in_all_but_the_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole exam with a small model on both sides: nothing but "no better" can be said against its twin."""
    monkeypatch.setattr(judging, "OF_EACH", 3)
    lesson = Lesson([], [], small_artifact.UNSEEN * 3, [], {}, {7: small_artifact.UNSEEN})
    before, after = judging.judge(small_artifact.folder(), small_artifact.folder(), lesson)
    assert list(before.sets) == [GOLDEN, FRESH, "period 7", BEHAVIOUR, BIAS]
    assert (len(before.sets[GOLDEN]), len(before.sets[FRESH])) == (600, 9)
    assert len(before.sets[BIAS]) == 3 * len({c.capability for c in cases.cases() if isinstance(c, Same)})
    assert before.sets == after.sets
    assert after.sane == 1
    assert set(after.figures()) == {*before.sets, "int8", "hostile", "seconds"}
    after = replace(after, seconds=before.seconds)  # no test of ours rests on a clock
    failed = {check.name for check in decide(before, after).checks if not check.passed}
    assert failed - {"int8 parity", "hostile text alike"} <= {"better on the new", "enough new labels"}
