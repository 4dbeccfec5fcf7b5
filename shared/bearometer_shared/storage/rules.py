"""Rules of alerts: written by `bearometer rules`, read by every alert service at each look."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.postgresql import insert

from bearometer_shared.storage.alert_tables import Baseline
from bearometer_shared.storage.rule_tables import RuleRow


@dataclass(frozen=True)
class Stored:
    """A rule as it is stored: its definition, whether it is on, and who said so when."""

    name: str
    definition: Mapping[str, Any]
    enabled: bool
    updated_at: datetime
    author: str


def load(connection: Connection) -> list[Stored]:
    """All rules, by name."""
    rows = connection.execute(select(*RuleRow.__table__.c).order_by(RuleRow.name)).mappings()
    return [Stored(**row) for row in rows]


def save(connection: Connection, rules: Collection[Stored]) -> None:
    """Stores rules in place of those of their names."""
    statement = insert(RuleRow)
    fresh = {column.name: statement.excluded[column.name] for column in RuleRow.__table__.c if not column.primary_key}
    if rules:
        rows = [asdict(rule) for rule in rules]
        connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=fresh), rows)


def gone(connection: Connection, stream: str, names: Collection[str]) -> list[str]:
    """Rules that a stream still has memories of, and that are not among these."""
    query = select(Baseline.rule).where(Baseline.stream == stream, Baseline.rule.not_in(names)).distinct()
    return sorted(connection.execute(query).scalars())


def forget(connection: Connection, stream: str, rule: str) -> None:
    """Drops what a stream remembers for a rule."""
    connection.execute(delete(Baseline).where(Baseline.stream == stream, Baseline.rule == rule))
