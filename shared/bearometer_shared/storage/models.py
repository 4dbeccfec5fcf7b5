"""The model registry: versions, the champion pointer with its history, and which scorer serves what."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, select, text
from sqlalchemy.dialects.postgresql import insert

from bearometer_shared.errors import UserError
from bearometer_shared.inference.artifact import Manifest
from bearometer_shared.storage.learning_tables import ModelVersion, Promotion, Server
from bearometer_shared.storage.session import wake

POINTER_LOCK = 7_203_332  # any fixed number: promotions queue up, so that the newest row is the last word


@dataclass(frozen=True, slots=True)
class Champion:
    """The version that scorers must serve, where it lies in the artifact store, and since when."""

    version: str
    location: str
    since: datetime


def champion(connection: Connection) -> Champion | None:
    """The newest promotion; None before the first."""
    pointer = select(Promotion.version, ModelVersion.location, Promotion.at).join(
        ModelVersion, ModelVersion.version == Promotion.version
    )
    row = connection.execute(pointer.order_by(Promotion.id.desc()).limit(1)).first()
    return Champion(*row) if row else None


def register(connection: Connection, manifest: Manifest, location: str, run_id: int | None = None) -> None:
    """Notes a sealed artifact that lies in the store. A version that is known stays as it is; it may serve again where
    its files had been removed."""
    row = {
        "version": manifest.version,
        "parent": manifest.parent,
        "location": location,
        "manifest": manifest.model_dump(mode="json"),
        "run_id": run_id,
        "created_at": manifest.created_at,
    }
    new = insert(ModelVersion).values(row)
    connection.execute(new.on_conflict_do_update(index_elements=[ModelVersion.version], set_={"pruned_at": None}))


def promote(
    connection: Connection, version: str, *, actor: str, reason: str, run_id: int | None = None, at: datetime
) -> bool:
    """Moves the champion pointer. False where nothing moved: that run promoted before, or it is the champion.

    Raises UserError for a version that is not registered, or whose files were removed.
    """
    hold_pointer(connection)
    row = get(connection, version)
    if row is None:
        raise UserError(f"no model version {version}; `bearometer models list` shows them")
    if row["pruned_at"]:
        raise UserError(f"model {version}: its files were removed on {row['pruned_at']:%Y-%m-%d}; import them first")
    now = champion(connection)
    if now and now.version == version:
        return False
    row = {"version": version, "previous": now and now.version, "at": at, "actor": actor, "reason": reason}
    inserted = insert(Promotion).values(row | {"run_id": run_id}).on_conflict_do_nothing().returning(Promotion.id)
    moved = connection.execute(inserted).first() is not None
    wake(connection)
    return moved


def hold_pointer(connection: Connection) -> None:
    """Has others wait with promotions until this transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": POINTER_LOCK})


def previous(connection: Connection) -> str | None:
    """What served before the champion: where a rollback goes."""
    return connection.execute(select(Promotion.previous).order_by(Promotion.id.desc()).limit(1)).scalar()


def get(connection: Connection, version: str) -> dict[str, Any] | None:
    """A registered version: its row, and its promotions, newest first."""
    row = (
        connection.execute(select(*ModelVersion.__table__.c).where(ModelVersion.version == version)).mappings().first()
    )
    if row is None:
        return None
    moves = select(*Promotion.__table__.c).where(Promotion.version == version).order_by(Promotion.id.desc())
    return dict(row) | {"promotions": [dict(move) for move in connection.execute(moves).mappings()]}


def lineage(connection: Connection, version: str) -> list[str]:
    """A version, what it was trained further from, and so on to the first that is registered."""
    rows = connection.execute(select(ModelVersion.version, ModelVersion.parent))
    parents: dict[str, str | None] = {row.version: row.parent for row in rows}
    line, at = list[str](), version
    while at in parents and at not in line:
        line.append(at)
        at = parents[at] or ""
    return line


def listing(connection: Connection) -> list[dict[str, Any]]:
    """Registered versions, newest first: the columns, and `champion`."""
    now = champion(connection)
    rows = connection.execute(select(*ModelVersion.__table__.c).order_by(ModelVersion.created_at.desc())).mappings()
    return [dict(row) | {"champion": bool(now and now.version == row["version"])} for row in rows]


def report_server(connection: Connection, instance: str, version: str, error: str, at: datetime) -> None:
    """A scorer tells what it serves, and why it could not load something newer (or the empty string)."""
    row = {"instance": instance, "version": version, "since": at, "seen_at": at, "error": error}
    new = insert(Server).values(row)
    since = case((Server.version == new.excluded.version, Server.since), else_=new.excluded.since)
    changed = {"version": version, "since": since, "seen_at": at, "error": error}
    connection.execute(new.on_conflict_do_update(index_elements=[Server.instance], set_=changed))


def servers(connection: Connection) -> list[dict[str, Any]]:
    """What each scorer said last: `instance, version, since, seen_at, error`."""
    rows = connection.execute(select(*Server.__table__.c).order_by(Server.instance)).mappings()
    return [dict(row) for row in rows]
