"""The exam: champion and candidate answer the same sets, by the engine that serves, in one sitting."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bearometer_retrainer.judgement import BEHAVIOUR, BIAS, FRESH, GOLDEN, PERIOD, Judgement, Parity, Sets
from bearometer_retrainer.lesson import Lesson
from bearometer_shared.inference import artifact
from bearometer_shared.inference.engine import Engine, Score
from bearometer_training import data
from bearometer_training.answers import Answer, Scorer, answers
from bearometer_training.behaviour import cases, runner
from bearometer_training.behaviour.case import Same

OF_EACH = 100  # cases of each capability of the behaviour tests: a fixed sample
TIMED = 64  # golden texts of the latency test
ROUNDS = 5
MILLION = 1_000_000
ALIKE = 0.1  # of the signed score, which spans 2: two graphs that differ less take a text alike


def judge(champion: Path, candidate: Path, lesson: Lesson) -> tuple[Judgement, Judgement]:
    """Both artifacts' judgements, on the same questions in the same order. Takes some seconds for each."""
    folders = (champion, candidate)
    engines = [Engine.load(folder) for folder in folders]
    seconds = race(engines, [row.text for row in data.read(data.GOLDEN)][:TIMED])
    found = [_judge(*each, lesson) for each in zip(folders, engines, seconds, strict=True)]
    return found[0], found[1]


def race(
    engines: Sequence[Scorer], texts: Sequence[str], clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """Seconds that each engine needs for `texts`: the best of interleaved rounds, so that other work hits all alike."""
    best = [float("inf")] * len(engines)
    for engine in engines:
        engine.score(texts)  # warm
    for _ in range(ROUNDS):
        for number, engine in enumerate(engines):
            started = clock()
            engine.score(texts)
            best[number] = min(best[number], clock() - started)
    return best


def _judge(folder: Path, engine: Engine, seconds: float, lesson: Lesson) -> Judgement:
    exact = engine if engine.manifest.serve == artifact.FP32 else Engine.load(folder, graph=artifact.FP32)
    texts = [row.text for row in (*data.read(data.GOLDEN), *lesson.held_out)]
    hostile = [row.text for row in data.read(data.HOSTILE)]
    served, reference = engine.score(hostile), exact.score(hostile)
    return Judgement(
        sets=_sets(engine, lesson),
        parity=_parity(engine.score(texts), exact.score(texts)),
        sane=float(np.mean([sane(score, engine.manifest.topics) for score in (*served, *reference)])),
        alike=float(np.mean([_apart(*both) <= ALIKE for both in zip(served, reference, strict=True)])),
        seconds=seconds,
    )


def _sets(engine: Scorer, lesson: Lesson) -> Sets:
    past = {f"{PERIOD}{run_id}": held_out for run_id, held_out in lesson.periods.items()}
    rows = {GOLDEN: data.read(data.GOLDEN), FRESH: lesson.held_out, **past}
    return {**{name: answers(engine, found) for name, found in rows.items()}, **_behaviour(engine)}


def _behaviour(engine: Scorer) -> Sets:
    """Behaviour tests as questions that are answered right or wrong; those that swap names are the check on bias."""
    found = runner.verdicts(engine, cases.sample(OF_EACH))
    asked = {BEHAVIOUR: [v for v in found if not isinstance(v.case, Same)]}
    asked[BIAS] = [v for v in found if isinstance(v.case, Same)]
    return {name: [_answer(verdict) for verdict in group] for name, group in asked.items()}


def _answer(verdict: runner.Verdict) -> Answer:
    case, first = verdict.case, verdict.case.inputs[0]
    text = first if isinstance(first, str) else first[0]
    if isinstance(case, Same):
        return Answer(text, case.capability, "alike", "alike" if verdict.passed else "differently")
    return Answer(text, case.capability, case.sentiment, verdict.opinions[0].sentiment)


def _parity(served: Sequence[Score], exact: Sequence[Score]) -> Parity:
    same = [a.sentiment == b.sentiment for a, b in zip(served, exact, strict=True)]
    return Parity(float(np.mean(same)), float(np.mean([_apart(*each) for each in zip(served, exact, strict=True)])))


def sane(score: Score, topics: Sequence[str]) -> bool:
    """Whether a score is made of probabilities, which sum to one, and names a topic."""
    shares = (score.negative, score.neutral, score.positive)
    bounded = all(0 <= share <= MILLION for share in (*shares, score.topic_p))
    return bounded and abs(sum(shares) - MILLION) <= len(shares) and score.topic in topics


def _apart(one: Score, other: Score) -> float:
    return abs(one.signed - other.signed) / MILLION
