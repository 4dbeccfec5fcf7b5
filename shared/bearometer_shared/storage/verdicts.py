"""What people say of alerts: labels of the detector, and a hint at what the model misread."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from bearometer_shared.storage.alert_tables import Alert


def counts(connection: Connection) -> dict[str, int]:
    """How many alerts have each verdict."""
    judged = select(Alert.verdict, func.count()).where(Alert.verdict.is_not(None))
    found = connection.execute(judged.group_by(Alert.verdict).order_by(Alert.verdict))
    return {str(verdict): count for verdict, count in found}


def export(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every alert with a verdict, the earliest verdict first: what it was about, what was said of it (`verdict`,
    `verdict_reason`, `verdict_by`, `verdict_at`), and the `id` and `title` of the `stories` that it rests on."""
    about = (Alert.id, Alert.stream, Alert.rule, Alert.dimension, Alert.key, Alert.severity, Alert.fired_at)
    saw = (Alert.observed, Alert.expected, Alert.p_value, Alert.model_version)
    said = (Alert.verdict, Alert.verdict_reason, Alert.verdict_by, Alert.verdict_at)
    query = select(*about, *saw, *said, Alert.evidence).where(Alert.verdict.is_not(None))
    for row in connection.execute(query.order_by(Alert.verdict_at, Alert.id)).mappings():
        told = dict(row)
        top = told.pop("evidence").get("top", ())
        yield told | {"stories": [{name: story.get(name) for name in ("id", "title")} for story in top]}
