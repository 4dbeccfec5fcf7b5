"""From a text to the companies that it names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bearometer_shared.entities import candidates, symbols
from bearometer_shared.entities.candidates import Candidate, corroborate
from bearometer_shared.entities.entity import day_of
from bearometer_shared.entities.evidence import THRESHOLD, confidence
from bearometer_shared.entities.gazetteer import Gazetteer
from bearometer_shared.entities.symbols import Marked

LONGEST = 100_000  # characters of a text that are read; the longest reports have half of that
MOST_TICKERS = 50  # of one text, as of a publisher: a text of symbols must not flood the trends


@dataclass(frozen=True, slots=True)
class Link:
    """A mention of a company. `surface` is `text[span[0]:span[1]]`; `name` is the company's, or a symbol nobody knows.

    `confidence` is in [0, 1]. `marked`: written as a symbol and not by name.
    """

    ticker: str
    name: str
    span: tuple[int, int]
    surface: str
    confidence: float
    marked: bool = False


class Linker:
    """Links texts by one gazetteer. Holds no other state, so that threads may share it."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer

    def link(self, text: str, when: datetime | None = None, threshold: float = THRESHOLD) -> list[Link]:
        """Mentions of companies under the names that they had `when` the text was published, in order of appearance.

        Those below the threshold are left out. None for `when`: by the names that are in use still. Of a very long text
        the first 100,000 characters are read.
        """
        text, day = text[:LONGEST], day_of(when)
        marked = list(symbols.find(text, self.gazetteer, day))
        named = list(candidates.find(text, marked, self.gazetteer, day))
        corroborate(named, marked)
        found = [_of_mark(text, mark) for mark in marked] + [_of_candidate(text, one) for one in named]
        return sorted((link for link in found if link.confidence >= threshold), key=lambda link: link.span)

    def tickers(self, text: str, when: datetime | None = None) -> tuple[str, ...]:
        """Tickers named in a text, in order of appearance, each once, fifty at most."""
        return tuple(dict.fromkeys(link.ticker for link in self.link(text, when)))[:MOST_TICKERS]


def _of_mark(text: str, mark: Marked) -> Link:
    name = mark.entity.name if mark.entity else mark.ticker
    return Link(mark.ticker, name, (mark.start, mark.end), text[mark.start : mark.end], mark.confidence, marked=True)


def _of_candidate(text: str, one: Candidate) -> Link:
    entity, span = one.entities[0], one.place.span
    return Link(entity.ticker, entity.name, span, text[slice(*span)], confidence(one.points), marked=one.bare)


def spoken(links: Iterable[Link]) -> dict[str, str]:
    """By what words a text calls each company: a name rather than a symbol, else what it has first.

    They are what the model is asked about: `Engine.towards([(text, name)])`.
    """
    found: dict[str, Link] = {}
    for link in links:
        if link.ticker not in found or (found[link.ticker].marked and not link.marked):
            found[link.ticker] = link
    return {ticker: link.surface.removeprefix("$") for ticker, link in found.items()}
