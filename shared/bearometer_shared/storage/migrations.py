"""Brings the database to this release's schema, by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

MIGRATIONS = Path(__file__).parents[3] / "deploy" / "migrations"
LOCK = 7_203_331  # any fixed number: two services that start at once migrate one after the other


def migrate(engine: Engine) -> None:
    """Upgrades to the newest revision. Safe to call from several processes at once."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
