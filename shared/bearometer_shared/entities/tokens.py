"""A text as tokens, and which of them may stand in one name."""

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

# A link is one token that no name has. The possessive is one of its own: "Apple's" is Apple, "Lowe's" is Lowe's.
_TOKEN = re.compile(r"(?:https?://|www\.)\S+|[^\W_]+|['’]s(?![^\W_])|&")  # noqa: RUF001 - the typographic apostrophe
_ALIKE = {"and": "&", "’s": "'s"}  # noqa: RUF001 - as above
_JOINTS = frozenset(["", "-", "–", ".", "'", "’", "!", "+", "/"])  # noqa: RUF001 - as above
ABBREVIATED = 4  # letters before a point within a name: "St. James", "Bros. Discovery"


class Token(NamedTuple):
    """`text` as written; `low` as names are looked up."""

    text: str
    low: str
    start: int
    end: int


def read(text: str) -> list[Token]:
    """The tokens of a text, in order; linear in its length."""
    found = []
    for match in _TOKEN.finditer(text):
        written = match.group()
        low = written.lower()
        found.append(Token(written, _ALIKE.get(low, low), match.start(), match.end()))
    return found


def joined(text: str, before: Token, after: Token) -> bool:
    """Whether two neighbouring tokens may belong to one name, by what stands between them."""
    gap = text[before.end : after.start]
    if gap == " ":
        return True
    if len(gap) > 2 or gap.strip() not in _JOINTS:
        return False
    return gap != ". " or len(before.text) <= ABBREVIATED


def key(name: str) -> tuple[str, ...]:
    """A name as it is looked up."""
    return tuple(token.low for token in read(name))


def plain(name: str) -> str:
    """A name without its accents: half of the world writes Nestle and Telefonica."""
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def original(text: str, tokens: Sequence[Token]) -> str:
    """The words of some tokens, as the text has them."""
    return text[tokens[0].start : tokens[-1].end]
