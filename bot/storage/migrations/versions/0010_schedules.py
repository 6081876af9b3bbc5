"""Schedules and their ticks."""

from __future__ import annotations

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Filled in by its part."""


def downgrade() -> None:
    """Filled in by its part."""
