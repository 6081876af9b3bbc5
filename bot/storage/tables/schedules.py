"""Schedules and their ticks: ``ports.ScheduleStore``."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table

from bot.storage.tables.base import json, metadata, text, time

schedules = Table(
    "schedules",
    metadata,
    text("id", primary_key=True),
    text("action"),
    text("name"),
    text("cron"),
    text("zone"),
    json("parameters"),
    json("delivery"),
    Column("jitter_seconds", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("removed", Boolean, nullable=False),
    time("created_at"),
    time("resumed_at"),
    time("asked_at"),
    Column("version", Integer, nullable=False),
    Index("schedules_by_version", "version"),
)

schedule_changes = Table(
    "schedule_changes",
    metadata,
    text("name", primary_key=True),
    Column("number", Integer, nullable=False),
)

ticks = Table(
    "ticks",
    metadata,
    text("schedule", primary_key=True),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    text("state"),
    text("reason"),
    text("taken_by"),
    time("at"),
    Index("ticks_by_taker", "taken_by"),
)
