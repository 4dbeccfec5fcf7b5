"""Imported entities: written by `bearometer entities import`, read by every scorer."""

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from bearometer_shared.entities.entity import Entity
from bearometer_shared.storage.entity_tables import EntityRow

_FIELDS = [field.name for field in fields(Entity)]
_LISTS = ("aliases", "symbols")


def replace(connection: Connection, entities: Collection[Entity], now: datetime, *, everything: bool = False) -> None:
    """Stores entities in place of all rows of their tickers, or in place of everything."""
    old = delete(EntityRow)
    tickers = {entity.ticker for entity in entities}
    connection.execute(old if everything else old.where(EntityRow.ticker.in_(tickers)))
    if entities:
        connection.execute(insert(EntityRow), [_row(entity) | {"imported_at": now} for entity in entities])


def load(connection: Connection) -> list[Entity]:
    """All imported entities, in the order of importing."""
    columns = [getattr(EntityRow, name) for name in _FIELDS]
    rows = connection.execute(select(*columns).order_by(EntityRow.id)).mappings()
    return [Entity(**{**row, **{name: tuple(row[name]) for name in _LISTS}}) for row in rows]


def revision(connection: Connection) -> tuple[int, int]:
    """Another value after each change of the table."""
    found = connection.execute(select(func.coalesce(func.max(EntityRow.id), 0), func.count())).one()
    return found[0], found[1]


def _row(entity: Entity) -> dict[str, object]:
    values = {name: getattr(entity, name) for name in _FIELDS}
    return values | {name: list(values[name]) for name in _LISTS}
