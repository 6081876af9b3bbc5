"""Feedback: what people think of answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "by", name="feedback_key"),
    )
    op.create_index("runs_by_asker", "runs", ["asker", "started_at", "id"])


def downgrade() -> None:
    op.drop_index("runs_by_asker", "runs")
    op.drop_table("feedback")
