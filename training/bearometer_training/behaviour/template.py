"""Patterns that each stand for many sentences."""

import random
import re
from collections.abc import Mapping, Sequence

CAP = 8  # sentences of one pattern, so that no pattern dominates

Words = Mapping[str, Sequence[str]]
_SLOT = re.compile(r"\{([^{}]+)\}")


def expand(pattern: str, words: Words, cap: int = CAP) -> list[str]:
    """The sentences of a pattern, or `cap` of them drawn at random, the same ones each time."""
    return [fill(pattern, filling) for filling in fillings(pattern, words, cap)]


def fillings(pattern: str, words: Words, cap: int = CAP) -> list[dict[str, str]]:
    """What the slots of a pattern are filled with, sentence by sentence.

    `{name}` stands for one of `words["name"]`, `{rises|climbs}` for one of the words that it lists. A slot that occurs
    twice is filled alike. Raises KeyError for a name without words.
    """
    slots = {slot: slot.split("|") if "|" in slot else words[slot] for slot in _SLOT.findall(pattern)}
    total = 1
    for options in slots.values():
        total *= len(options)
    chosen = random.Random(pattern).sample(range(total), min(cap, total))  # noqa: S311 - reproducible, no secret
    return [_filling(slots, n) for n in chosen]


def _filling(slots: Words, number: int) -> dict[str, str]:
    """The `number`-th of all combinations: a numeral whose digits have the slots' sizes as bases."""
    filling = {}
    for slot, options in slots.items():
        number, digit = divmod(number, len(options))
        filling[slot] = options[digit]
    return filling


def fill(pattern: str, filling: Mapping[str, str]) -> str:
    """A pattern with its slots filled; one that `filling` lacks stays as it is."""
    return _SLOT.sub(lambda slot: filling.get(slot[1], slot[0]), pattern)
