"""Alterations that keep the label: other names, other numbers, other words for the same.

Numbers of one text are scaled together, so that "rose to 12 from 9" stays a rise; years stay as they are. Names come
from the other examples. The words are our own small list of like for like.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import replace

from bearometer_training.examples import Example

_NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,7}(?:\.\d+)?)(?!\w|[.,]\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_ALIKE = (
    ("rises", "climbs", "advances", "gains"),
    ("rose", "climbed", "advanced", "gained"),
    ("falls", "drops", "slides", "declines"),
    ("fell", "dropped", "slid", "declined"),
    ("jumps", "surges", "soars"),
    ("plunges", "tumbles", "sinks"),
    ("cuts", "lowers", "trims"),
    ("raises", "lifts", "hikes"),
    ("says", "states", "reports"),
    ("firm", "company", "group"),
    ("quarterly", "three-month"),
    ("shares", "stock"),
)
_SYNONYMS = {word: group for group in _ALIKE for word in group}


class Augmentation:
    """Alters a share of the examples, each time anew; `names` replace an entity in both parts of its pair."""

    def __init__(self, taught: Sequence[Example], share: float, rng: random.Random) -> None:
        self._share, self._rng = share, rng
        self._names = [e.input[1] for e in taught if isinstance(e.input, tuple)]

    def __call__(self, example: Example) -> Example:
        if self._rng.random() >= self._share:
            return example
        if isinstance(example.input, str):
            return replace(example, input=self._reword(example.input))
        text, name = example.input
        new = self._rng.choice(self._names)
        swapped = text.replace(name, new) if new not in text else text
        return replace(example, input=(self._reword(swapped), new if swapped != text else name))

    def _reword(self, text: str) -> str:
        factor = self._rng.uniform(0.6, 1.7)
        scaled = _NUMBER.sub(lambda found: _scaled(found[1], factor), text)
        return " ".join(self._synonym(word) for word in scaled.split())

    def _synonym(self, word: str) -> str:
        group = _SYNONYMS.get(word)
        return self._rng.choice(group) if group and self._rng.random() < 0.5 else word


def _scaled(number: str, factor: float) -> str:
    if _YEAR.fullmatch(number):
        return number
    decimals, thousands = len(number.partition(".")[2]), "," if "," in number else ""
    return f"{float(number.replace(',', '')) * factor:{thousands}.{decimals}f}"
