"""Several notifications as one message, with each of them whole inside."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from bearometer_shared.storage.outbox import Notification

MOST = 50  # notifications in a message, with evidence of some 15 kB each: below the megabyte that servers take
TYPE = "alert.digest"
_NAMES = UUID("5f1d9a52-0c0e-4c0b-9a43-2a5d0f2f8f61")  # any fixed one
Payload = Mapping[str, Any]


def merge(notifications: Sequence[Notification]) -> Notification:
    """One message of all; a single one stays as it is. The same notifications make the same id."""
    if len(notifications) == 1:
        return notifications[0]
    ids = [str(notification.id) for notification in notifications]
    whole = [notification.payload for notification in notifications]
    id, first, newest = uuid5(_NAMES, " ".join(ids)), notifications[0], notifications[-1]
    data = {"id": str(id), "ids": ids, "notifications": whole}
    payload = {"type": TYPE, "timestamp": newest.payload["timestamp"], "data": data}
    return Notification(id, payload, first.created_at, first.attempts)


def parts(payload: Payload) -> list[Payload]:
    """The payloads inside, of what is no digest itself."""
    return list(payload["data"]["notifications"]) if payload["type"] == TYPE else [payload]
