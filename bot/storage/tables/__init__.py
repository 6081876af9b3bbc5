"""All tables, a file for each family. Only what SQLite and PostgreSQL share."""

from __future__ import annotations

from bot.storage.tables.actions import actions, audit, documents, runs, secrets, switches
from bot.storage.tables.base import REVISIONS, Words, metadata
from bot.storage.tables.conversations import (
    approvals,
    claims,
    feedback,
    installations,
    links,
    messages,
    pairings,
    turns,
)
from bot.storage.tables.hooks import arrivals, webhooks
from bot.storage.tables.posts import posts, streaks
from bot.storage.tables.resuming import journals, run_log
from bot.storage.tables.schedules import schedule_changes, schedules, ticks
from bot.storage.tables.work import inbox

__all__ = [
    "REVISIONS",
    "Words",
    "actions",
    "approvals",
    "arrivals",
    "audit",
    "claims",
    "documents",
    "feedback",
    "inbox",
    "installations",
    "journals",
    "links",
    "messages",
    "metadata",
    "pairings",
    "posts",
    "run_log",
    "runs",
    "schedule_changes",
    "schedules",
    "secrets",
    "streaks",
    "switches",
    "ticks",
    "turns",
    "webhooks",
]
