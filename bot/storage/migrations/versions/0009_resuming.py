"""What a turn needs to go on after a crash, how the tries of a job ended, and the wish that a run be stopped."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    for name in ("failures", "put_off"):
        op.add_column("inbox", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.add_column("runs", sa.Column("stop_by", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "journals",
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("turn_id", name="journals_key"),
    )


def downgrade() -> None:
    op.drop_table("journals")
    op.drop_column("runs", "stop_by")
    for name in ("put_off", "failures"):
        op.drop_column("inbox", name)
