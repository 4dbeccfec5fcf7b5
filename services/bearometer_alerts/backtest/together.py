"""Incidents of a back-test: the service's rule, over the stories of a history."""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bearometer_alerts import incident, times
from bearometer_alerts.detector import Step
from bearometer_alerts.incident import Open
from bearometer_alerts.usual import Key

Told = Mapping[Key, list[tuple[datetime, str]]]  # a key's negative stories with their minutes, in order


@dataclass
class Together:
    """Numbers incidents from 1, over all rules."""

    told: Told
    newest: int = 0

    def incident_of(self, step: Step, minutes: int, firing: Mapping[Key, int]) -> int:
        """Of an alert that fires beside those of its rule, given with their incidents. `minutes` are the window's."""
        until = times.start(step.minute + 1)
        since = until - minutes * times.MINUTE
        mine, others = self._stories(step.key, since, until), list[Open]()
        for key, number in firing.items():
            theirs = self._stories(key, since, until)
            others.append(Open(number, key, len(theirs), len(theirs & mine)))
        found = incident.home(step.key, len(mine), others)
        self.newest += found is None
        return self.newest if found is None else found

    def _stories(self, key: Key, since: datetime, until: datetime) -> set[str]:
        stories = self.told.get(key, [])
        first, end = (bisect_left(stories, moment, key=lambda one: one[0]) for moment in (since, until))
        return {story for _, story in stories[first:end]}
