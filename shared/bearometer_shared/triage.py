"""What people do with an alert: which step may be taken when, and what it changes. Pure.

Whether an alert goes on (pending, firing, resolved) is the detector's to say, until a person resolves or reopens it.
Everything else that people do stands beside that: an alert may be firing, acknowledged and assigned at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from bearometer_shared.errors import UserError

Action = Literal["acknowledge", "assign", "snooze", "note", "verdict", "resolve", "reopen"]
Verdict = Literal["true", "false", "not_useful"]
Alert = Mapping[str, Any]
Changes = dict[str, Any]

OPEN = frozenset({"pending", "firing"})
OVER = frozenset({"resolved"})


class WrongMoveError(UserError):
    """A step that an alert does not allow as it stands. The API answers 409."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks for. `note` says why; of a verdict it is the reason. No `assignee`: nobody's any more."""

    action: Action
    actor: str
    note: str = ""
    assignee: str = ""
    until: datetime | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class When:
    """A time twice: in the event time of the alert's stream, and on the wall."""

    event: datetime
    wall: datetime


@dataclass(frozen=True, slots=True)
class Move:
    """A row of the table: the step's name in the history, of which alerts it may be taken, and what it changes."""

    step: str
    of: frozenset[str]
    changes: Callable[[Alert, Ask, When], Changes]


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that may be taken: its name and words for the history, and the columns that change."""

    step: str
    words: str
    changes: Changes


def _acknowledge(alert: Alert, ask: Ask, at: When) -> Changes:
    if alert["acknowledged_by"]:
        raise WrongMoveError(f"alert {alert['id']} is acknowledged already, by {alert['acknowledged_by']}")
    return {"acknowledged_at": at.wall, "acknowledged_by": ask.actor}


def _assign(alert: Alert, ask: Ask, at: When) -> Changes:
    return {"assignee": ask.assignee or None}


def _snooze(alert: Alert, ask: Ask, at: When) -> Changes:
    if ask.until is None or ask.until <= at.wall:
        raise WrongMoveError("until: an alert is snoozed until a time that is still to come")
    return {"snoozed_until": ask.until}


def _verdict(alert: Alert, ask: Ask, at: When) -> Changes:
    said = {"verdict": ask.verdict, "verdict_reason": ask.note}
    return said | {"verdict_by": ask.actor, "verdict_at": at.wall}


def _resolve(alert: Alert, ask: Ask, at: When) -> Changes:
    return {"state": "resolved", "resolved_at": at.event, "resolved_by": ask.actor, "snoozed_until": None}


def _reopen(alert: Alert, ask: Ask, at: When) -> Changes:
    """It asks for attention again: whoever acknowledged it thought that it was over."""
    gone = ("resolved_at", "resolved_by", "acknowledged_at", "acknowledged_by", "snoozed_until")
    return {"state": "firing" if alert["fired_at"] else "pending", **dict.fromkeys(gone)}


def _nothing(alert: Alert, ask: Ask, at: When) -> Changes:
    return {}


MOVES: Mapping[Action, Move] = {
    "acknowledge": Move("acknowledged", OPEN, _acknowledge),
    "assign": Move("assigned", OPEN, _assign),
    "snooze": Move("snoozed", OPEN, _snooze),
    "note": Move("noted", OPEN | OVER, _nothing),
    "verdict": Move("judged", OPEN | OVER, _verdict),
    "resolve": Move("resolved", OPEN, _resolve),
    "reopen": Move("reopened", OVER, _reopen),
}


def take(alert: Alert, ask: Ask, at: When) -> Taken:
    """The step that somebody asks for, of an alert's row as it stands. Raises WrongMoveError, which says why not."""
    move = MOVES[ask.action]
    if alert["state"] not in move.of:
        raise WrongMoveError(f"alert {alert['id']} is {alert['state']}: no {ask.action} now")
    return Taken(move.step, _words(ask), move.changes(alert, ask, at))


def _words(ask: Ask) -> str:
    until = f"until {ask.until:%Y-%m-%d %H:%M %Z}" if ask.until else ""
    said = {"assign": f"to {ask.assignee or 'nobody'}", "snooze": until, "verdict": str(ask.verdict)}
    return ": ".join(filter(None, (said.get(ask.action), ask.note)))
