"""Baselines of a new model version, learned from history as it tells it. A swap then neither fakes nor hides a spike.

What is open stays open: an alert's life is the story's, not the model's. What a window holds already is counted anew.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from bearometer_alerts import kinds, times
from bearometer_alerts.memory import KeyMemory
from bearometer_alerts.panel import HISTORY, Read
from bearometer_alerts.rule import Rule
from bearometer_alerts.usual import STREAM, Key
from bearometer_shared.storage import baselines, restated

ENOUGH = 1000  # items told; of a smaller stream all must be
SEEN = ("since", "quiet", "disturbed")  # minutes of a life
State = dict[str, Any]


def enough(connection: Connection, stream: str, version: str, at: datetime) -> bool:
    """Whether the version has told so much of the days before that baselines can be learned from it."""
    said, items = restated.progress(connection, version, stream, at - HISTORY, at)
    return said >= min(items, ENOUGH) > 0


def rebase(connection: Connection, stream: str, at: datetime, in_force: Sequence[Rule], read: Read) -> None:
    """Replaces what the rules remember of a stream by what they learn from the minutes that `read` gives."""
    for rule in in_force:
        old = baselines.load(connection, stream, rule.name)
        new = kinds.learned(rule, read(at - HISTORY, at), times.number(at - HISTORY), times.number(at))
        forgotten: dict[Key, State | None] = dict.fromkeys(old)
        baselines.save(connection, stream, rule.name, forgotten | new | _lives(old, new), at)


def put_back(connection: Connection, stream: str, at: datetime, in_force: Sequence[Rule], read: Read) -> None:
    """After a clock that had jumped ahead has come back: the rules stand at a minute again that they were past."""
    rebase(connection, stream, at, in_force, read)
    for rule in in_force:
        states = baselines.load(connection, stream, rule.name)
        lived = {key: _lived(state, times.number(at)) for key, state in states.items() if key != STREAM}
        baselines.save(connection, stream, rule.name, lived, at)


def _lived(state: State, to: int) -> State:
    """What an alert's life saw after a minute was silence that never was."""
    return state | {"life": state["life"] | {name: min(state["life"][name], to) for name in SEEN}}


def _lives(old: dict[Key, State], new: dict[Key, State]) -> dict[Key, State]:
    """The keys with an alert that is open, or was lately: with its life."""
    lives = {key: state["life"] for key, state in old.items() if key != STREAM}
    kept = {key for key, life in lives.items() if key in new or life["phase"]}
    return {key: new.get(key, KeyMemory().dump()) | {"life": lives[key]} for key in kept}
