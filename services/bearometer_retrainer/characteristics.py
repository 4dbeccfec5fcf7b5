"""How often the gate passes candidates of a known worth: `python -m bearometer_retrainer.characteristics`.

Made judgements with the sizes of the real exam. A model that was trained a little further answers some questions
otherwise than its parent, as many as were measured on real candidates; a worse one is worse on top of that.
"""

import argparse
import json
from dataclasses import dataclass

import numpy as np

from bearometer_retrainer.gate import decide
from bearometer_retrainer.judgement import BEHAVIOUR, BIAS, FRESH, GOLDEN, NEGATIVE, Judgement
from bearometer_shared.taxonomy import TOPICS
from bearometer_training.answers import Answer

CHANGED = {GOLDEN: 0.06, FRESH: 0.06, BEHAVIOUR: 0.045, BIAS: 0.1}  # turn from right to wrong or back, half each way
RIGHT = 0.80
GOLDEN_TEXTS, FRESH_TEXTS, CASES, GROUPS = 300, 40, 100, 57
CAPABILITIES = {BEHAVIOUR: (8, CASES), BIAS: (4, GROUPS)}
TRIALS = 500


@dataclass(frozen=True, slots=True)
class Worth:
    """What a made candidate loses in accuracy: everywhere, on golden rows, on the negative, on one topic; and what it
    gains on the new."""

    overall: float = 0.0
    golden: float = 0.0
    negative: float = 0.0
    topic: float = 0.0
    gain: float = 0.10


CANDIDATES = {
    "equal, 10 points better on the new": Worth(),
    "equal on the new too": Worth(gain=0.0),
    "1 point worse": Worth(overall=0.01),
    "3 points worse": Worth(overall=0.03),
    "3 points worse on golden rows alone": Worth(golden=0.03),
    "5 points worse on golden rows alone": Worth(golden=0.05),
    "finds 5 points fewer negatives": Worth(negative=0.05),
    "finds 10 points fewer negatives": Worth(negative=0.10),
    "a topic 20 points worse": Worth(topic=0.20),
    "a topic 40 points worse": Worth(topic=0.40),
}


def passes(worth: Worth, trials: int) -> float:
    """The share of made candidates of that worth that the gate promotes."""
    draw = np.random.default_rng(0)
    return float(np.mean([decide(*_pair(worth, draw)).promote for _ in range(trials)]))


def _pair(worth: Worth, draw: np.random.Generator) -> tuple[Judgement, Judgement]:
    before = {GOLDEN: _golden(draw), FRESH: _said(draw, "fresh", "sentiment", ["positive"] * FRESH_TEXTS)}
    for name, (capabilities, cases) in CAPABILITIES.items():
        made = [_said(draw, f"{name} {n}", f"{name} {n}", _truths(cases)) for n in range(capabilities)]
        before[name] = [answer for found in made for answer in found]
    after = {name: [_after(worth, draw, name, answer) for answer in found] for name, found in before.items()}
    return Judgement(before), Judgement(after)


def _golden(draw: np.random.Generator) -> list[Answer]:
    topics = [TOPICS[n % len(TOPICS)] for n in range(GOLDEN_TEXTS)]
    return [*_said(draw, "golden", "sentiment", _truths(GOLDEN_TEXTS)), *_said(draw, "golden", "topic", topics)]


def _truths(count: int) -> list[str]:
    return [(NEGATIVE, "neutral", "positive")[n % 3] for n in range(count)]


def _said(draw: np.random.Generator, word: str, head: str, truths: list[str]) -> list[Answer]:
    right = draw.random(len(truths)) < RIGHT
    return [_answer(f"{word} {n}", head, truth, bool(right[n])) for n, truth in enumerate(truths)]


def _answer(text: str, head: str, truth: str, right: bool) -> Answer:
    return Answer(text, head, truth, truth if right else "another", RIGHT)


def _after(worth: Worth, draw: np.random.Generator, name: str, answer: Answer) -> Answer:
    """The candidate's answer: turned by chance, as often either way, and by its worth."""
    lost, gained = (CHANGED[name] / 2 + _loss(worth, name, answer)) / RIGHT, CHANGED[name] / 2 / (1 - RIGHT)
    if name == FRESH:
        gained += worth.gain / (1 - RIGHT)
    turned = draw.random() < (lost if answer.right else gained)
    return _answer(answer.text, answer.head, answer.truth, answer.right ^ turned)


def _loss(worth: Worth, name: str, answer: Answer) -> float:
    if name == FRESH:
        return 0.0
    negative = worth.negative if answer.truth == NEGATIVE else 0.0
    if name != GOLDEN:
        return worth.overall + negative
    of_topic = int(answer.text.split()[1]) % len(TOPICS) == 0
    return worth.overall + worth.golden + negative + (worth.topic if of_topic else 0.0)


def main() -> None:
    """Prints the share of each kind of candidate that passes."""
    parser = argparse.ArgumentParser(description="How often the gate promotes candidates of a known worth.")
    parser.add_argument("--trials", type=int, default=TRIALS, help=f"candidates of each kind; default {TRIALS}")
    parser.add_argument("--json", action="store_true", help="print one object")
    given = parser.parse_args()
    found = {name: passes(worth, given.trials) for name, worth in CANDIDATES.items()}
    print(json.dumps(found) if given.json else "\n".join(f"{share:6.3f}  {name}" for name, share in found.items()))  # noqa: T201 - a command


if __name__ == "__main__":
    main()
