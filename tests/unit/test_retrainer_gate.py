"""The gate: who is promoted, who is not, and what is said of it."""

import pytest

from bearometer_retrainer.gate import Judgement, Report, decide


def report(n: int, **accuracies: float) -> Report:
    return {head: {"accuracy": accuracy, "n": n} for head, accuracy in accuracies.items()}


def judgement(sentiment: float, topic: float, right: int, n: int = 40) -> Judgement:
    return Judgement(report(300, sentiment=sentiment, topic=topic), report(n, sentiment=right / n))


CHAMPION = judgement(0.80, 0.82, right=20)


@pytest.mark.parametrize(
    ("candidate", "promoted", "words"),
    [
        (judgement(0.80, 0.82, right=21), True, "21 of 40 held-out fresh labels right, 20 before; golden no worse"),
        (judgement(0.85, 0.85, right=21), True, "golden no worse"),
        (judgement(0.79, 0.81, right=30), True, "golden no worse"),  # within the tolerance
        (judgement(0.85, 0.85, right=20), False, "no better"),
        (judgement(0.85, 0.85, right=15), False, "15 of 40 held-out fresh labels right, 20 before"),
        (judgement(0.785, 0.82, right=40), False, "golden sentiment accuracy fell from 0.800 to 0.785"),
        (judgement(0.90, 0.80, right=40), False, "golden topic accuracy fell"),
    ],
)
def test_no_worse_overall_and_better_on_the_fresh(candidate: Judgement, promoted: bool, words: str) -> None:
    decision = decide(CHAMPION, candidate)
    assert decision.promote is promoted
    assert words in decision.reason


def test_too_few_fresh_labels_keep_the_champion_and_say_so() -> None:
    decision = decide(judgement(0.8, 0.8, right=2, n=4), judgement(0.8, 0.8, right=4, n=4))
    assert not decision.promote
    assert "4 held-out fresh labels are too few" in decision.reason


def test_answers_of_both_heads_count_together() -> None:
    golden = report(300, sentiment=0.8)
    before = Judgement(golden, report(10, sentiment=0.5, topic=0.5))
    after = Judgement(golden, report(10, sentiment=0.4, topic=0.7))
    assert "11 of 20" in decide(before, after).reason
    assert decide(before, after).promote


def test_force_overrules_and_both_words_are_kept() -> None:
    decision = decide(CHAMPION, judgement(0.5, 0.5, right=0), force="the demo needs it")
    assert decision.promote
    assert "forced: the demo needs it" in decision.reason
    assert "golden sentiment accuracy fell" in decision.reason


def test_force_adds_nothing_where_the_gate_agrees() -> None:
    assert "forced" not in decide(CHAMPION, judgement(0.8, 0.82, right=30), force="to be sure").reason
