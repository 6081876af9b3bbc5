"""All tables. Only what SQLite and PostgreSQL share: text ids, JSON as text, times as UTC microseconds."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
)

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")
"""Every schema this code knows, oldest first. The last is the one it needs; a name not here is newer than the code."""

# Named, so that a later revision can drop them; Alembic cannot alter what has no name.
metadata = MetaData(naming_convention={"pk": "%(table_name)s_key", "uq": "%(table_name)s_%(column_0_name)s_unique"})


class Words(TypeDecorator[str]):
    """What people wrote. Half a surrogate pair, which no encoding can hold, becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None or value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _text(name: str, **more: object) -> Column[str]:
    return Column(name, Words, nullable=False, **more)  # type: ignore[arg-type]  # keywords of Column


def _json(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _time(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


messages = Table(
    "messages",
    metadata,
    _text("platform", primary_key=True),
    _text("id", primary_key=True),
    _text("conversation"),
    _json("sender"),
    _text("text"),
    _time("sent_at"),
    _text("zone"),
    _text("origin"),
    _text("turn_id"),
)

turns = Table(
    "turns",
    metadata,
    _text("id", primary_key=True),
    _text("message_id"),
    _text("conversation"),
    _text("speaker"),
    _text("speaker_id"),
    _text("text"),
    _time("started_at"),
    _text("state"),
    _text("mode"),
    _text("reply"),
    _json("used"),
    _json("results"),
    _json("open_calls"),
    _text("approval_id"),
    Column("seconds", Float),
    _text("reference"),
    Index("turns_in_order", "conversation", "started_at", "id"),
    Index("turns_by_message", "conversation", "message_id"),
)

runs = Table(
    "runs",
    metadata,
    _text("id", primary_key=True),
    _text("turn_id"),
    _text("conversation"),
    _text("action"),
    _text("name"),
    _text("question"),
    _json("inputs"),
    _text("trigger"),
    _text("asker"),
    _text("state"),
    _time("started_at"),
    _text("effect"),
    _text("idempotency_key"),
    _text("outcome"),
    _text("output"),
    Column("status", Integer),
    Column("seconds", Float),
    _text("detail"),
    Index("runs_in_order", "started_at", "id"),
    Index("runs_by_action", "action", "started_at", "id"),
    Index("runs_by_turn", "turn_id"),
    Index("runs_by_asker", "asker", "started_at", "id"),
    Index("runs_by_key", "action", "idempotency_key", "started_at"),
)

documents = Table(
    "documents",
    metadata,
    _text("run_id", primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    _text("name"),
    _text("media_type"),
    Column("data", LargeBinary, nullable=False),
)

feedback = Table(
    "feedback",
    metadata,
    _text("turn_id", primary_key=True),
    _text("by", primary_key=True),
    Column("good", Boolean, nullable=False),
    _time("at"),
    _text("reason"),
    _text("words"),
)

claims = Table("claims", metadata, _text("key", primary_key=True), _time("at"), Index("claims_by_age", "at"))

installations = Table("installations", metadata, _text("key", primary_key=True), _text("ciphertext"), _time("at"))

links = Table("links", metadata, _text("person", primary_key=True), _text("email"), _time("at"), _text("way"))

pairings = Table("pairings", metadata, _text("hash", primary_key=True), _text("person"), _time("expires"))

approvals = Table(
    "approvals",
    metadata,
    _text("id", primary_key=True),
    _text("conversation"),
    _text("asker"),
    _text("asked_by", server_default=""),
    _json("items"),
    _text("question"),
    _time("created_at"),
    _time("expires_at"),
    _text("state"),
    _text("decided_by"),
    Column("decided_at", BigInteger),
    Index("approvals_waiting", "conversation", "asker", "state"),
)

actions = Table("actions", metadata, _text("slug", primary_key=True), _text("format"), _text("text"))

switches = Table(
    "switches",
    metadata,
    _text("slug", primary_key=True),
    Column("enabled", Boolean, nullable=False),
    _text("reason"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _time("at"),
    _text("actor"),
    _text("kind"),
    _text("subject"),
    _json("details"),
)

secrets = Table(
    "secrets",
    metadata,
    _text("name", primary_key=True),
    _text("id", unique=True),
    _text("ciphertext"),
    _time("created_at"),
    _time("updated_at"),
)
