"""What is kept of an item to tell its copies: the weighted words of its title and lead, and the buckets they fall into.

Nothing in it depends on the process: words are numbered by CRC-32, never by `hash`.
"""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

from bearometer_shared.stories import minhash
from bearometer_shared.stories.common_words import FUNCTION, TRADE
from bearometer_shared.stories.words import cashtags, corrects, words
from bearometer_shared.wire import News

LEAD_WORDS = 60
LETTERS = 20  # of the body so many a word are looked at
BROADCAST = 2  # with more cashtags than this a post is about none of them
COMMON, NUMBER, NAMING = 1, 2, 3  # weights of a word
_NOTHING = frozenset([0])
_KIND = 3  # the two lowest bits of a word's code hold its weight

Code = int


@dataclass(frozen=True)
class Sketch:
    """`title` and `lead` (the title's and the body's first) hold 32-bit codes of words.

    `subject` is the title's first word that names something, 0 where none does. `keys` are the LSH buckets: two items
    that share one are worth comparing. One that was read back from a shelf has none: it was found by them.
    """

    stream: str
    id: str
    at: datetime
    title: frozenset[Code]
    lead: frozenset[Code]
    subject: Code
    corrects: bool
    keys: tuple[int, ...]

    @cached_property
    def numbers(self) -> frozenset[Code]:
        """The numbers of title and lead."""
        return frozenset(word for word in self.lead if word & _KIND == NUMBER)

    @cached_property
    def has_body(self) -> bool:
        return len(self.lead) > len(self.title)


def sketch(item: News) -> Sketch:
    """The sketch of an item whose text is clean. It costs some 0.2 ms, so make it before the transaction."""
    named = [*map(code, words(item.title)), *_tags(cashtags(item.title))]
    title = frozenset(named) - _NOTHING
    lead = title.union(map(code, words(item.body[: LEAD_WORDS * LETTERS])[:LEAD_WORDS])) - _NOTHING
    return Sketch(
        stream=item.stream,
        id=item.id,
        at=item.published_at,
        title=title,
        lead=lead,
        subject=next((word for word in named if word & _KIND == NAMING), 0),
        corrects=corrects(item.title),
        keys=minhash.keys(item.stream, title, lead),
    )


@lru_cache(maxsize=1 << 16)
def code(word: str) -> Code:
    """A word's number, its weight in the lowest bits; 0 for a word that says nothing."""
    if word in FUNCTION or (len(word) == 1 and not word.isdigit()):
        return 0
    kind = COMMON if word in TRADE else NUMBER if word[0].isdigit() else NAMING
    return zlib.crc32(word.encode()) & ~_KIND | kind


def weight(codes: Iterable[Code]) -> int:
    """The summed weights of words."""
    return sum(map(_KIND.__and__, codes))


def _tags(tags: list[str]) -> list[Code]:
    return [code(f"${tag}") for tag in tags] if len(tags) <= BROADCAST else []
