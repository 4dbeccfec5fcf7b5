"""The gate: a candidate replaces the champion if it is no worse overall and better on what people just said."""

from dataclasses import dataclass
from typing import Any

from bearometer_shared.inference.artifact import Manifest

Report = dict[str, dict[str, Any]]  # evaluate()'s: metrics of each head

TOLERANCE = 0.01  # of accuracy; three of the 300 golden rows
MIN_HELD_OUT = 8  # fewer texts cannot tell two models apart


@dataclass(frozen=True, slots=True)
class Judgement:
    """A model's reports on the frozen golden set and on the fresh labels that training held out."""

    golden: Report
    fresh: Report


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sealed artifact that might replace the champion, and how the champion and it were judged."""

    manifest: Manifest
    before: Judgement
    after: Judgement


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether the candidate is promoted, and why, for people."""

    promote: bool
    reason: str


def decide(before: Judgement, after: Judgement, force: str | None = None) -> Decision:
    """The gate's word on two judgements, or that of the person who forced it, with the gate's beside it."""
    word = _word(before, after)
    if force is None or word.promote:
        return word
    return Decision(True, f"promoted, forced: {force} (the gate: {word.reason})")


def _word(champion: Judgement, candidate: Judgement) -> Decision:
    for head, figures in champion.golden.items():
        was, now = figures["accuracy"], candidate.golden[head]["accuracy"]
        if now < was - TOLERANCE:
            return Decision(False, f"kept: golden {head} accuracy fell from {was:.3f} to {now:.3f}")
    before, after, n = right(champion.fresh), right(candidate.fresh), answers(candidate.fresh)
    if n < MIN_HELD_OUT:
        return Decision(False, too_few(n))
    if after <= before:
        return Decision(False, f"kept: {after} of {n} held-out fresh labels right, {before} before: no better")
    return Decision(True, f"promoted: {after} of {n} held-out fresh labels right, {before} before; golden no worse")


def too_few(n: int) -> str:
    """Why a run with `n` held-out fresh labels is not decided by them."""
    return f"kept: {n} held-out fresh labels are too few to judge by; {MIN_HELD_OUT} are needed"


def right(report: Report) -> int:
    """Right answers over both heads."""
    return sum(round(head["accuracy"] * head["n"]) for head in report.values())


def answers(report: Report) -> int:
    """Labels over both heads."""
    return sum(head["n"] for head in report.values())
