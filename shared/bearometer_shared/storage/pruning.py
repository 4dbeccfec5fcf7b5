"""Which artifacts may go from the store: never what serves, may serve by rollback, or is a parent of either."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from bearometer_shared.storage import models, runs
from bearometer_shared.storage.learning_tables import ModelVersion, Server


def prunable(connection: Connection, keep: int) -> list[str]:
    """Versions whose files may go, oldest first; the newest `keep` stay too. None while a run is active: it may be
    reading any of them."""
    if runs.active(connection) is not None:
        return []
    columns = (ModelVersion.version, ModelVersion.parent, ModelVersion.location, ModelVersion.pruned_at)
    rows = connection.execute(select(*columns).order_by(ModelVersion.created_at.desc())).all()
    used = _in_use(connection)
    kept = used | {row.parent for row in rows if row.version in used} | {row.version for row in rows[:keep]}
    places = {row.location for row in rows if row.version in kept}
    return [row.version for row in rows[::-1] if row.location not in places and not row.pruned_at]


def prune(connection: Connection, keep: int, at: datetime) -> list[str]:
    """Notes that their files go, so that none of them is promoted any more. Returns the versions."""
    models.hold_pointer(connection)
    versions = prunable(connection, keep)
    gone = update(ModelVersion).where(ModelVersion.version.in_(versions)).values(pruned_at=at)
    connection.execute(gone)
    return versions


def pruned(connection: Connection) -> list[str]:
    """Where the files of all pruned versions lay; some may lie there still, after an interruption."""
    kept = select(ModelVersion.location).where(ModelVersion.pruned_at.is_(None))
    gone = select(ModelVersion.location).where(ModelVersion.pruned_at.is_not(None), ModelVersion.location.not_in(kept))
    return list(connection.execute(gone.distinct()).scalars())


def _in_use(connection: Connection) -> set[str]:
    champion = models.champion(connection)
    served = set(connection.execute(select(Server.version)).scalars())
    return served | {champion.version if champion else "", models.previous(connection) or ""}
