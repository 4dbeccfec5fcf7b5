"""How far annotators agree beyond chance, on nominal labels. Pure: what was said goes in, figures come out.

Cohen's kappa is "A coefficient of agreement for nominal scales" (Cohen 1960), Krippendorff's alpha the nominal one of
"Computing Krippendorff's alpha-reliability" (Krippendorff 2011).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

Units = Iterable[Mapping[str, str]]  # of each text, who said what; who said nothing is not in it


@dataclass(frozen=True, slots=True)
class Pair:
    """Two annotators: how many texts both labelled, and their kappa."""

    annotators: tuple[str, str]
    texts: int
    kappa: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Alpha over the texts that at least two annotators labelled, and kappa of each pair that shares some."""

    texts: int
    alpha: float | None
    pairs: list[Pair]


def agreement(units: Units) -> Agreement:
    """All figures of one head; None where one is not defined."""
    shared = [said for said in units if len(said) > 1]
    return Agreement(len(shared), alpha([list(said.values()) for said in shared]), _pairs(shared))


def kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's kappa of what two annotators say of the same texts; None without texts, and where chance alone must
    agree: both always say one and the same word."""
    if not pairs:
        return None
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    agreed, n = sum(a == b for a, b in pairs), len(pairs)
    expected = sum(count * second[word] for word, count in first.items())
    return None if expected == n * n else (agreed * n - expected) / (n * n - expected)


def alpha(units: Iterable[Sequence[str]]) -> float | None:
    """Krippendorff's alpha for nominal data; a unit lists what its annotators say, missing values left out.

    None where nothing varies: no unit with two values, or one and the same value everywhere.
    """
    paired = [Counter(values) for values in units if len(values) > 1]
    totals: Counter[str] = sum(paired, Counter())
    n = totals.total()
    expected = n * n - sum(count * count for count in totals.values())
    if not expected:
        return None
    observed = sum(_disagreeing(counts) / (counts.total() - 1) for counts in paired)
    return 1 - (n - 1) * observed / expected


def _disagreeing(counts: Counter[str]) -> int:
    """The ordered pairs of unequal values within a unit."""
    return counts.total() ** 2 - sum(count * count for count in counts.values())


def _pairs(units: Iterable[Mapping[str, str]]) -> list[Pair]:
    both: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for said in units:
        for first, second in combinations(sorted(said), 2):
            both.setdefault((first, second), []).append((said[first], said[second]))
    return [Pair(names, len(words), kappa(words)) for names, words in sorted(both.items())]
