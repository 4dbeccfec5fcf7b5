"""Silences: which alerts people shall not hear of for a while, by whom and why. None is ever removed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, false, func, insert, or_, select, update

from bearometer_shared.errors import UserError
from bearometer_shared.storage.alert_tables import Silence
from bearometer_shared.storage.session import wake

MATCHERS = ("stream", "rule", "dimension", "key", "severity")
ANY = "*"
State = Literal["pending", "active", "expired"]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewSilence:
    """A silence to begin. Patterns are exact, or globs. Raises UserError for one that matches
    everything, lasts for no time, or is nobody's.
    """

    author: str
    reason: str
    starts_at: datetime
    expires_at: datetime
    stream: str = ANY
    rule: str = ANY
    dimension: str = ANY
    key: str = ANY
    severity: str = ANY

    def __post_init__(self) -> None:
        if not (self.author and self.reason):
            raise UserError("a silence needs an author and a reason")
        if all(getattr(self, name) == ANY for name in MATCHERS):
            raise UserError(f"a silence must name at least one of {', '.join(MATCHERS)}")
        if self.expires_at <= self.starts_at:
            raise UserError("expires_at: not after starts_at")


def add(connection: Connection, silence: NewSilence, now: datetime) -> Row:
    """Stores a silence and returns it. Raises UserError for one that is over already."""
    if silence.expires_at <= now:
        raise UserError("expires_at: already past")
    new = insert(Silence).values(**asdict(silence), created_at=now).returning(*Silence.__table__.c)
    row = dict(connection.execute(new).mappings().one())
    wake(connection)
    return row


def expire(connection: Connection, id: int, now: datetime) -> Row | None:
    """Ends a silence now, one that has not begun yet too. None where it is over, or no such one."""
    ending = update(Silence).where(Silence.id == id, Silence.expires_at > now)
    values = {"starts_at": func.least(Silence.starts_at, now), "expires_at": now}
    row = connection.execute(ending.values(**values).returning(*Silence.__table__.c)).mappings().first()
    wake(connection)
    return dict(row) if row else None


def get(connection: Connection, id: int) -> Row | None:
    row = connection.execute(select(*Silence.__table__.c).where(Silence.id == id)).mappings().first()
    return dict(row) if row else None


def listing(
    connection: Connection, now: datetime, states: Sequence[State], limit: int, before_id: int | None = None
) -> list[Row]:
    """Silences in these states, newest first, older than `before_id`."""
    query = select(*Silence.__table__.c).where(or_(false(), *(_in(state, now) for state in states)))
    query = query.where(Silence.id < before_id) if before_id is not None else query
    rows = connection.execute(query.order_by(Silence.id.desc()).limit(limit)).mappings()
    return [dict(row) for row in rows]


def active(connection: Connection, now: datetime) -> list[Row]:
    """Those that hold now."""
    rows = connection.execute(select(*Silence.__table__.c).where(_in("active", now))).mappings()
    return [dict(row) for row in rows]


def state(silence: Mapping[str, Any], now: datetime) -> State:
    """Whether a silence is still to come, holds, or is over."""
    if silence["expires_at"] <= now:
        return "expired"
    return "active" if silence["starts_at"] <= now else "pending"


def silenced(alert: Mapping[str, Any], silences: Iterable[Mapping[str, Any]]) -> bool:
    """Whether one of them matches an alert in every field."""
    return any(all(_matches(silence[name], alert[name]) for name in MATCHERS) for silence in silences)


def _matches(pattern: str, value: str) -> bool:
    """A name with brackets in it still matches itself."""
    return pattern == value or fnmatchcase(value, pattern)


def _in(state: State, now: datetime) -> ColumnElement[bool]:
    begun, over = Silence.starts_at <= now, Silence.expires_at <= now
    return {"pending": ~begun & ~over, "active": begun & ~over, "expired": over}[state]
