"""The wish that a turn be stopped while it is thought about, and what was written before a turn was asked for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_COLUMNS = ("stop_by", "background")


def upgrade() -> None:
    for name in _COLUMNS:
        op.add_column("turns", sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_index("turns_by_state", "turns", ["state", "started_at"])


def downgrade() -> None:
    op.drop_index("turns_by_state", "turns")
    for name in reversed(_COLUMNS):
        op.drop_column("turns", name)
