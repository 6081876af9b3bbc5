"""What a turn needs to go on after a crash."""

from __future__ import annotations

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Filled in by its part."""


def downgrade() -> None:
    """Filled in by its part."""
