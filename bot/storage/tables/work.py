"""Jobs that are to be done once: ``ports.Inbox``."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, Table

from bot.storage.tables.base import json, metadata, text, time

inbox = Table(
    "inbox",
    metadata,
    text("key", primary_key=True),
    text("kind"),
    text("lane"),
    json("payload"),
    time("at"),
    text("state"),
    Column("tries", Integer, nullable=False),
    time("settled_at"),
    text("failure"),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("put_off", Integer, nullable=False, server_default="0"),
    Index("inbox_in_order", "state", "at", "key"),
    Index("inbox_by_lane", "lane", "state", "at", "key"),
)
