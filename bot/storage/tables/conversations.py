"""What people said and were answered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Table

from bot.storage.tables.base import json, metadata, text, time

messages = Table(
    "messages",
    metadata,
    text("platform", primary_key=True),
    text("id", primary_key=True),
    text("conversation"),
    json("sender"),
    text("text"),
    time("sent_at"),
    text("zone"),
    text("origin"),
    text("turn_id"),
)

turns = Table(
    "turns",
    metadata,
    text("id", primary_key=True),
    text("message_id"),
    text("conversation"),
    text("speaker"),
    text("speaker_id"),
    text("text"),
    time("started_at"),
    text("state"),
    text("mode"),
    text("reply"),
    json("used"),
    json("results"),
    json("open_calls"),
    text("approval_id"),
    Column("seconds", Float),
    text("reference"),
    text("stop_by", server_default=""),
    text("background", server_default=""),
    Index("turns_in_order", "conversation", "started_at", "id"),
    Index("turns_by_message", "conversation", "message_id"),
    Index("turns_by_state", "state", "started_at"),
)

approvals = Table(
    "approvals",
    metadata,
    text("id", primary_key=True),
    text("conversation"),
    text("asker"),
    text("asked_by", server_default=""),
    json("items"),
    text("question"),
    time("created_at"),
    time("expires_at"),
    text("state"),
    text("decided_by"),
    Column("decided_at", BigInteger),
    Index("approvals_waiting", "conversation", "asker", "state"),
)

feedback = Table(
    "feedback",
    metadata,
    text("turn_id", primary_key=True),
    text("by", primary_key=True),
    Column("good", Boolean, nullable=False),
    time("at"),
    text("reason"),
    text("words"),
)

claims = Table("claims", metadata, text("key", primary_key=True), time("at"), Index("claims_by_age", "at"))

installations = Table("installations", metadata, text("key", primary_key=True), text("ciphertext"), time("at"))

links = Table("links", metadata, text("person", primary_key=True), text("email"), time("at"), text("way"))

pairings = Table("pairings", metadata, text("hash", primary_key=True), text("person"), time("expires"))
