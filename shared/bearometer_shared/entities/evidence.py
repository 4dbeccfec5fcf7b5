"""How sure we are that words name a company, as the sum of what speaks for it and against it.

Each piece of evidence adds points, and the confidence is their logistic function: 0 points is 0.5, 2 are 0.88, -2 are
0.12. The points were set by hand on headlines of our own and checked on labelled ones (`bearometer bench entities`).
"""

import math

from bearometer_shared.entities.gazetteer import Name
from bearometer_shared.entities.kinds import Kind
from bearometer_shared.entities.place import Place
from bearometer_shared.entities.style import REACH, Style, begins, style
from bearometer_shared.entities.tokens import Token
from bearometer_shared.entities.words import listed

THRESHOLD = 0.5  # below it the linker abstains
LONGEST_SYMBOL = 5
BASE = {
    Kind.LONG: 3.0,
    Kind.PHRASE: 2.0,
    Kind.RARE: 2.2,
    Kind.CUT: 0.8,
    Kind.INITIALS: 1.5,
    Kind.WORD: -0.4,
    Kind.PERSON_OR_PLACE: -1.0,
}
VAGUE = frozenset([Kind.WORD, Kind.PERSON_OR_PLACE, Kind.CUT])
# A word without its capital: in a sentence, and in a text that has none.
SMALL = {
    Kind.LONG: (-1.0, -0.5),
    Kind.PHRASE: (-4.0, -2.5),
    Kind.RARE: (-1.2, -1.0),
    Kind.CUT: (-3.0, -1.5),
    Kind.INITIALS: (-4.0, -3.0),
    Kind.WORD: (-4.0, -1.5),
    Kind.PERSON_OR_PLACE: (-4.0, -1.5),
}
LEGAL_FORM = 3.0  # Inc, plc, AG


def confidence(points: float) -> float:
    return 1 / (1 + math.exp(-points))


def of_name(name: Name, place: Place, legal_form: bool) -> float:
    """Points for a name, by its own kind, its capitals and the words beside it."""
    around = style(place.words, place.start, place.end)
    points = BASE[name.kind] + _capitals(name, place, around) + _neighbours(place, name.kind in VAGUE, around)
    if legal_form:
        points += LEGAL_FORM if name.whole or name.kind not in VAGUE else -LEGAL_FORM  # Delta Corp is no airline
    return points + (place.mark in ("#", "@"))


def _capitals(name: Name, place: Place, around: Style) -> float:
    surface, kind = place.surface, name.kind
    if not _as_written(surface, name):
        return SMALL[kind][around is Style.LOWER]
    if around is Style.SHOUT:
        return -2.5 if kind is Kind.INITIALS and surface.lower() in listed("abbreviations") else -0.3
    if kind is Kind.INITIALS:
        return -2.0 if surface.lower() in listed("abbreviations") else 0.5
    if kind is Kind.WORD and around is not Style.TITLE and not begins(place.text, place.words, place.start):
        return 1.4
    return 0.0


def _as_written(surface: str, name: Name) -> bool:
    """Whether it has the capitals that the name has, or more."""
    if name.kind is Kind.INITIALS:
        return surface.isupper()
    return surface[0].isupper() or surface[0].isdigit() or surface == name.shown or not surface.islower()


def _neighbours(place: Place, vague: bool, around: Style) -> float:
    return _possessive(place) + _after(place, vague, around) + _before(place, vague, around)


def _possessive(place: Place) -> float:
    if not place.possessive:
        return 0.0
    return 0.5 if place.surface.islower() else 1.0


def _after(place: Place, vague: bool, around: Style) -> float:
    after, capital = place.after, not place.surface.islower()
    if after is None:
        return 0.0
    if after.low in listed("corporate"):
        return 2.0
    if capital and (after.low in listed("deeds") or after.text[0].isdigit()):
        return 1.0
    return -1.0 if vague and around is Style.SENTENCE and _is_name(after) and not place.possessive else 0.0


def _before(place: Place, vague: bool, around: Style) -> float:
    before, after, capital = place.before, place.after, not place.surface.islower()
    if before is None:
        return 0.0
    if before.low in listed("determiners") and not (after and after.low in listed("corporate")):
        return -1.5 if vague or not capital else -0.3
    if vague and capital and before.low in listed("introductions"):
        return 0.7
    if around is Style.SENTENCE and _is_name(before) and not _first(place):
        return -1.5 if vague else -0.5
    return 0.0


def _is_name(word: Token) -> bool:
    """A neighbour that has a capital and is no word that speaks of companies."""
    return word.text[0].isupper() and word.low not in listed("corporate") and word.low not in listed("deeds")


def _first(place: Place) -> bool:
    """Whether the word in front begins a sentence, where its capital says nothing, and is a plain word."""
    at = place.start - 1
    return begins(place.text, place.words, at) and place.words[at].low in listed("words")


def shouted(place: Place) -> bool:
    """Whether all around is in capitals, and is more than other symbols."""
    if style(place.words, place.start, place.end) is not Style.SHOUT:
        return False
    around = place.words[max(0, place.start - REACH) : place.end + REACH]
    return any(len(word.text) > LONGEST_SYMBOL or word.low in listed("words") for word in around if word.text.isalpha())


# A bare symbol: by its letters.
_SYMBOL = {1: -4.0, 2: -0.7, 3: 0.4, 4: 1.0, 5: 1.2}


def of_symbol(place: Place) -> float:
    """Points for a bare symbol in capitals."""
    word = place.words[place.start]
    points = _SYMBOL.get(len(word.text), 0.0) + _neighbours(place, True, Style.TITLE)
    if word.low in listed("abbreviations") or word.low in listed("words"):
        points -= 4.0
    if shouted(place):
        points -= 2.0
    if place.mark == "(" and place.text[word.end : word.end + 1] == ")":
        points += 2.5
    return points + (1.0 if place.mark == "#" else 0.0)
