"""The short names that texts use for a company's full one: "Apple Inc" is Apple, "Palantir Technologies" Palantir."""

import re
from typing import NamedTuple

from bearometer_shared.entities import tokens
from bearometer_shared.entities.words import listed

_ASIDE = re.compile(r"\([^()]*\)")
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}")
_TAIL = re.compile(r"(?:\s+(?:&|and)|,)?\s+([^\W_]+)\.?\s*$")
SHORTEST = 4  # letters of what a cut may leave: shorter ones are initials


class Form(NamedTuple):
    """A way to write a name. `cut`: a description was cut off, and what is left says less."""

    text: str
    cut: bool = False


def forms(name: str) -> list[Form]:
    """A name as listed, without legal forms, and without descriptions where one word is left; each once."""
    name = " ".join(_ASIDE.sub(" ", name).split())
    undotted = _DOTTED.sub(lambda found: found.group().replace(".", ""), name)
    short = _without(undotted, listed("legal_forms"))
    bare = short.removeprefix("The ")
    kernel = _without(bare, listed("descriptions") | listed("legal_forms"))
    found = [Form(name), Form(_without(name, listed("legal_forms"))), Form(undotted), Form(short), Form(bare)]
    if kernel != bare and len(tokens.key(kernel)) == 1 and len(kernel) >= SHORTEST:
        found.append(Form(kernel, cut=True))
    return [form for form in dict.fromkeys(found) if form.text]


def _without(name: str, endings: frozenset[str]) -> str:
    """Cuts words off the end as long as they are endings and something is left."""
    while (tail := _TAIL.search(name)) and tail.group(1).lower() in endings and tail.start():
        name = name[: tail.start()]
    return name
