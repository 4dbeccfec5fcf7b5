"""A notification that says that it is a test, whole in every field, so that every channel and receiver can take it."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from bearometer_shared.storage.outbox import Notification
from bearometer_shared.storage.triage import KAFKA
from bearometer_shared.wire import AlertEvent

TEST = "test"


def sample(channel: str, now: datetime) -> Notification:
    """Of no alert: its type, state, stream and fingerprint are `test`."""
    id = uuid4()
    names = {"stream": TEST, "rule": TEST, "dimension": "all", "key": "all", "fingerprint": TEST, "severity": "watch"}
    figures = {"alert_id": 0, "observed": 0, "expected": 0.0, "p_value": 1.0}
    event = AlertEvent.model_validate({"id": str(id), "state": TEST, "at": now, **names, **figures})
    data = event.model_dump(mode="json")
    payload = data if channel == KAFKA else {"type": "alert.test", "timestamp": data["at"], "data": data | _more(data)}
    return Notification(id, payload, now, attempts=0)


def _more(data: dict[str, Any]) -> dict[str, Any]:
    """What people are told besides."""
    evidence = {"since": data["at"], "until": data["at"], "items": 0, "sources": 0, "top": []}
    return {"evidence": evidence, "note": "sent by `bearometer channels test`", "escalation": 0}
