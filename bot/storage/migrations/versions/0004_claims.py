"""Claims: which events of a platform were taken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "claims",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="claims_key"),
    )
    op.create_index("claims_by_age", "claims", ["at"])


def downgrade() -> None:
    op.drop_table("claims")
