"""Writes what a detector did in one transaction: alerts with evidence and history, and the notifications of them.

Programs hear of every step on the topic `alerts`; people of what they do not know yet (`telling`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from bearometer_alerts import card, flapping, metrics, telling
from bearometer_alerts.detector import Step
from bearometer_alerts.rule import Rule
from bearometer_shared.storage import alerts, silences, triage
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

    def write(self, step: Step, at: datetime) -> None:
        """Stores a step that was taken `at` an event time, and queues its notifications."""
        taken = self._resolve(step, at) if step.phase == "resolved" else self._rise(step, at)
        if taken is None:  # a person has closed it meanwhile
            return
        id, name = taken
        alert, note, when = alerts.lock(self.connection, id) or {}, card.sentence(step), When(at, self.now)
        seen = {"severity": step.severity, **self._figures(step)}
        triage.announce(self.connection, alert | seen, name, when, actor=DETECTOR, note=note)
        self._tell(alert, when, note)
        metrics.STEPS.labels(name).inc()

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
        window = step.verdict.minutes or self.rule.window
        evidence = card.evidence_of(self.connection, self.stream, step, window, self.rule)
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

    def _figures(self, step: Step) -> dict[str, Any]:
        said = step.verdict
        return {"observed": said.observed, "expected": said.expected, "p_value": said.p_value}

    def _tell(self, alert: telling.Alert, when: When, note: str) -> None:
        people = [channel for channel in self.channels if channel != KAFKA]
        quiet = not people or silences.silenced(alert, silences.active(self.connection, self.now))
        if kind := telling.due(alert, when, silenced=quiet, repeats=False):
            telling.tell(self.connection, alert, kind, people, when, note)

    def _fingerprint(self, step: Step) -> str:
        return alerts.fingerprint(self.stream, self.rule.name, *step.key)
