"""The gate: a candidate replaces the champion if it is better on what people just said and no worse elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from bearometer_retrainer.judgement import Judgement
from bearometer_retrainer.rules import RULES, Check, no_erosion
from bearometer_shared.inference.artifact import Manifest
from bearometer_shared.storage.runs import Overruling

TOLD = 3  # failed checks in the reason


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sealed artifact that might replace the champion, and how the champion and it were judged."""

    manifest: Manifest
    before: Judgement
    after: Judgement


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the candidate is promoted, why, for people, and the checks that it rests on."""

    promote: bool
    reason: str
    checks: tuple[Check, ...] = ()


def decide(
    before: Judgement, after: Judgement, *, best: float | None = None, overruling: Overruling | None = None
) -> Decision:
    """The gate's word on two judgements, or that of the person who overruled it, with the gate's beside it.

    `best` is the highest golden accuracy that a champion ever had.
    """
    checks = (*(check for rule in RULES for check in rule(before, after)), *no_erosion(after, best))
    word = Decision(all(check.passed for check in checks), _word(checks), checks)
    if overruling is None or overruling.promote == word.promote:
        return word
    done = "promoted" if overruling.promote else "kept"
    return Decision(overruling.promote, f"{done}, forced: {overruling.reason} (the gate: {word.reason})", checks)


def _word(checks: Sequence[Check]) -> str:
    failed = [check.detail for check in checks if not check.passed]
    if not failed:
        return f"promoted: {checks[0].detail}; all {len(checks)} checks passed"
    more = f"; and {len(failed) - TOLD} more" if len(failed) > TOLD else ""
    return "kept: " + "; ".join(failed[:TOLD]) + more
