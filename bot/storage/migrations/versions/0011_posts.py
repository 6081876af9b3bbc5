"""Posts that answer nobody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_TEXTS = ("firing", "origin", "title", "address", "text", "results", "files", "owner", "fingerprint", "state")


def upgrade() -> None:
    op.create_table(
        "posts",
        sa.Column("key", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="posts_key"),
    )
    op.create_index("posts_by_origin", "posts", ["origin", "at", "key"])
    op.create_index("posts_by_firing", "posts", ["firing"])
    op.create_table(
        "streaks",
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("latest", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("origin", name="streaks_key"),
    )


def downgrade() -> None:
    op.drop_table("streaks")
    op.drop_table("posts")
