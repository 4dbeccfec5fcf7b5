"""A signed webhook (Standard Webhooks): one POST a notification."""

import binascii
import json
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from bearometer_alerts.posting import Poster
from bearometer_shared.storage.outbox import Notification


class WebhookChannel:
    """The payload as JSON. `webhook-id` is the notification's id, the same on every attempt."""

    batch = 1

    def __init__(self, name: str, poster: Poster, secret: str) -> None:
        self.name, self._poster, self._sign = name, poster, signer(secret)

    def deliver(self, notifications: Sequence[Notification], now: datetime) -> None:
        for notification in notifications:
            body = json.dumps(notification.payload, sort_keys=True, separators=(",", ":"))
            self._poster.post(body, self._headers(str(notification.id), body, now))

    def _headers(self, id: str, body: str, now: datetime) -> dict[str, str]:
        signature = self._sign.sign(id, now, body)
        return {"webhook-id": id, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}


def signer(secret: str) -> Webhook:
    """Raises ValueError for what is no secret of a webhook, without repeating it."""
    try:
        return Webhook(secret)
    except (EmptyWebhookSecretError, binascii.Error) as error:
        raise ValueError("needed with a webhook, as whsec_ and base64") from error
