"""Approvals know who asked, so that an approver's yes runs with the asker's rights."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("approvals", sa.Column("asked_by", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("approvals", "asked_by")
