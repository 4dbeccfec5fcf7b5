"""Names and symbols, laid out for looking up: a trie over tokens, and a table of symbols."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from bearometer_shared.entities import legal, tokens
from bearometer_shared.entities.entity import Entity
from bearometer_shared.entities.kinds import Kind, kind_of
from bearometer_shared.entities.tokens import Token
from bearometer_shared.entities.words import lines

END = ""  # where a name ends in the trie; no token is empty
Node = dict[str, Any]
Forms = Callable[[Entity], Iterator[legal.Form]]


@dataclass(frozen=True, slots=True)
class Name:
    """A way in which texts call some companies. `shown` is its spelling with the fewest capitals.

    `whole`: it is a company's full name but for a legal form, as Apple is and Delta (Air Lines) is not.
    """

    shown: str
    kind: Kind
    entities: tuple[Entity, ...]
    whole: bool = True

    def valid(self, day: date | None) -> tuple[Entity, ...]:
        return tuple(entity for entity in self.entities if entity.valid(day))


class Gazetteer:
    """Layers of entities. A ticker's rows in a later layer replace those in earlier ones; its names outrank theirs."""

    def __init__(self, *layers: Sequence[Entity]) -> None:
        self.symbols: dict[str, tuple[Entity, ...]] = {}
        self.trie: Node = {}
        ordered = _without_replaced(layers)
        for rows in ordered:
            self._add_symbols(rows)
            self._add_names(rows, _written)
        for phrase in lines("not_companies"):  # what somebody lists as a name is one all the same
            self._end(tokens.key(phrase)).setdefault(END, Name(phrase, Kind.NOTHING, ()))
        for rows in ordered:
            self._add_names(rows, _shortened)
        self.entities = tuple(row for rows in ordered for row in rows)

    def by_symbol(self, symbol: str, day: date | None) -> Entity | None:
        """The company that traded under a symbol on a day. `BRK-B` and `BRK/B` are `BRK.B`."""
        rows = self.symbols.get(symbol) or self.symbols.get(symbol.replace("-", ".").replace("/", ".")) or ()
        return next((row for row in rows if row.valid(day)), None)

    def longest(self, text: str, words: Sequence[Token], at: int, day: date | None) -> tuple[Name, int] | None:
        """The longest name that begins at a token and is valid on a day, and how many tokens it takes."""
        node: Node | None = self.trie
        found = None
        for n in range(at, len(words)):
            if n > at and not tokens.joined(text, words[n - 1], words[n]):
                break
            node = node and node.get(words[n].low)
            if not node:
                break
            name = node.get(END)
            if name is not None and (name.kind is Kind.NOTHING or name.valid(day)):
                found = name, n - at + 1
        return found

    def _add_symbols(self, rows: Sequence[Entity]) -> None:
        """Tickers before those of other exchanges."""
        for row in rows:
            self.symbols[row.ticker] = (*self.symbols.get(row.ticker, ()), row)
        for row in rows:
            for symbol in row.symbols:
                self.symbols.setdefault(symbol, (row,))

    def _add_names(self, rows: Sequence[Entity], forms: Forms) -> None:
        """Adds the names that nobody has yet; of equal ones here, each row has it."""
        named: dict[tuple[str, ...], dict[legal.Form, None]] = {}
        owners: dict[tuple[str, ...], dict[Entity, None]] = {}
        for row in rows:
            for form in forms(row):
                key = tokens.key(form.text)
                named.setdefault(key, {})[form] = None
                owners.setdefault(key, {})[row] = None
        for key, spelt in named.items():
            form, entities = max(spelt, key=_small), tuple(owners[key])
            if kind := kind_of(form, key, listed_so=forms is _written):
                self._end(key).setdefault(END, Name(form.text, kind, entities, _whole(key, entities)))

    def _end(self, key: Sequence[str]) -> Node:
        node = self.trie
        for word in key:
            node = node.setdefault(word, {})
        return node


def _without_replaced(layers: Sequence[Sequence[Entity]]) -> list[list[Entity]]:
    """The layers, the last first, each without the tickers of those before it; sectors and symbols are passed on."""
    known = {row.ticker: row for layer in layers for row in reversed(layer) if row.sector or row.symbols}
    taken, ordered = set[str](), list[list[Entity]]()
    for layer in reversed(layers):
        ordered.append([_filled(row, known.get(row.ticker)) for row in layer if row.ticker not in taken])
        taken.update(row.ticker for row in layer)
    return ordered


def _filled(row: Entity, known: Entity | None) -> Entity:
    """A row with the sector and the other symbols that another layer knows, where it says none."""
    if known is None:
        return row
    return replace(row, sector=row.sector or known.sector, symbols=row.symbols or known.symbols)


def _written(row: Entity) -> Iterator[legal.Form]:
    """Its names, with accents and without, with the apostrophe and without."""
    return (spelt for name in (row.name, *row.aliases) for spelt in _spellings(legal.Form(name)))


def _shortened(row: Entity) -> Iterator[legal.Form]:
    """What texts leave of its names."""
    for name in (row.name, *row.aliases):
        for form in legal.forms(name):
            yield from _spellings(form)


def _small(form: legal.Form) -> int:
    return sum(letter.islower() for letter in form.text)


def _whole(key: tuple[str, ...], rows: Iterable[Entity]) -> bool:
    return any(tokens.key(form.text) == key for row in rows for form in legal.forms(row.name) if not form.cut)


def _spellings(form: legal.Form) -> Iterator[legal.Form]:
    yield form
    yield form._replace(text=tokens.plain(form.text))
    yield form._replace(text=form.text.replace("'s", "s").replace("’s", "s"))  # noqa: RUF001 - typographic
