"""Prometheus Alertmanager, API v2: `POST /api/v2/alerts` (its OpenAPI description, `postableAlerts`).

It forgets an alert that nobody sends again within five minutes, unless the alert says when it ends. What fires ends
in three days here, as long as its resolution is tried for. Severity is a label, for routing there, and labels are an
alert's identity: so each notification ends the same alert at the other levels.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bearometer_alerts import digest, notice
from bearometer_alerts.posting import Poster
from bearometer_alerts.rule import LEVELS
from bearometer_shared.storage.outbox import Notification

PATH = "/api/v2/alerts"
FIRES_FOR = {"firing": timedelta(days=3), "test": timedelta(minutes=1)}
Payload = Mapping[str, Any]


class AlertmanagerChannel:
    """One POST a notification. `token` is a bearer token, empty where none is asked for."""

    batch = 1

    def __init__(self, name: str, poster: Poster, token: str = "") -> None:
        self.name, self._poster = name, poster
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def deliver(self, notifications: Sequence[Notification], now: datetime) -> None:
        for notification in notifications:
            alerts = [alert for payload in digest.parts(notification.payload) for alert in _alerts(payload, now)]
            self._poster.post(json.dumps(alerts), self._headers)


def _alerts(payload: Payload, now: datetime) -> Iterator[dict[str, Any]]:
    """The alert at every level, of which at most one fires."""
    data = payload["data"]
    at = min(datetime.fromisoformat(data["at"]), now)
    for level in LEVELS:
        lasts = FIRES_FOR.get(data["state"]) if level == data["severity"] else None
        begins = {"startsAt": at.isoformat()} if lasts else {}  # what ends has begun before: it is not said anew
        ends = now + lasts if lasts else at
        yield {
            "labels": _labels(data, level),
            "annotations": _annotations(payload),
            "endsAt": ends.isoformat(),
            **begins,
        }


def _labels(data: Payload, level: str) -> dict[str, str]:
    named = {name: str(data[name]) for name in ("stream", "dimension", "key")}
    return {"alertname": f"bearometer_{data['rule']}", "severity": level, **named}


def _annotations(payload: Payload) -> dict[str, str]:
    data = payload["data"]
    told = {"summary": notice.subject(payload), "description": notice.body(payload)}
    return told | {"alert_id": str(data["alert_id"]), "notification_id": data["id"]}
