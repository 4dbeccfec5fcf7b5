"""Who a text is about: companies by symbol, name and alias, each with a confidence, and nobody where it is not sure.

`link(text, when)` finds the mentions, `tickers(text, when)` their tickers, both over the default list. A `Linker` over
a `Gazetteer` of other entities has the same two. Words that are also names (target, gap, key) are weighed by what
stands around them, see `evidence`; what stays below `THRESHOLD` is not linked.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from bearometer_shared.entities import default
from bearometer_shared.entities.entity import Entity, read_file
from bearometer_shared.entities.evidence import THRESHOLD
from bearometer_shared.entities.gazetteer import Gazetteer
from bearometer_shared.entities.linker import Link, Linker, spoken

__all__ = [
    "THRESHOLD",
    "Entity",
    "Gazetteer",
    "Link",
    "Linker",
    "default_linker",
    "link",
    "linker_with",
    "read_file",
    "spoken",
    "tickers",
]


@lru_cache(maxsize=1)
def default_linker() -> Linker:
    """The linker over the default list, made once: about 0.3 s."""
    return Linker(Gazetteer(default.members(), default.own()))


def linker_with(companies: Sequence[Entity]) -> Linker:
    """One over the default list and companies of one's own, which replace the rows of their tickers."""
    if not companies:
        return default_linker()
    return Linker(Gazetteer(default.members(), default.own(), companies))


def link(text: str, when: datetime | None = None, threshold: float = THRESHOLD) -> list[Link]:
    """Mentions of companies in a text, by the default list."""
    return default_linker().link(text, when, threshold)


def tickers(text: str, when: datetime | None = None) -> tuple[str, ...]:
    """Tickers named in a text, by the default list, in order of appearance, each once."""
    return default_linker().tickers(text, when)
