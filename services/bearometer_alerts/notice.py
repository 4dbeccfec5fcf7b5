"""What a person reads: subject and body of a notification, in plain text.

Headlines are strangers' words. Nothing in them is markup to the channels, and no name in them calls anybody: an
invisible space after each @ keeps chat services from taking it for one of their members.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from bearometer_alerts import digest
from bearometer_alerts.rule import RANK
from bearometer_shared.text import about as in_words

HEADLINES = 3
NAMED = 8  # other keys of an incident
Payload = Mapping[str, Any]


def subject(payload: Payload) -> str:
    """One line: how bad, and what about."""
    if payload["type"] == digest.TYPE:
        parts = digest.parts(payload)
        return f"{len(parts)} notifications, the worst {worst(payload)}"
    data = payload["data"]
    if data["state"] == "test":
        return "Test: nothing happened, this tries the channel"
    return f"{_head(data)}: negative news on {about(data)}"


def body(payload: Payload) -> str:
    """What was seen, how unusual it is, the top headlines, and the ids; of a digest, a line for each."""
    if payload["type"] == digest.TYPE:
        return "\n\n".join(map(_brief, digest.parts(payload)))
    data = payload["data"]
    return "\n\n".join(filter(None, ("\n".join(_lines(data)), "\n".join(_headlines(data)), _ids(data))))


def worst(payload: Payload) -> str:
    """The highest severity in a payload."""
    return str(max((part["data"]["severity"] for part in digest.parts(payload)), key=RANK.__getitem__))


def about(data: Payload) -> str:
    return in_words(data["dimension"], _plain(data["key"]))


def _head(data: Payload) -> str:
    severity = str(data["severity"]).capitalize()
    again = f"{severity}, told again ({data['escalation']})" if data["escalation"] else severity
    return "Over" if data["state"] == "resolved" else again


def _brief(payload: Payload) -> str:
    return "\n".join((subject(payload), _seen(payload["data"]), _ids(payload["data"])))


def _lines(data: Payload) -> Iterator[str]:
    evidence = data["evidence"]
    yield _seen(data)
    if others := data.get("others"):
        rest = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        yield f"With it: {', '.join(map(about, others[:NAMED]))}{rest}."
    yield f"From {_time(evidence['since'])} to {_time(evidence['until'])} UTC, {evidence['sources']} sources."
    if data["state"] != "firing" or data["escalation"]:  # else it says again what the first line says
        yield _plain(data["note"])


def _seen(data: Payload) -> str:
    chance = f"{data['p_value']:.1g}".replace("e-0", "e-")
    return f"{data['observed']} negative, {data['expected']:.2g} expected, p {chance}"


def _headlines(data: Payload) -> Iterator[str]:
    for place, story in enumerate(data["evidence"]["top"][:HEADLINES], 1):
        yield f"{place}. {_plain(story['title'])}"
        yield "   " + " ".join(filter(None, (_plain(story["source"]), story["url"].replace("@", "%40"))))


def _ids(data: Payload) -> str:
    return f"Alert {data['alert_id']}, stream {data['stream']}, rule {data['rule']}, notification {data['id']}"


def _plain(text: str) -> str:
    return " ".join(text.replace("@", "@\u200b").split())


def _time(iso: str) -> str:
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d %H:%M}"
