"""A model for tests that need no model: words decide. Same face as the engine that serves."""

from collections.abc import Sequence
from dataclasses import dataclass

from bearometer_shared.opinion import Opinion, Score

BAD, GOOD = {"falls", "loss", "fraud", "cuts", "halted", "probe"}, {"rises", "profit", "wins", "beats"}


@dataclass
class LexiconEngine:
    """Negative where a bad word stands, positive where a good one does. `poison` is a word that it fails on."""

    version: str = "lexicon-1"
    poison: str = ""
    calls: int = 0

    def score(self, texts: Sequence[str]) -> list[Score]:
        self.calls += 1
        if self.poison and any(self.poison in text for text in texts):
            raise RuntimeError("the model cannot take this")
        return [self._one(text) for text in texts]

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        """What stands after the name, up to a comma, is said of it."""
        return [self._one(text.partition(name)[2].partition(",")[0]) for text, name in pairs]

    def _one(self, text: str) -> Score:
        words = set(text.lower().split())
        if words & BAD:
            return Score(800_000, 150_000, 50_000, "Stock Movement", 900_000)
        if words & GOOD:
            return Score(50_000, 150_000, 800_000, "Earnings", 900_000)
        return Score(100_000, 800_000, 100_000, "Markets", 900_000)
