"""An incident as one thing that people hear of. Pure.

It is its head's row, as severe as the worst member that fires and may be told. A member that is silenced or snoozed
says nothing; where the head is, the next speaks in its place. It is over when all members are, and have stayed so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bearometer_alerts import flapping
from bearometer_alerts.rule import RANK
from bearometer_shared.storage import silences
from bearometer_shared.triage import When

Alert = Mapping[str, Any]
HEARD = ("told", "told_at", "tellings", "escalation")


def whole(members: Sequence[Alert], quiet: Iterable[Alert], at: When) -> dict[str, Any] | None:
    """Of rows with every column, by id, and the silences that hold; None while there is nothing to say.

    `others` are the keys beside the one that speaks.
    """
    head = next((one for one in members if one["id"] == one["incident"]), None)
    heard = [one for one in members if not _asleep(one, at) and not silences.silenced(one, quiet)]
    firing = [one for one in heard if one["state"] == "firing"]
    over = all(one["state"] == "resolved" and flapping.settled(one, at.event) for one in members)
    if head is None or not (firing or (over and heard)):
        return None
    speaker = head if head in heard else (firing or heard)[0]
    return {
        **speaker,
        **{name: head[name] for name in HEARD},
        "state": "resolved" if over else "firing",
        "severity": max((one["severity"] for one in firing or heard), key=RANK.__getitem__),
        "acknowledged_at": max((one["acknowledged_at"] for one in members if one["acknowledged_at"]), default=None),
        "others": [_named(one) for one in members if one["id"] != speaker["id"]],
    }


def _asleep(alert: Alert, at: When) -> bool:
    return alert["snoozed_until"] is not None and alert["snoozed_until"] > at.wall


def _named(alert: Alert) -> dict[str, Any]:
    names = {"alert_id": alert["id"]}
    return names | {name: alert[name] for name in ("dimension", "key", "severity", "state")}
