"""E-mail, Slack, Teams, PagerDuty and the like: whatever apprise has an address for."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from bearometer_alerts import notice
from bearometer_alerts.channel import NotDeliveredError
from bearometer_shared.errors import BearometerError
from bearometer_shared.storage.outbox import Notification

DEADLINE_S = 20
CHILD = [sys.executable, "-P", "-m", "bearometer_alerts.apprise_child"]
KINDS = {"watch": "warning", "elevated": "failure", "severe": "failure"}
Payload = Mapping[str, Any]


class AppriseChannel:
    """One message a notification, sent by a child process that is killed at the deadline.

    `{fingerprint}` in the address stands for the alert's, so that a service joins what belongs together:
    `pagerduty://KEY@API?action=map&dedup={fingerprint}` resolves the incident that it opened.
    """

    batch = 1

    def __init__(self, name: str, url: str, *, any_address: bool, deadline_s: int = DEADLINE_S) -> None:
        self.name, self._url, self._any_address, self._deadline_s = name, url, any_address, deadline_s

    def deliver(self, notifications: Sequence[Notification], now: datetime) -> None:
        for notification in notifications:
            if reason := self._send(notification.payload):
                raise NotDeliveredError(" ".join(reason.split())[:300])

    def _send(self, payload: Payload) -> str:
        request = {
            "url": addressed(self._url, payload),
            "title": notice.subject(payload),
            "body": notice.body(payload),
            "kind": _kind(payload),
            "any_address": self._any_address,
            "deadline_s": self._deadline_s,
        }
        try:
            return str(ask(request, self._deadline_s))
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
            raise NotDeliveredError(_why(error, self._deadline_s)) from None  # the original holds the request


def addressed(url: str, payload: Payload) -> str:
    """With the alert's fingerprint where the address asks for it."""
    return url.replace("{fingerprint}", quote(payload["data"].get("fingerprint", "digest"), safe=""))


def known(urls: Sequence[str]) -> list[bool]:
    """Whether apprise can read each address, as far as can be told without sending."""
    try:
        return list(ask({"known": urls}, DEADLINE_S))
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        raise BearometerError(f"apprise: {_why(error, DEADLINE_S)}") from None


def ask(request: Payload, deadline_s: int) -> Any:
    """The child's answer. What it prints to standard error, ours does: a bug in it is loud."""
    done = subprocess.run(  # noqa: S603 - our own module, and the request is no argument
        CHILD,
        input=json.dumps(request),
        stdout=subprocess.PIPE,
        timeout=deadline_s,
        check=True,
        text=True,
        env=_environment(),
    )
    return json.loads(done.stdout)


def _environment() -> dict[str, str]:
    """Without our secrets, and without a proxy: the address that is checked must be the receiver's."""
    ours = ("BEAROMETER_", "APPRISE_")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(ours) and not name.lower().endswith("_proxy")
    }


def _why(error: subprocess.SubprocessError, deadline_s: int) -> str:
    killed = isinstance(error, subprocess.TimeoutExpired) or getattr(error, "returncode", 0) < 0
    return f"took longer than {deadline_s} s" if killed else "the process that sends has failed; see its words above"


def _kind(payload: Payload) -> str:
    """apprise's own kinds, which colour a message, and open or resolve an incident."""
    state = payload["data"].get("state")
    return {"resolved": "success", "test": "info"}.get(state, KINDS[notice.worst(payload)])
