"""Which words carried a score: the words' Shapley values, from scores of the text with some of its words left out.

The players are the words, and what a set of words is worth is the signed score of just these words, in their order
(Strumbelj and Kononenko 2014). The values are estimated by KernelSHAP (Lundberg and Lee 2017) on sets that come with
their complements (Covert and Lee 2021). A long text is played by runs of neighbouring words, and the runs that matter
most are then opened. `deploy/decisions/explanations.md` says why this method and not another.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb
from typing import Protocol
from zlib import crc32

import numpy as np

from bearometer_shared.inference.engine import Score

WORDS = 96  # about what fits into the 128 tokens that the model reads
PLAYERS = 24  # at most so many runs of words; nearly every headline has a player for each word
TEXTS = 100  # about so many sets of players are scored ...
SCORED_WORDS = 600  # ... fewer where the text is long: so many words in all, and as many again to open runs


@dataclass(frozen=True, slots=True)
class Word:
    """`text[start:end]` of the explained text, and what it adds to the signed score, in millionths."""

    text: str
    start: int
    end: int
    contribution: int


class Scorer(Protocol):
    """What is explained: an engine, or a fake."""

    def score(self, texts: Sequence[str]) -> list[Score]: ...


def explain(engine: Scorer, text: str) -> list[Word]:
    """The words of a text, in order, each with its contribution; positive ones push the score up.

    A word is what stands between white space: punctuation belongs to the word that it touches, and is one of its own
    where it stands alone. The contributions sum to the score of the text less that of the empty text, but for rounding;
    the same text gets the same answer. Words after the first 96 are not explained and contribute 0.
    """
    spans = [found.span() for found in re.finditer(r"\S+", text)]
    rng = random.Random(crc32(repr(text).encode()))  # noqa: S311 - repeatable draws, no secret
    shares = np.zeros(len(spans))
    if spans:
        shares[:WORDS] = _contributions(engine, [text[a:b] for a, b in spans[:WORDS]], rng)
    return [Word(text[a:b], a, b, round(share)) for (a, b), share in zip(spans, shares.tolist(), strict=True)]


def _contributions(engine: Scorer, words: Sequence[str], rng: random.Random) -> np.ndarray:
    """A share for each word: of its run's value in equal parts, or by what each takes along where the run is opened."""
    runs = np.array_split(np.arange(len(words)), min(len(words), PLAYERS))
    texts = min(TEXTS, max(2 * PLAYERS, 2 * SCORED_WORDS // len(words)))
    values = _shapley(engine, [" ".join(words[k] for k in run) for run in runs], texts, rng)
    shares = np.concatenate([np.full(len(run), value / len(run)) for run, value in zip(runs, values, strict=True)])
    largest_first = [runs[n] for n in np.argsort(-np.abs(values)) if len(runs[n]) > 1]
    opened = largest_first[: SCORED_WORDS // len(words) // len(runs[0])]
    drops = _drops(engine, words, [k for run in opened for k in run]) if opened else {}
    for run in opened:
        alone = np.array([drops[k] for k in run])
        shares[run] += alone - alone.mean()
    return shares


def _drops(engine: Scorer, words: Sequence[str], places: Sequence[int]) -> dict[int, int]:
    """By how much the score falls where the word at a place is left out, for each of the places."""
    texts = [" ".join([*words[:k], *words[k + 1 :]]) for k in places]
    whole, *without = (found.signed for found in engine.score([" ".join(words), *texts]))
    return {k: whole - score for k, score in zip(places, without, strict=True)}


def _shapley(engine: Scorer, players: Sequence[str], texts: int, rng: random.Random) -> np.ndarray:
    """Shapley values of the players, float64 of shape (players,): exact where `texts` allows all sets."""
    rows = list(_sets(len(players), texts // 2 - 1, rng))
    sets = np.zeros((len(rows), len(players)), bool)
    for row, (members, _) in enumerate(rows):
        sets[row, list(members)] = True
    sets = np.vstack([sets, ~sets])
    kept = [" ".join(player for player, stays in zip(players, row, strict=True) if stays) for row in sets]
    whole, empty, *scores = (found.signed for found in engine.score([" ".join(players), "", *kept]))
    weights = np.array([weight for _, weight in rows] * 2)
    return _fit(sets.astype(float), np.array(scores) - empty, np.sqrt(weights), whole - empty)


def _sets(players: int, pairs: int, rng: random.Random) -> Iterator[tuple[tuple[int, ...], float]]:
    """Sets of at most half of the players with their weights; each stands for its complement too.

    A size gets its share of the pairs by the weight that the Shapley kernel gives it, at least one, and all its sets
    where they are no more than that.
    """
    sizes = range(1, players // 2 + 1)
    weights = [(players - 1) / (size * (players - size)) / (1 + (2 * size == players)) for size in sizes]
    for size, weight in zip(sizes, weights, strict=True):
        due = round(pairs * weight / sum(weights[size - 1 :]))
        chosen = _draw(players, size, max(due, 1), rng)
        pairs -= len(chosen)
        yield from ((members, weight / len(chosen)) for members in chosen)


def _draw(players: int, size: int, wanted: int, rng: random.Random) -> list[tuple[int, ...]]:
    """Different sets of a size: as many as wanted, or all."""
    if wanted >= comb(players, size):
        return list(combinations(range(players), size))
    drawn: dict[tuple[int, ...], None] = {}
    while len(drawn) < wanted:
        drawn[tuple(sorted(rng.sample(range(players), size)))] = None
    return list(drawn)


def _fit(sets: np.ndarray, worth: np.ndarray, weights: np.ndarray, total: float) -> np.ndarray:
    """Weighted least squares of the sets' worth on their players, whose values sum to `total`."""
    last = sets[:, -1]
    slopes = (sets[:, :-1] - last[:, None]) * weights[:, None]
    values = np.linalg.lstsq(slopes, (worth - last * total) * weights)[0]
    return np.append(values, total - values.sum())
