"""Runs revisions on the connection that ``bot.storage.migrate`` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from bot.storage.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite alters a table by building it anew.
    render_as_batch=True,
    # Alembic takes SQLite for unable to roll back a change of schema; with BEGIN IMMEDIATE it does.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
