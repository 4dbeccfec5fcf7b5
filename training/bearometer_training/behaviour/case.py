"""The kinds of case: a sentiment that is beyond doubt, one towards an entity, and texts that must be read alike."""

from collections.abc import Sequence
from dataclasses import dataclass

from bearometer_shared.inference.encoding import Input
from bearometer_shared.inference.engine import Opinion


@dataclass(frozen=True, slots=True)
class Expect:
    """A text whose sentiment no reader would dispute (CheckList's minimum functionality test)."""

    capability: str
    text: str
    sentiment: str

    @property
    def inputs(self) -> tuple[Input, ...]:
        return (self.text,)

    def passes(self, opinions: Sequence[Opinion]) -> bool:
        return [o.sentiment for o in opinions] == [self.sentiment]


@dataclass(frozen=True, slots=True)
class Towards:
    """How one of the entities that a text names fares in it."""

    capability: str
    text: str
    entity: str
    sentiment: str

    @property
    def inputs(self) -> tuple[Input, ...]:
        return ((self.text, self.entity),)

    def passes(self, opinions: Sequence[Opinion]) -> bool:
        return [o.sentiment for o in opinions] == [self.sentiment]


@dataclass(frozen=True, slots=True)
class Same:
    """Texts that differ in a name only and must get one sentiment, whichever it is (an invariance test)."""

    capability: str
    texts: tuple[str, ...]

    @property
    def inputs(self) -> tuple[Input, ...]:
        return self.texts

    def passes(self, opinions: Sequence[Opinion]) -> bool:
        return len({o.sentiment for o in opinions}) == 1


Case = Expect | Towards | Same
