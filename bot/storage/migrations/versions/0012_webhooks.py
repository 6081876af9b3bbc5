"""Secret addresses by which others start actions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("paths", sa.Text(), nullable=False),
        sa.Column("given", sa.Text(), nullable=False),
        sa.Column("signing", sa.Text(), nullable=False),
        sa.Column("allow_writes", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("delivery", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="webhooks_key"),
    )
    op.create_index("webhooks_by_action", "webhooks", ["action"])
    op.create_table(
        "arrivals",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", "id", name="arrivals_key"),
    )
    op.create_index("arrivals_by_run", "arrivals", ["run_id"])
    op.create_index("arrivals_by_time", "arrivals", ["at"])


def downgrade() -> None:
    op.drop_table("arrivals")
    op.drop_table("webhooks")
