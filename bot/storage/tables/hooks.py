"""Webhooks, and the requests that started runs."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Table

from bot.storage.tables.base import json, metadata, text, time

webhooks = Table(
    "webhooks",
    metadata,
    text("id", primary_key=True),
    text("action"),
    text("secret_hash"),
    time("created_at"),
    json("paths"),
    json("given"),
    text("signing"),
    Column("allow_writes", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    json("delivery"),
    Index("webhooks_by_action", "action"),
)

arrivals = Table(
    "arrivals",
    metadata,
    text("source", primary_key=True),
    text("id", primary_key=True),
    text("digest"),
    text("run_id"),
    time("at"),
    Index("arrivals_by_run", "run_id"),
    Index("arrivals_by_time", "at"),
)
