"""What kind of name a name is: some say by themselves that a company is meant, others are words, people or places."""

from enum import Enum, auto

from bearometer_shared.entities.legal import Form
from bearometer_shared.entities.words import listed

MOST_INITIALS = 5  # letters of an abbreviation that is a name


class Kind(Enum):
    """How much a name says by itself."""

    LONG = auto()  # several words, one of them found in no other text: Goldman Sachs
    PHRASE = auto()  # several words, all of them common: Best Buy
    RARE = auto()  # one word that is nothing else: Nvidia
    CUT = auto()  # what is left of a longer name: Palantir (Technologies)
    INITIALS = auto()  # IBM, AT&T
    WORD = auto()  # also a word: Apple, Target
    PERSON_OR_PLACE = auto()  # Ford, Dover
    NOTHING = auto()  # no company, whatever it holds: price target


def kind_of(form: Form, key: tuple[str, ...], listed_so: bool) -> Kind | None:
    """`None` for what names nobody: a number, one or two letters that are no abbreviation, a mere legal form."""
    shown, cut = form
    words = [word for word in key if word not in ("&", "'s")]
    letters = "".join(words)
    if not letters or letters.isdigit() or key[0] == "the" or all(word in listed("legal_forms") for word in words):
        return None
    common = listed("words")
    if shown.isupper() and len(letters) <= MOST_INITIALS and len(letters) > 1:
        return Kind.INITIALS if listed_so or shown.lower() not in common else None
    if len(words) > 1:
        return Kind.PHRASE if all(word in common or len(word) == 1 for word in words) else Kind.LONG
    return _kind_of_word(words[0], common, cut)


def _kind_of_word(word: str, common: frozenset[str], cut: bool) -> Kind | None:
    if word in listed("otherwise_capital"):
        return None if cut else Kind.PERSON_OR_PLACE
    if word in common:
        return None if cut else Kind.WORD
    if len(word) < 3:
        return None
    return Kind.CUT if cut else Kind.RARE
