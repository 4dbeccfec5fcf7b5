"""Sends one message through apprise, in a process of its own: `python -m bearometer_alerts.apprise_child`.

apprise speaks to more than a hundred services, each in a way of its own. Here every connection that any of them opens
is checked by address, and whatever hangs ends with the process. The request comes by standard input, because a list of
processes would show an argument, and an address holds secrets; the answer is why it failed, or nothing.
"""

import json
import logging
import os
import signal
import sys
from typing import Any

import apprise

from bearometer_shared.addresses import is_public

CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
Request = dict[str, Any]


def answer(request: Request) -> Any:
    """To `known`: whether apprise can read each address. Else why a message was not sent; empty where it was."""
    if "known" in request:
        return [_service(url) is not None for url in request["known"]]
    signal.alarm(request["deadline_s"])  # ends this process even where the one that asked is gone
    refused: list[str] = []
    if not request["any_address"]:
        sys.addaudithook(lambda event, arguments: _check(arguments[1], refused) if event in CONNECTS else None)
    return _send(request, refused)


def _send(request: Request, refused: list[str]) -> str:
    sender = apprise.Apprise()
    if (service := _service(request["url"])) is None:
        return "apprise does not know such an address"
    sender.add(service)
    text = apprise.NotifyFormat.TEXT  # strangers' words: apprise escapes what a service would take for markup
    sent = sender.notify(request["body"], request["title"], request["kind"], body_format=text)
    return "" if sent else "; ".join([*refused, *(entry.message for entry in sent.logs())]) or "not taken"


def _service(url: str) -> apprise.NotifyBase | None:
    """With no picture from elsewhere, no redirect, and no `:word:` made an emoji; what is too long goes in pieces."""
    asset = apprise.AppriseAsset(
        app_id="Bearometer",
        app_desc="Bearometer",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        http_redirects=False,
        interpret_emojis=False,
    )
    service = apprise.Apprise.instantiate(url, asset=asset)
    if service is not None and service.overflow_mode == apprise.OverflowMode.UPSTREAM:
        service.overflow_mode = apprise.OverflowMode.SPLIT
    return service


def _check(address: Any, refused: list[str]) -> None:
    """Of the very address that is connected to. A name here, a Unix socket and the like are no public addresses."""
    if address is None:  # the socket was connected before
        return
    host = str(address[0]) if isinstance(address, tuple) else "a local socket"
    try:
        public = is_public(host)
    except ValueError:
        public = False
    if not public:
        refused[:] = [f"{host} is not a public address"]
        raise PermissionError(refused[0])


if __name__ == "__main__":
    logging.getLogger("apprise").addHandler(logging.NullHandler())  # else Python prints its warnings, with addresses
    said = json.dumps(answer(json.load(sys.stdin)))
    sys.stdout.write(said)
    sys.stdout.flush()
    os._exit(0)  # not waiting for threads of theirs
