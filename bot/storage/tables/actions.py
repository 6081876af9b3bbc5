"""Actions, their secrets, what ran, and what an operator did."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, Table

from bot.storage.tables.base import json, metadata, text, time

actions = Table("actions", metadata, text("slug", primary_key=True), text("format"), text("text"))

switches = Table(
    "switches",
    metadata,
    text("slug", primary_key=True),
    Column("enabled", Boolean, nullable=False),
    text("reason"),
)

runs = Table(
    "runs",
    metadata,
    text("id", primary_key=True),
    text("turn_id"),
    text("conversation"),
    text("action"),
    text("name"),
    text("question"),
    json("inputs"),
    text("trigger"),
    text("asker"),
    text("state"),
    time("started_at"),
    text("effect"),
    text("idempotency_key"),
    text("outcome"),
    text("output"),
    Column("status", Integer),
    Column("seconds", Float),
    text("detail"),
    text("stop_by", server_default=""),
    Index("runs_in_order", "started_at", "id"),
    Index("runs_by_action", "action", "started_at", "id"),
    Index("runs_by_turn", "turn_id"),
    Index("runs_by_asker", "asker", "started_at", "id"),
    Index("runs_by_key", "action", "idempotency_key", "started_at"),
)

documents = Table(
    "documents",
    metadata,
    text("run_id", primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    text("name"),
    text("media_type"),
    Column("data", LargeBinary, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    text("name", primary_key=True),
    text("id", unique=True),
    text("ciphertext"),
    time("created_at"),
    time("updated_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    time("at"),
    text("actor"),
    text("kind"),
    text("subject"),
    json("details"),
)
