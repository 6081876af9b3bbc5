"""What a turn put down before it did anything, and what its runs say."""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table

from bot.storage.tables.base import json, metadata, text, time

journals = Table("journals", metadata, text("turn_id", primary_key=True), json("body"))

run_log = Table(
    "run_log",
    metadata,
    text("run_id", primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    time("at"),
    text("kind"),
    text("text"),
)
