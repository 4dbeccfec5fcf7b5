"""An alert that a back-test found, in the form in which it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bearometer_alerts.card import iso


@dataclass(frozen=True, slots=True)
class Story:
    """A negative item of an alert's window; `score` in [-1, 1]."""

    id: str
    title: str
    source: str
    url: str
    published_at: datetime
    score: float

    def facts(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return fields | {"published_at": iso(self.published_at)}


@dataclass(frozen=True, slots=True)
class Alert:
    """Times are event times; `resolved_at` is None for one that is open where the file ends. `incident` numbers those
    that move together, from 1; its first alert heads it."""

    fired_at: datetime
    resolved_at: datetime | None
    dimension: str
    key: str
    severity: str
    observed: float
    expected: float
    p_value: float
    kind: str = "spike"
    stories: Sequence[Story] = ()
    incident: int = 0

    def facts(self) -> dict[str, Any]:
        fields = {name: getattr(self, name) for name in self.__slots__}
        return fields | {
            "fired_at": iso(self.fired_at),
            "resolved_at": self.resolved_at and iso(self.resolved_at),
            "stories": [story.facts() for story in self.stories],
        }
