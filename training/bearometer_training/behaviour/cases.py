"""All cases: from patterns, from the sentences written by hand, and the invariance groups."""

import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bearometer_training import data
from bearometer_training.behaviour import (
    comparisons,
    direction,
    hedges,
    invariance,
    negation,
    neutral_facts,
    numbers,
    two_companies,
    vocabulary,
)
from bearometer_training.behaviour.case import Case, Expect, Towards
from bearometer_training.behaviour.template import expand, fill, fillings
from bearometer_training.behaviour.words import WORDS

WRITTEN = Path(__file__).parent / "written"  # label rows, one file for each capability
PATTERNS: dict[str, Mapping[str, Sequence[str]]] = {
    "direction": direction.PATTERNS,
    "negation": negation.PATTERNS,
    "hedges": hedges.PATTERNS,
    "numbers": numbers.PATTERNS,
    "comparisons": comparisons.PATTERNS,
    "neutral_facts": neutral_facts.PATTERNS,
    "vocabulary": vocabulary.PATTERNS,
}


def cases() -> list[Case]:
    """Every case once, in a fixed order."""
    return list(dict.fromkeys([*_patterned(), *_two_companies(), *_written(), *invariance.cases()]))


def sample(each: int) -> list[Case]:
    """Up to `each` cases of every capability, drawn at random, the same ones each time."""
    groups: dict[str, list[Case]] = {}
    for case in cases():
        groups.setdefault(case.capability, []).append(case)
    draw = random.Random(0).sample  # noqa: S311 - reproducible, no secret
    return [case for group in groups.values() for case in draw(group, min(each, len(group)))]


def _patterned() -> Iterator[Case]:
    words = {**WORDS, **numbers.AMOUNTS}
    for capability, by_sentiment in PATTERNS.items():
        for sentiment, patterns in by_sentiment.items():
            for pattern in patterns:
                yield from (Expect(capability, text, sentiment) for text in expand(pattern, words))


def _two_companies() -> Iterator[Case]:
    for pattern, company, rival in two_companies.PATTERNS:
        for filling in fillings(pattern, WORDS):
            for slot, sentiment in (("company", company), ("rival", rival)):
                if sentiment:
                    yield Towards("two_companies", fill(pattern, filling), filling[slot], sentiment)


def _written() -> Iterator[Case]:
    for path in sorted(WRITTEN.glob("*.jsonl")):
        for row in data.read(path):
            if row.sentiment:
                yield Expect(path.stem, row.text, row.sentiment)
            yield from (Towards(path.stem, row.text, name, label) for name, label in row.entities)
