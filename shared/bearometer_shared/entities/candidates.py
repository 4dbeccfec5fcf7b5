"""Where names and bare symbols stand in a text, and how the mentions of one text speak for each other."""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date

from bearometer_shared.entities import evidence, tokens
from bearometer_shared.entities.entity import Entity
from bearometer_shared.entities.gazetteer import Gazetteer
from bearometer_shared.entities.kinds import Kind
from bearometer_shared.entities.place import Place
from bearometer_shared.entities.symbols import Marked
from bearometer_shared.entities.tokens import Token
from bearometer_shared.entities.words import listed

SURE = 2.0  # points of a mention that speaks for others of the same company
BACKED = 4.0  # the company's symbol, or a sure mention of it, stands elsewhere in the text
COMPANY = 0.5  # for each of at most two other symbols beside a bare one
AMBIGUOUS = -1.0  # at most this where two companies have the name and nothing tells which
ALSO_SMALL = frozenset(["inc", "corp", "ltd", "plc", "llc"])  # legal forms without a capital that are no words


@dataclass(slots=True)
class Candidate:
    """What may be a mention of one of some companies, the likeliest first. `bare`: a symbol that nothing marks."""

    place: Place
    entities: tuple[Entity, ...]
    points: float
    bare: bool


def find(text: str, marked: Sequence[Marked], gazetteer: Gazetteer, day: date | None) -> Iterator[Candidate]:
    """Names and bare symbols outside of the marked symbols, in order; the longest name at each place."""
    words, at = tokens.read(text), 0
    taken = _taken(words, marked)
    while at < len(words):
        word, length = words[at], 1
        named = symbol = None
        begins_name, is_symbol = word.low in gazetteer.trie, word.text in gazetteer.symbols and word.text.isupper()
        if (begins_name or is_symbol) and at not in taken and not _inside(text, word):
            named, length = _name(text, words, at, gazetteer, day) if begins_name else (None, 1)
            if length == 1 and is_symbol:
                symbol = _symbol(text, words, at, gazetteer, day)
        if named or symbol:
            yield max(filter(None, (named, symbol)), key=lambda one: one.points)
        at += length


def _name(
    text: str, words: Sequence[Token], at: int, gazetteer: Gazetteer, day: date | None
) -> tuple[Candidate | None, int]:
    """What is named at a token, and how many tokens that takes; a phrase that names nobody takes its own."""
    match = gazetteer.longest(text, words, at, day)
    if match is None:
        return None, 1
    name, length = match
    if name.kind is Kind.NOTHING:
        return None, length
    end = _past_legal_form(text, words, at + length)
    place = Place(text, words, at, end)
    points = evidence.of_name(name, place, legal_form=end > at + length)
    return Candidate(place, name.valid(day), points, bare=False), end - at


def _symbol(text: str, words: Sequence[Token], at: int, gazetteer: Gazetteer, day: date | None) -> Candidate | None:
    place = Place(text, words, at, at + 1)
    entity = gazetteer.by_symbol(words[at].text, day)
    if entity is None or (len(words[at].text) == 1 and place.mark not in ("(", "#")):
        return None
    return Candidate(place, (entity,), evidence.of_symbol(place), bare=True)


def _past_legal_form(text: str, words: Sequence[Token], end: int) -> int:
    """Where a name ends that goes on with `Inc`, `, Inc.` or `& Co`."""
    while end < len(words):
        at = end + (words[end].low == "&")
        if at == len(words) or not _is_legal_form(words[at]):
            return end
        if any(text[words[n - 1].end : words[n].start] not in (" ", ", ") for n in range(end, at + 1)):
            return end
        end = at + 1
    return end


def _is_legal_form(word: Token) -> bool:
    """Without a capital, `co` and `se` are words."""
    return word.low in listed("legal_forms") and (word.text[0].isupper() or word.low in ALSO_SMALL)


def _taken(words: Sequence[Token], marked: Sequence[Marked]) -> Set[int]:
    """The tokens that lie in marked symbols."""
    taken, at = set[int](), 0
    for mark in marked:
        while at < len(words) and words[at].end <= mark.mark:
            at += 1
        while at < len(words) and words[at].start < mark.end:
            taken.add(at)
            at += 1
    return taken


def _inside(text: str, word: Token) -> bool:
    """Whether a token is part of something longer: `$toolong`, `some_name`, an address, `9.3M`."""
    before, after = text[max(0, word.start - 2) : word.start], text[word.end : word.end + 1]
    if before.endswith(("$", "_")) or after in ("$", "_"):
        return True
    return before[:1].isalnum() and (before.endswith("@") or (before.endswith((".", ",")) and word.text[0].isdigit()))


def corroborate(found: Sequence[Candidate], marked: Sequence[Marked]) -> None:
    """Mentions of one company speak for each other, and symbols stand together."""
    sure = {mark.ticker for mark in marked if mark.entity}
    sure.update(one.entities[0].ticker for one in found if one.points >= SURE and len(one.entities) == 1)
    bare = {one.entities[0].ticker for one in found if one.bare}
    sure |= bare & {entity.ticker for one in found if not one.bare for entity in one.entities}
    companies = len(sure | {one.entities[0].ticker for one in found if one.bare and one.points > 0})
    for one in found:
        _corroborate(one, sure, companies)


def _corroborate(one: Candidate, sure: Set[str], companies: int) -> None:
    backed = [entity for entity in one.entities if entity.ticker in sure]
    if one.bare:
        one.points += COMPANY * min(2, companies - (one.entities[0].ticker in sure or one.points > 0))
    if backed:
        one.entities = tuple(backed)
        one.points += BACKED if one.points < SURE else 0
    elif len({entity.name.lower() for entity in one.entities}) > 1:
        one.points = min(one.points, AMBIGUOUS)
