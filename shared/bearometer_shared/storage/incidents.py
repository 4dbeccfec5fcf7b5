"""Incidents: alerts of one stream, rule and model version that move together. Each has the id of its head."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select, text, tuple_

from bearometer_shared.storage.alert_tables import Alert
from bearometer_shared.storage.news_tables import Trend

Key = tuple[str, str]  # dimension, key
Row = dict[str, Any]
_FIGURES = ("observed", "expected", "p_value", "severity", "state", "acknowledged_by")
_MEMBER = [getattr(Alert, name) for name in ("id", "dimension", "key", "fired_at", "resolved_at", *_FIGURES)]
_WHOSE = (Alert.incident, Alert.stream, Alert.rule, Alert.model_version)
_WORST = {"watch": 1, "elevated": 2, "severe": 3}

_COMMON = """
    SELECT dimension, key, count(*) FROM story_keys
    WHERE stream = :stream AND story = ANY(:stories) AND negative_minute >= :since AND negative_minute < :until
    GROUP BY dimension, key
"""


def firing(connection: Connection, alert: Mapping[str, Any]) -> dict[Key, int]:
    """The keys that fire beside an alert, of the same stream, rule and model version, with their incidents."""
    query = select(Alert.dimension, Alert.key, Alert.incident).where(Alert.state == "firing", Alert.id != alert["id"])
    query = query.where(*(getattr(Alert, name) == alert[name] for name in ("stream", "rule", "model_version")))
    rows = connection.execute(query)
    return {(row.dimension, row.key): int(row.incident) for row in rows if row.incident}


def alike(
    connection: Connection,
    stream: str,
    keys: Collection[Key],
    stories: Collection[str],
    since: datetime,
    until: datetime,
) -> dict[Key, tuple[int, int]]:
    """By key: how many negative stories it has from `since` to before `until`, and how many are among `stories`."""
    window = {"stream": stream, "stories": list(stories), "since": since, "until": until}
    common = {(row[0], row[1]): row[2] for row in connection.execute(text(_COMMON), window)}
    shared = [key for key in keys if key in common]
    query = select(Trend.dimension, Trend.key, func.sum(Trend.negative_stories)).group_by(Trend.dimension, Trend.key)
    query = query.where(Trend.stream == stream, tuple_(Trend.dimension, Trend.key).in_(shared))
    rows = connection.execute(query.where(Trend.minute >= since, Trend.minute < until))
    return {(dimension, key): (int(size), common[dimension, key]) for dimension, key, size in rows}


def lock(connection: Connection, id: int, *, skip: bool = False) -> list[Row]:
    """Its alerts with every column, oldest first, locked for this transaction; of those that another holds and that we
    `skip`, none at all.
    """
    query = select(*Alert.__table__.c).where(Alert.incident == id).order_by(Alert.id)
    rows = connection.execute(query.with_for_update(skip_locked=skip)).mappings().all()
    whole = connection.execute(select(func.count()).where(Alert.incident == id)).scalar_one()
    return [dict(row) for row in rows] if len(rows) == whole else []


def listing(
    connection: Connection,
    stream: str | None = None,
    states: Sequence[str] | None = None,
    limit: int = 50,
    before_id: int | None = None,
) -> list[Row]:
    """Incidents, newest first, older than `before_id`; whatever is None narrows nothing."""
    state = func.min(Alert.state)  # firing, pending, resolved: in the order of the alphabet, and of what it is
    query = select(Alert.incident).where(Alert.incident.is_not(None)).group_by(Alert.incident)
    query = query.where(Alert.stream == stream) if stream is not None else query
    query = query.having(state.in_(states)) if states is not None else query
    query = query.where(Alert.incident < before_id) if before_id is not None else query
    newest = connection.execute(query.order_by(Alert.incident.desc()).limit(limit)).scalars()
    return _read(connection, [id for id in newest if id])


def get(connection: Connection, id: int) -> Row | None:
    """One incident; None where there is none."""
    return next(iter(_read(connection, [id])), None)


def _read(connection: Connection, ids: Collection[int]) -> list[Row]:
    query = select(*_WHOSE, *_MEMBER).where(Alert.incident.in_(ids)).order_by(Alert.id)
    found: dict[int, list[Row]] = {id: [] for id in ids}
    for row in connection.execute(query).mappings():
        found[row["incident"]].append(dict(row))
    return [_whole(id, rows) for id, rows in found.items() if rows]


def _whole(id: int, rows: Sequence[Row]) -> Row:
    """Its head first among the members. It is as severe as the worst that is open, and over when all are."""
    members = [{column.key: row[column.key] for column in _MEMBER} for row in rows]
    members.sort(key=lambda member: (member["id"] != id, member["fired_at"], member["id"]))
    opened = [member for member in members if member["state"] != "resolved"]
    return {
        "id": id,
        **{name: rows[0][name] for name in ("stream", "rule", "model_version")},
        "state": min(member["state"] for member in members),
        "severity": max((member["severity"] for member in opened or members), key=_WORST.__getitem__),
        "from": min(member["fired_at"] for member in members),
        "to": None if opened else max(member["resolved_at"] for member in members),
        "head": members[0],
        "members": members,
    }
