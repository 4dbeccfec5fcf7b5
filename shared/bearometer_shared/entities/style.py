"""What capitals mean around a word: nothing in a shouted or a title-case headline, much in a sentence."""

import re
from collections.abc import Sequence
from enum import Enum, auto

from bearometer_shared.entities.tokens import Token

REACH = 10  # tokens to each side that show the style
LONG = 4  # letters of words whose capitals tell; title case leaves shorter ones small
_BREAK = re.compile(r"[.!?:;|\n\"“”‘*•—–()\[\]>]|- | -")  # noqa: RUF001 - typographic marks


class Style(Enum):
    """How the words around one are written."""

    SENTENCE = auto()
    TITLE = auto()
    SHOUT = auto()
    LOWER = auto()


def style(words: Sequence[Token], start: int, end: int) -> Style:
    """The style of the words around those from `start` to `end`, which are left out themselves."""
    around = [*words[max(0, start - REACH) : start], *words[end : end + REACH]]
    texts = [token.text for token in around if token.text.isalpha()]
    if any(text.islower() for text in texts):
        long = [text for text in texts if len(text) >= LONG]
        capital = sum(text[0].isupper() for text in long)
        if len(long) >= 2 and capital >= 0.8 * len(long):
            return Style.TITLE
        return Style.SENTENCE if any(text[0].isupper() and not text.isupper() for text in texts) else Style.LOWER
    return Style.SHOUT if sum(text.isupper() for text in texts) >= 2 else Style.SENTENCE


def begins(text: str, words: Sequence[Token], at: int) -> bool:
    """Whether a token begins a sentence, where any word has a capital."""
    return at == 0 or _BREAK.search(text, words[at - 1].end, words[at].start) is not None
