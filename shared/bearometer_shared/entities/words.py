"""Word lists of our own: what is a word and no name, and which words speak of companies.

- `words`: common words. `otherwise_capital`: places, people and months. `abbreviations`: what is in capitals for other
  reasons than being a symbol.
- `corporate` follows a company's name and hardly anything else (shares, CEO); `deeds` is what companies do in
  headlines, and other things may (falls, to); `introductions` stands before one (rival, maker), `determiners` before a
  mere word.
- `legal_forms` ends a company's full name (Inc, plc). `descriptions` stands before that (Technologies): what is left
  without it is the company's own name.
"""

from functools import cache
from pathlib import Path

LISTS = Path(__file__).parent / "lists"


@cache
def listed(name: str) -> frozenset[str]:
    """A list of lower-case words, by the name above."""
    return frozenset((LISTS / f"{name}.txt").read_text("utf-8").split())


@cache
def lines(name: str) -> tuple[str, ...]:
    """A list of phrases, one a line: `not_companies` hold a company's name and mean none ("price target")."""
    return tuple((LISTS / f"{name}.txt").read_text("utf-8").splitlines())
