"""Evidence cards that wait for the words that carried their scores."""

from typing import Any

from sqlalchemy import Connection, and_, cast, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from bearometer_shared.storage.alert_tables import Alert
from bearometer_shared.storage.session import wake

LOCK = 7_203_335  # any fixed number: of several alert services one explains
WAITING = "waiting"
Card = dict[str, Any]


def waiting(connection: Connection) -> tuple[int, Card] | None:
    """The newest open alert whose card waits for words, and the card. None also where another service is at it."""
    if not connection.execute(select(func.pg_try_advisory_xact_lock(LOCK))).scalar():
        return None
    waits = Alert.evidence["words"].astext == WAITING
    query = select(Alert.id, Alert.evidence).where(text("state <> 'resolved'"), waits)
    row = connection.execute(query.order_by(Alert.id.desc()).limit(1)).first()
    return (row.id, row.evidence) if row else None


def put(connection: Connection, id: int, before: Card, card: Card) -> bool:
    """Puts a card in the place of the one that was read. False where the alert got yet another one meanwhile."""
    same = and_(Alert.id == id, Alert.evidence == cast(before, JSONB))
    written = connection.execute(update(Alert).where(same).values(evidence=card)).rowcount > 0
    wake(connection)
    return written
