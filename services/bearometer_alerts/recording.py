"""Writes what a detector did in one transaction: alerts with evidence and history, and the notifications of them.

Programs hear of every step on the topic `alerts`; people of what they do not know yet (`telling`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bearometer_alerts import card, flapping, joining, metrics, telling
from bearometer_alerts.detector import Step
from bearometer_alerts.incident import narrow_first
from bearometer_alerts.joining import Alert
from bearometer_alerts.rule import RANK, Rule
from bearometer_alerts.whole import whole
from bearometer_shared.storage import alerts, incidents, silences, triage
from bearometer_shared.storage.alerts import DETECTOR, Raised
from bearometer_shared.triage import When

KAFKA, WEBHOOK = triage.KAFKA, "webhook"
Taken = tuple[int, str]  # the alert's id, and the step's name in its history


@dataclass(frozen=True)
class Recorder:
    """Of one stream. `channels` hear of its alerts; `now` is wall time."""

    connection: Connection
    stream: str
    rule: Rule
    channels: Collection[str]
    now: datetime

    def write(self, steps: Sequence[Step], at: datetime) -> None:
        """Stores steps that were taken `at` one event time, and queues their notifications.

        People are told when all of them are known: of an incident once, whatever many keys it shows in.
        """
        alerts.alone(self.connection, self.stream)
        changed: dict[int, Step] = {}
        for step in narrow_first(steps):
            incident = self._take(step, at)
            if incident is not None and not _outdone(step, changed.get(incident)):
                changed[incident] = step
        for incident, step in changed.items():
            self._tell(incident, When(at, self.now), card.sentence(step))

    def _take(self, step: Step, at: datetime) -> int | None:
        """Stores a step. The incident that it is part of, if any."""
        taken = self._resolve(step, at) if step.phase == "resolved" else self._rise(step, at)
        if taken is None:  # a person has closed it meanwhile
            return None
        id, name = taken
        alert, note, when = alerts.lock(self.connection, id) or {}, card.sentence(step), When(at, self.now)
        if alert["state"] == "firing" and alert["incident"] is None:
            alert |= self._join(alert, step)
        seen = {"severity": step.severity, **self._figures(step)}
        triage.announce(self.connection, alert | seen, name, when, actor=DETECTOR, note=note)
        metrics.STEPS.labels(name).inc()
        incident: int | None = alert["incident"]
        return incident

    def _join(self, alert: Alert, step: Step) -> Alert:
        joined = {"incident": joining.incident_of(self.connection, alert, step, self._window(step))}
        alerts.change(self.connection, alert["id"], joined, self.now)
        return joined

    def _resolve(self, step: Step, at: datetime) -> Taken | None:
        id = alerts.resolve(self.connection, self._fingerprint(step), at, self.now)
        return None if id is None else (id, step.phase)

    def _rise(self, step: Step, at: datetime) -> Taken | None:
        """Begins an alert, updates the open one, reopens one that flaps, or leaves what a person has closed."""
        newest = alerts.latest(self.connection, self._fingerprint(step))
        fate = flapping.fate(newest, step.phase, at, timedelta(minutes=self.rule.window))
        if fate == "dropped":
            return None
        if newest and fate == "reopened":
            alerts.reopen(self.connection, newest["id"], self.now)
        id = alerts.raise_(self.connection, self._raised(step), step.phase, at, self.now)
        return id, "reopened" if fate == "reopened" else step.phase

    def _raised(self, step: Step) -> Raised:
        evidence = card.evidence_of(self.connection, self.stream, step, self._window(step), self.rule)
        return Raised(
            stream=self.stream,
            rule=self.rule.name,
            dimension=step.key[0],
            key=step.key[1],
            severity=step.severity,
            model_version=", ".join(evidence["model_versions"]),
            evidence=evidence,
            **self._figures(step),
        )

    def _window(self, step: Step) -> int:
        return step.verdict.minutes or self.rule.window

    def _figures(self, step: Step) -> dict[str, Any]:
        said = step.verdict
        return {"observed": said.observed, "expected": said.expected, "p_value": said.p_value}

    def _tell(self, incident: int, when: When, note: str) -> None:
        people = [channel for channel in self.channels if channel != KAFKA]
        members = incidents.lock(self.connection, incident) if people else ()
        said = whole(members, silences.active(self.connection, self.now), when)
        if said and (kind := telling.due(said, when, repeats=False)):
            telling.tell(self.connection, said, kind, people, when, note)

    def _fingerprint(self, step: Step) -> str:
        return alerts.fingerprint(self.stream, self.rule.name, *step.key)


def _outdone(step: Step, other: Step | None) -> bool:
    """Whether another step of the incident says as much: the words are those of the worst."""
    return other is not None and RANK[step.severity] <= RANK[other.severity]
