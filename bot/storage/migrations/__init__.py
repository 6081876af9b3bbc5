"""Alembic's script directory: one file in ``versions`` for each step of the schema."""
