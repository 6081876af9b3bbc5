"""What a turn needs to go on after a crash, and how the tries of a job ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for name in ("failures", "put_off"):
        op.add_column("inbox", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    for name in ("put_off", "failures"):
        op.drop_column("inbox", name)
