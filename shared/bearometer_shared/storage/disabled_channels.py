"""Channels whose receivers want no more, in rows: a restart does not try them again."""

from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert

from bearometer_shared.storage.alert_tables import DisabledChannel


def reasons(connection: Connection) -> dict[str, str]:
    """By channel, why it is disabled."""
    rows = connection.execute(select(DisabledChannel.channel, DisabledChannel.reason))
    return {row.channel: row.reason for row in rows}


def disable(connection: Connection, channel: str, reason: str, now: datetime) -> bool:
    """Whether it was not disabled yet; else the first reason stays."""
    row = upsert(DisabledChannel).values(channel=channel, reason=reason, disabled_at=now).on_conflict_do_nothing()
    return connection.execute(row.returning(DisabledChannel.channel)).first() is not None


def enable(connection: Connection, channel: str) -> bool:
    """Whether it was disabled."""
    gone = delete(DisabledChannel).where(DisabledChannel.channel == channel).returning(DisabledChannel.channel)
    return connection.execute(gone).first() is not None
