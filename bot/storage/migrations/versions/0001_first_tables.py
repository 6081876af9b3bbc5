"""The first tables: messages and turns, runs, approvals, actions, audit, secrets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _create_conversation_tables()
    _create_runs()
    _create_approvals()
    _create_action_tables()
    _create_audit()
    _create_secrets()


def downgrade() -> None:
    for table in ("secrets", "audit", "switches", "actions", "approvals", "runs", "turns", "messages"):
        op.drop_table(table)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _times(*names: str) -> list[sa.Column[int]]:
    """UTC microseconds."""
    return [sa.Column(name, sa.BigInteger(), nullable=False) for name in names]


def _create_conversation_tables() -> None:
    op.create_table(
        "messages",
        *_texts("platform", "id", "conversation", "sender", "text"),
        *_times("sent_at"),
        *_texts("zone", "origin", "turn_id"),
        sa.PrimaryKeyConstraint("platform", "id", name="messages_key"),
    )
    op.create_table(
        "turns",
        *_texts("id", "message_id", "conversation", "speaker", "speaker_id", "text"),
        *_times("started_at"),
        *_texts("state", "mode", "reply", "used", "results", "open_calls", "approval_id"),
        sa.Column("seconds", sa.Float()),
        *_texts("reference"),
        sa.PrimaryKeyConstraint("id", name="turns_key"),
    )
    op.create_index("turns_in_order", "turns", ["conversation", "started_at", "id"])
    op.create_index("turns_by_message", "turns", ["conversation", "message_id"])


def _create_runs() -> None:
    op.create_table(
        "runs",
        *_texts("id", "turn_id", "conversation", "action", "name", "question", "inputs", "trigger", "asker", "state"),
        *_times("started_at"),
        *_texts("effect", "idempotency_key", "outcome", "output"),
        sa.Column("status", sa.Integer()),
        sa.Column("seconds", sa.Float()),
        *_texts("detail"),
        sa.PrimaryKeyConstraint("id", name="runs_key"),
    )
    op.create_index("runs_in_order", "runs", ["started_at", "id"])
    op.create_index("runs_by_action", "runs", ["action", "started_at", "id"])
    op.create_index("runs_by_turn", "runs", ["turn_id"])
    op.create_index("runs_by_key", "runs", ["action", "idempotency_key", "started_at"])


def _create_approvals() -> None:
    op.create_table(
        "approvals",
        *_texts("id", "conversation", "asker", "items", "question"),
        *_times("created_at", "expires_at"),
        *_texts("state", "decided_by"),
        sa.Column("decided_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name="approvals_key"),
    )
    op.create_index("approvals_waiting", "approvals", ["conversation", "asker", "state"])


def _create_action_tables() -> None:
    op.create_table(
        "actions",
        *_texts("slug", "format", "text"),
        sa.PrimaryKeyConstraint("slug", name="actions_key"),
    )
    op.create_table(
        "switches",
        *_texts("slug"),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        *_texts("reason"),
        sa.PrimaryKeyConstraint("slug", name="switches_key"),
    )


def _create_audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        *_times("at"),
        *_texts("actor", "kind", "subject", "details"),
        sa.PrimaryKeyConstraint("id", name="audit_key"),
    )


def _create_secrets() -> None:
    op.create_table(
        "secrets",
        *_texts("name", "id", "ciphertext"),
        *_times("created_at", "updated_at"),
        sa.PrimaryKeyConstraint("name", name="secrets_key"),
        sa.UniqueConstraint("id", name="secrets_id_unique"),
    )
