"""Notifications as the alert service queues them for people."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from bearometer_shared.storage.outbox import Notification

AT = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
STORY = {"title": "Corwen shares fall 45%", "source": "Harbor", "url": "https://example.com/a1"}
EVIDENCE = {"since": "2026-03-02T05:30:00Z", "until": "2026-03-02T06:30:00Z", "sources": 4, "top": [STORY]}


def payload(id: UUID, state: str = "firing", **changes: Any) -> dict[str, Any]:
    said = {
        "id": str(id),
        "alert_id": 12,
        "fingerprint": "live/spike/ticker/CRWB",
        "stream": "live",
        "rule": "spike",
        "dimension": "ticker",
        "key": "CRWB",
        "state": state,
        "at": AT.isoformat(),
        "severity": "elevated",
        "observed": 14,
        "expected": 1.8,
        "p_value": 2e-7,
        "evidence": EVIDENCE,
        "note": "elevated: 14 negative",
        "escalation": 0,
    }
    return {"type": f"alert.{state}", "timestamp": AT.isoformat(), "data": said | changes}


def notification(at: datetime = AT, state: str = "firing", **changes: Any) -> Notification:
    id = uuid4()
    return Notification(id, payload(id, state, **changes), at, attempts=0)
