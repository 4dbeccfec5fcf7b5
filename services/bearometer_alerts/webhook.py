"""A signed webhook (Standard Webhooks): one POST a notification, within ten seconds, to a checked address."""

import asyncio
import binascii
import json
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime

import httpx2
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from bearometer_alerts.channel import GoneError, NotDeliveredError
from bearometer_shared.addresses import is_public
from bearometer_shared.errors import UserError
from bearometer_shared.settings import Settings
from bearometer_shared.storage.outbox import Notification

TIMEOUT_S = 10.0
GONE = 410


class WebhookChannel:
    """POSTs to `webhook_url`. Redirects are not followed, answers not read: only the status counts."""

    name = "webhook"
    batch = 1

    def __init__(self, settings: Settings) -> None:
        self._url, self._sign = _url(settings), _signer(settings)
        self._any_address = settings.allow_private_addresses
        self._tls = ssl.create_default_context()

    def deliver(self, notifications: Sequence[Notification], now: datetime) -> None:
        """Raises GoneError for 410, NotDeliveredError for whatever else is not 2xx."""
        for notification in notifications:
            status = self._post(notification, now)
            if status == GONE:
                raise GoneError("the receiver answered 410 Gone")
            if not 200 <= status < 300:
                raise NotDeliveredError(f"HTTP status {status}")

    def _post(self, notification: Notification, now: datetime) -> int:
        body = json.dumps(notification.payload, sort_keys=True, separators=(",", ":"))
        id = str(notification.id)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Bearometer",
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._sign.sign(id, now, body),
        }
        try:
            return asyncio.run(self._send(body, headers))
        except TimeoutError as error:
            raise NotDeliveredError(f"took longer than {TIMEOUT_S:g} s") from error
        except (httpx2.HTTPError, OSError, UnicodeError) as error:
            raise NotDeliveredError(f"{type(error).__name__}: {error}") from error

    async def _send(self, body: str, headers: dict[str, str]) -> int:
        """The status. The deadline is one over all: a receiver that trickles bytes gains nothing."""
        async with asyncio.timeout(TIMEOUT_S), httpx2.AsyncClient(verify=self._tls, trust_env=False) as client:
            address = await self._address()
            named = headers | {"Host": self._url.netloc.decode("ascii")}
            target = self._url.copy_with(host=address)
            tls_name = {"sni_hostname": self._url.raw_host.decode("ascii")}
            async with client.stream("POST", target, content=body, headers=named, extensions=tls_name) as response:
                return response.status_code

    async def _address(self) -> str:
        """The very address that is connected to, checked: a name that resolves differently later gains nothing."""
        host, port = self._url.raw_host.decode("ascii"), self._url.port or (443 if self._url.scheme == "https" else 80)
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [str(entry[4][0]) for entry in found]
        refused = [address for address in addresses if not is_public(address)]
        if refused and not self._any_address:
            raise NotDeliveredError(f"{host} is at {refused[0]}, which is not a public address")
        return addresses[0]


def _url(settings: Settings) -> httpx2.URL:
    try:
        url = httpx2.URL(settings.webhook_url or "")
    except httpx2.InvalidURL as error:
        raise UserError(f"BEAROMETER_WEBHOOK_URL: {error}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise UserError("BEAROMETER_WEBHOOK_URL: not an http or https address")
    return url


def _signer(settings: Settings) -> Webhook:
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    try:
        return Webhook(secret)
    except (EmptyWebhookSecretError, binascii.Error) as error:
        raise UserError("BEAROMETER_WEBHOOK_SECRET: needed with a webhook, as whsec_ and base64") from error
