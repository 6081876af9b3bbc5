"""The wish that a turn be stopped while it is thought about."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("turns", sa.Column("stop_by", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("turns", "stop_by")
