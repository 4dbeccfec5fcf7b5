"""Alembic's entry: runs the revisions on the connection that `bearometer migrate` hands over."""

from alembic import context

from bearometer_shared.storage import (  # noqa: F401 - registers the tables
    alert_tables,
    entity_tables,
    learning_tables,
    news_tables,
    restated_tables,
    rollup_tables,
    rule_tables,
    story_tables,
)
from bearometer_shared.storage.tables import Table

context.configure(connection=context.config.attributes["connection"], target_metadata=Table.metadata)
with context.begin_transaction():
    context.run_migrations()
