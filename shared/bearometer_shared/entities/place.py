"""Where in a text a name or a symbol stands, and what stands beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bearometer_shared.entities.tokens import Token, joined


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name or a symbol stands: tokens `start` to `end` of a text."""

    text: str
    words: Sequence[Token]
    start: int
    end: int

    @property
    def before(self) -> Token | None:
        """The word in front, if no more than a space parts them."""
        if not self.start or self.text[self.words[self.start - 1].end : self.words[self.start].start] != " ":
            return None
        return self.words[self.start - 1]

    @property
    def after(self) -> Token | None:
        """The word behind, past a possessive."""
        at = self.end + self.possessive
        if at >= len(self.words) or not joined(self.text, self.words[at - 1], self.words[at]):
            return None
        return self.words[at]

    @property
    def possessive(self) -> bool:
        return self.end < len(self.words) and self.words[self.end].low == "'s"

    @property
    def mark(self) -> str:
        """The character right in front: `#`, `@`, a bracket."""
        at = self.words[self.start].start
        return self.text[at - 1] if at else ""

    @property
    def span(self) -> tuple[int, int]:
        return self.words[self.start].start, self.words[self.end - 1].end

    @property
    def surface(self) -> str:
        return self.text[slice(*self.span)]
