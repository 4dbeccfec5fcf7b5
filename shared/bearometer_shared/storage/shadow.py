"""What a candidate is shown of the real stream before it may serve."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, text

from bearometer_shared.storage.alert_tables import Alert


def newest_texts(connection: Connection, limit: int) -> list[tuple[str, str]]:
    """Title and the beginning of the body of the newest arrivals, over all streams."""
    query = text("SELECT title, left(body, 1000) FROM articles ORDER BY stored_at DESC, stream, id LIMIT :limit")
    return [(title, body) for title, body in connection.execute(query, {"limit": limit})]


def fired_since(connection: Connection, since: datetime, limit: int) -> list[dict[str, Any]]:
    """Alerts that were recorded as firing since, newest first: `id, dimension, key, titles` of their top stories."""
    query = text(
        "SELECT id FROM alerts WHERE EXISTS (SELECT FROM alert_steps s WHERE s.alert_id = alerts.id"
        " AND s.state = 'firing' AND s.recorded_at >= :since) ORDER BY id DESC LIMIT :limit"
    )
    ids = list(connection.execute(query, {"since": since, "limit": limit}).scalars())
    rows = select(Alert.id, Alert.dimension, Alert.key, Alert.evidence).where(Alert.id.in_(ids))
    return [_alert(dict(row)) for row in connection.execute(rows.order_by(Alert.id.desc())).mappings()]


def _alert(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"titles": [story["title"] for story in row.pop("evidence").get("top", ())]}
