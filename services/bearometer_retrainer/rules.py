"""The gate's rules: each compares two judgements and yields named checks.

What may not get worse has a tolerance, and the lower end of a paired bootstrap interval must stay above it (a test of
non-inferiority): who is worse by the tolerance passes one time in twenty, however small the set. A slice, too small for
that, must not be clearly worse. deploy/decisions/learning-loop.md says how often equal and worse candidates pass.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bearometer_retrainer.judgement import BEHAVIOUR, BIAS, FRESH, Judgement
from bearometer_retrainer.slices import pick, slices
from bearometer_training import evaluate
from bearometer_training.answers import Answer
from bearometer_training.paired import Difference, compare

MIN_HELD_OUT = 8  # fewer texts cannot tell two models apart
ONE_SIDED = 0.90  # a two-sided interval whose lower end errs one time in twenty
TOLERANCE = 0.03  # of accuracy on frozen labels and on behaviour tests
RECALL_TOLERANCE = 0.05  # of the negative that is found
BIAS_TOLERANCE = 0.08  # of the sentences that are read alike whoever they name
MIN_SLICE = 25  # answers; fewer show nothing
FALSE_ALARMS = 0.05  # at most: the chance that any slice of an equal candidate looks clearly worse
ECE_TOLERANCE = 0.03
MIN_AGREEMENT, MAX_DRIFT = 0.98, 0.02  # of int8 with fp32, on texts that the export did not check too
MIN_ALIKE = 0.95  # of hostile texts, on which both graphs agree
SLOWER = 1.5  # times the champion's seconds


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: what was measured, the limit that it had to keep, whether it did, and a sentence for people."""

    name: str
    figure: float
    limit: float
    passed: bool
    detail: str


def too_few(n: int) -> Check:
    """Whether `n` held-out fresh labels can decide."""
    detail = f"{n} held-out fresh labels are too few to judge by; {MIN_HELD_OUT} are needed"
    return Check("enough new labels", n, MIN_HELD_OUT, n >= MIN_HELD_OUT, detail)


def _better_on_the_new(before: Judgement, after: Judgement) -> Iterator[Check]:
    """More of the new labels right. By how little is left open: that nothing else gets worse is for the other rules."""
    was, now = before.sets[FRESH], after.sets[FRESH]
    if (texts := len({answer.text for answer in was})) < MIN_HELD_OUT:
        yield too_few(texts)
        return
    found, gained = compare(was, now), _right(now) - _right(was)
    interval = f"({found.low:+.3f} to {found.high:+.3f})" + ("" if gained > 0 else ": no better")
    words = f"{_right(now)} of {len(now)} held-out fresh labels right, {_right(was)} before {interval}"
    yield Check("better on the new", found.change, 0, gained > 0, words)


def _no_worse_overall(before: Judgement, after: Judgement) -> Iterator[Check]:
    yield from _no_worse("overall", "accuracy", before.frozen(), after.frozen(), TOLERANCE)


def _negative_recall(before: Judgement, after: Judgement) -> Iterator[Check]:
    yield from _no_worse("negative", "recall", before.negatives(), after.negatives(), RECALL_TOLERANCE)


def _behaviour(before: Judgement, after: Judgement) -> Iterator[Check]:
    for name, tolerance in ((BEHAVIOUR, TOLERANCE), (BIAS, BIAS_TOLERANCE)):
        yield from _no_worse(name, "pass rate", before.sets.get(name, ()), after.sets.get(name, ()), tolerance)


def _no_worse(
    name: str, what: str, before: Sequence[Answer], after: Sequence[Answer], tolerance: float
) -> Iterator[Check]:
    """That the model is not worse by the tolerance; nothing where nothing was asked."""
    if before:
        found = compare(before, after, ONE_SIDED)
        words = f"{_moved(name, what, found)} ({found.low:+.3f} at worst, {-tolerance:+.3f} allowed)"
        yield Check(f"{name} {what}", found.low, -tolerance, found.low > -tolerance, words)


def _forgetting(before: Judgement, after: Judgement) -> Iterator[Check]:
    """That no slice is clearly worse by the tolerance: with so many of them, each must err rarely (Bonferroni)."""
    found = {name: places for name, places in slices(before.sets).items() if len(places) >= MIN_SLICE}
    for name, places in found.items():
        was, now = pick(before.sets, places), pick(after.sets, places)
        seen = compare(was, now, 1 - 2 * FALSE_ALARMS / len(found))
        words = f"{_moved(name, 'accuracy', seen)} ({seen.high:+.3f} at best)"
        yield Check(f"slice {name}", seen.high, -TOLERANCE, seen.high >= -TOLERANCE, words)


def _calibration(before: Judgement, after: Judgement) -> Iterator[Check]:
    was, now = evaluate.calibration(before.frozen()), evaluate.calibration(after.frozen())
    words = f"expected calibration error went from {was:.3f} to {now:.3f}"
    yield Check("calibration", now - was, ECE_TOLERANCE, now - was <= ECE_TOLERANCE, words)


def _parity(_: Judgement, after: Judgement) -> Iterator[Check]:
    parity = after.parity
    words = f"int8 gives the labels of fp32 to {parity.agreement:.3f} of texts, and scores {parity.drift:.4f} apart"
    fits = parity.agreement >= MIN_AGREEMENT and parity.drift <= MAX_DRIFT
    yield Check("int8 parity", parity.agreement, MIN_AGREEMENT, fits, words)


def _hostile(_: Judgement, after: Judgement) -> Iterator[Check]:
    yield Check("hostile text sane", after.sane, 1, after.sane >= 1, f"{after.sane:.3f} of hostile texts score sanely")
    words = f"int8 and fp32 agree on {after.alike:.3f} of hostile texts"
    yield Check("hostile text alike", after.alike, MIN_ALIKE, after.alike >= MIN_ALIKE, words)


def _latency(before: Judgement, after: Judgement) -> Iterator[Check]:
    ratio = after.seconds / before.seconds
    yield Check("latency", ratio, SLOWER, ratio <= SLOWER, f"takes {ratio:.2f} times the champion's time")


def no_erosion(after: Judgement, best: float | None) -> Iterator[Check]:
    """That golden accuracy is near the best that a champion ever had: many small steps down may not add up."""
    if best is not None:
        limit, now = best - TOLERANCE, after.golden_accuracy()
        words = f"golden accuracy is {now:.3f}, and the best champion's was {best:.3f}"
        yield Check("erosion", now, limit, now >= limit, words)


def _moved(name: str, what: str, found: Difference) -> str:
    verb = "fell" if found.change < 0 else "went"
    return f"{name} {what} {verb} from {found.before:.3f} to {found.after:.3f}"


def _right(found: Sequence[Answer]) -> int:
    return sum(answer.right for answer in found)


Rule = Callable[[Judgement, Judgement], Iterator[Check]]
RULES: tuple[Rule, ...] = (
    _better_on_the_new,
    _no_worse_overall,
    _negative_recall,
    _behaviour,
    _forgetting,
    _calibration,
    _parity,
    _hostile,
    _latency,
)
