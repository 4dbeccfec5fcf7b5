"""Asks a model every case, and says how many it passes and which it fails."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bearometer_shared.inference.engine import Opinion
from bearometer_training.answers import Scorer
from bearometer_training.behaviour.case import Case, Same, Towards
from bearometer_training.behaviour.cases import cases


@dataclass(frozen=True, slots=True)
class Verdict:
    """A case with what the model made of each of its inputs."""

    case: Case
    opinions: tuple[Opinion, ...]

    @property
    def passed(self) -> bool:
        return self.case.passes(self.opinions)

    @property
    def difference(self) -> float:
        """Between the highest and the lowest signed score, from 0 to 2."""
        signed = [opinion.signed for opinion in self.opinions]
        return (max(signed) - min(signed)) / 1e6


def run(engine: Scorer) -> dict[str, dict[str, Any]]:
    """`{capability: {"n", "passed", "pass_rate"}}` with `all` last.

    Invariance tests carry the `largest_difference` and `mean_difference` of the signed score within a group, 0 to 2.
    """
    return summary(verdicts(engine))


def failures(engine: Scorer, limit: int) -> list[dict[str, str]]:
    """For a person to read: up to `limit` failed cases of each capability, drawn at random: text, expected, got."""
    return failed(verdicts(engine), limit)


def verdicts(engine: Scorer, chosen: Sequence[Case] | None = None) -> list[Verdict]:
    """Every case, or the chosen ones, with its answers. Each distinct text or pair is asked once, in two calls."""
    asked_of = cases() if chosen is None else chosen
    inputs = list(dict.fromkeys(asked for case in asked_of for asked in case.inputs))
    texts = [asked for asked in inputs if isinstance(asked, str)]
    pairs = [asked for asked in inputs if not isinstance(asked, str)]
    answers = dict(zip([*texts, *pairs], [*engine.score(texts), *engine.towards(pairs)], strict=True))
    return [Verdict(case, tuple(answers[asked] for asked in case.inputs)) for case in asked_of]


def summary(found: Sequence[Verdict]) -> dict[str, dict[str, Any]]:
    """Pass rates of verdicts, as `run` gives them."""
    return {name: _rates(group) for name, group in _by_capability(found).items()} | {"all": _pass_rate(found)}


def _by_capability(found: Sequence[Verdict]) -> dict[str, list[Verdict]]:
    groups: dict[str, list[Verdict]] = {}
    for verdict in found:
        groups.setdefault(verdict.case.capability, []).append(verdict)
    return groups


def _rates(group: Sequence[Verdict]) -> dict[str, Any]:
    spread = [verdict.difference for verdict in group if isinstance(verdict.case, Same)]
    if not spread:
        return _pass_rate(group)
    return _pass_rate(group) | {"largest_difference": max(spread), "mean_difference": sum(spread) / len(spread)}


def _pass_rate(group: Sequence[Verdict]) -> dict[str, Any]:
    passed = sum(verdict.passed for verdict in group)
    return {"n": len(group), "passed": passed, "pass_rate": passed / len(group)}


def failed(found: Sequence[Verdict], limit: int) -> list[dict[str, str]]:
    """The failed ones of verdicts, as `failures` gives them."""
    groups = _by_capability([verdict for verdict in found if not verdict.passed])
    draw = random.Random(0).sample  # noqa: S311 - reproducible, no secret
    return [_told(verdict) for group in groups.values() for verdict in draw(group, min(limit, len(group)))]


def _told(verdict: Verdict) -> dict[str, str]:
    case, got = verdict.case, verdict.opinions[0].sentiment
    told = {"capability": case.capability}
    if isinstance(case, Same):
        return told | _odd(case, verdict.opinions)
    if isinstance(case, Towards):
        told["entity"] = case.entity
    return told | {"text": case.text, "expected": case.sentiment, "got": got}


def _odd(case: Same, opinions: Sequence[Opinion]) -> dict[str, str]:
    """A text of a group that was read otherwise than most, beside one that was read as most are."""
    got = [opinion.sentiment for opinion in opinions]
    usual = Counter(got).most_common(1)[0][0]
    odd = next(sentiment for sentiment in got if sentiment != usual)
    texts = dict(zip(got, case.texts, strict=True))
    return {"text": texts[odd], "beside": texts[usual], "expected": usual, "got": odd}
