"""Explanations for people: words in colour, as facts, and the test that says how far to believe them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from rich.text import Text

from bearometer_shared.inference.explain import Scorer, Word
from bearometer_shared.text import printable

FAINT = 200_000  # millionths: where no word moves the score by more than that, none is shown as strong
# Attributes rather than shades: a terminal's own red and green are legible on its own background, dark or light.
STYLES = ((0.7, "bold reverse"), (0.4, "bold"), (0.1, ""))
STEPS = 5


def render(words: Sequence[Word]) -> Text:
    """The words in red where they pull the score down and green where they push it up; the stronger, the bolder."""
    most = max([FAINT, *(abs(word.contribution) for word in words)])
    return Text(" ").join(Text(printable(word.text), _style(word.contribution / most)) for word in words)


def _style(strength: float) -> str:
    attributes = next((name for least, name in STYLES if abs(strength) >= least), None)
    return "" if attributes is None else f"{attributes} {'green' if strength > 0 else 'red'}".strip()


def as_json(words: Sequence[Word]) -> list[dict[str, Any]]:
    """Words with their place in the text; contributions in units of the signed score, as `score` prints it."""
    return [
        {"word": word.text, "start": word.start, "end": word.end, "contribution": word.contribution / 1e6}
        for word in words
    ]


@dataclass(frozen=True, slots=True)
class Deletion:
    """Falls of the predicted class's probability, from -1 to 1, averaged over the first 1 to 5 words of an order.

    `comprehensiveness` where these words are taken out: large if they carried the answer. `sufficiency` where only they
    are left: small if they carried it. (DeYoung et al. 2020; the average is the AOPC of Samek et al. 2017.)
    """

    comprehensiveness: float
    sufficiency: float


def decisive_first(words: Sequence[Word], sentiment: str) -> list[int]:
    """The places of the words, those first that pushed the score towards `sentiment`, which is not neutral."""
    sign = 1 if sentiment == "positive" else -1
    return sorted(range(len(words)), key=lambda place: -sign * words[place].contribution)


def deletion(engine: Scorer, words: Sequence[str], order: Sequence[int]) -> Deletion:
    """What taking words out in an order does to the probability of the class that is predicted for all of them."""
    firsts = [set(order[:count]) for count in range(1, min(STEPS, len(words) - 1) + 1)]
    texts = [_kept(words, set(order) - first) for first in firsts] + [_kept(words, first) for first in firsts]
    whole, *scores = engine.score([" ".join(words), *texts])
    falls = [(getattr(whole, whole.sentiment) - getattr(score, whole.sentiment)) / 1e6 for score in scores]
    return Deletion(fmean(falls[: len(firsts)]), fmean(falls[len(firsts) :]))


def _kept(words: Sequence[str], places: Iterable[int]) -> str:
    return " ".join(words[place] for place in sorted(places))
