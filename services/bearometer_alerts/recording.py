"""Writes what a detector did in one transaction: alerts with evidence and history, and the notifications of them.

Programs hear of every step on the topic `alerts`; people, by webhook, of an alert that fires, gets worse, or is over.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Connection

from bearometer_alerts import card, metrics
from bearometer_alerts.detector import Step
from bearometer_alerts.rule import Rule
from bearometer_shared.storage import alerts, outbox
from bearometer_shared.storage.alerts import Raised
from bearometer_shared.wire import AlertEvent

ACTOR = "detector"
KAFKA, WEBHOOK = "kafka", "webhook"


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
        evidence = {} if step.phase == "resolved" else self._evidence(step)
        alert_id = self._alert(step, at, evidence)
        if alert_id is None:  # a person has closed it meanwhile
            return
        note = card.sentence(step)
        alerts.record(self.connection, alert_id, step.phase, at, self.now, actor=ACTOR, note=note)
        for channel in self.channels:
            if channel == KAFKA or step.fired:
                self._queue(channel, self._event(step, alert_id, at), evidence)
        metrics.STEPS.labels(step.phase).inc()

    def _evidence(self, step: Step) -> dict[str, Any]:
        return card.evidence_of(self.connection, self.stream, step, self.rule.window)

    def _alert(self, step: Step, at: datetime, evidence: dict[str, Any]) -> int | None:
        if step.phase == "resolved":
            return alerts.resolve(self.connection, self._fingerprint(step), at, self.now)
        said, models = step.verdict, ", ".join(evidence["model_versions"])
        raised = Raised(
            stream=self.stream,
            rule=self.rule.name,
            dimension=step.key[0],
            key=step.key[1],
            severity=step.severity,
            observed=said.observed,
            expected=said.expected,
            p_value=said.p_value,
            model_version=models,
            evidence=evidence,
        )
        return alerts.raise_(self.connection, raised, step.phase, at, self.now)

    def _event(self, step: Step, alert_id: int, at: datetime) -> AlertEvent:
        return AlertEvent(
            id=str(uuid4()),
            alert_id=alert_id,
            fingerprint=self._fingerprint(step),
            stream=self.stream,
            rule=self.rule.name,
            dimension=step.key[0],
            key=step.key[1],
            state=step.phase,
            at=at,
            severity=step.severity,
            observed=step.verdict.observed,
            expected=step.verdict.expected,
            p_value=step.verdict.p_value,
        )

    def _queue(self, channel: str, event: AlertEvent, evidence: dict[str, Any]) -> None:
        """A webhook's payload has the form that Standard Webhooks proposes: type, timestamp, data."""
        payload = event.model_dump(mode="json")
        if channel == WEBHOOK:
            data = payload | {"evidence": evidence}
            payload = {"type": f"alert.{event.state}", "timestamp": payload["at"], "data": data}
        outbox.add(self.connection, UUID(event.id), event.alert_id, channel, payload, self.now)

    def _fingerprint(self, step: Step) -> str:
        return alerts.fingerprint(self.stream, self.rule.name, *step.key)
