"""A swap's re-base: who tells recent history with the new version, how it went, and what baselines follow from it.

A row of `rebases` is written before the new version serves. With nothing missing, alert baselines are made anew from
what the version tells; else they are carried over from the version before.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, select, text

from bearometer_shared.storage.learning_tables import Promotion
from bearometer_shared.storage.restated_tables import Rebase
from bearometer_shared.storage.session import wake


class Swap(NamedTuple):
    """A promotion by its id; `again`: its version has served before."""

    promotion: int
    version: str
    again: bool
    told: bool


class Told(NamedTuple):
    """Items of a stream up to an event time are read as a version tells them."""

    version: str
    to: datetime


def swap(connection: Connection, version: str) -> Swap | None:
    """The newest promotion of a version, and whether its history is told, or given up, already."""
    moves = select(Promotion.id).where(Promotion.version == version).order_by(Promotion.id.desc()).limit(2)
    found = list(connection.execute(moves).scalars())
    if not found:
        return None
    told = connection.execute(select(Rebase.promotion).where(Rebase.promotion == found[0])).first() is not None
    return Swap(found[0], version, again=len(found) > 1, told=told)


@contextmanager
def held(database: Engine, promotion: int) -> Iterator[bool]:
    """Whether this process is the one that tells history for a promotion; the lock dies with it."""
    with database.connect() as keeper:
        keeper = keeper.execution_options(isolation_level="AUTOCOMMIT")
        keeper.detach()  # closed for good at the end, not kept in the pool with the lock
        query = text("SELECT pg_try_advisory_lock(hashtextextended('rebase ' || :promotion, 0))")
        yield bool(keeper.execute(query, {"promotion": str(promotion)}).scalar())


def record(connection: Connection, swap: Swap, *, items: int, missing: int, seconds: float, at: datetime) -> None:
    """Notes how it went; the first word stays."""
    query = text(
        "INSERT INTO rebases (promotion, version, at, items, missing, seconds)"
        " VALUES (:promotion, :version, :at, :items, :missing, :seconds) ON CONFLICT DO NOTHING"
    )
    given = {"promotion": swap.promotion, "version": swap.version, "at": at}
    connection.execute(query, given | {"items": items, "missing": missing, "seconds": seconds})
    wake(connection)


def newest(connection: Connection) -> dict[str, dict[str, Any]]:
    """The newest re-base of each version: `at, items, missing, seconds`."""
    rows = connection.execute(select(*Rebase.__table__.c).order_by(Rebase.promotion)).mappings()
    return {row["version"]: dict(row) for row in rows}


_DUE = """
    SELECT s.name, r.version, r.promotion FROM streams s,
        (SELECT * FROM rebases ORDER BY promotion DESC LIMIT 1) r
    WHERE r.missing = 0 AND coalesce(s.rebased, 0) < r.promotion
"""


def due(connection: Connection) -> dict[str, tuple[int, str]]:
    """Streams whose baselines are another model's than the newest promotion's: to its id and version."""
    return {row.name: (row.promotion, row.version) for row in connection.execute(text(_DUE))}


def settle(connection: Connection, stream: str, promotion: int | None = None, to: datetime | None = None) -> None:
    """The stream's baselines belong to a promotion, to the newest one where none is named."""
    newest = "coalesce(CAST(:promotion AS bigint), (SELECT max(promotion) FROM rebases))"
    query = text(f"UPDATE streams SET rebased = {newest}, rebased_to = :to WHERE name = :stream")  # noqa: S608 - constants
    connection.execute(query, {"stream": stream, "promotion": promotion, "to": to})


def told(connection: Connection) -> dict[str, Told]:
    """Streams that still close minutes from before their swap."""
    query = text(
        "SELECT s.name, r.version, s.rebased_to FROM streams s JOIN rebases r ON r.promotion = s.rebased"
        " WHERE s.rebased_to >= s.evaluated_to - interval '1 minute'"
    )
    return {row.name: Told(row.version, row.rebased_to) for row in connection.execute(query)}
