"""Posts that answer nobody, and the streaks of failures behind words to an owner: ``ports.PostStore``."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, Table

from bot.storage.tables.base import json, metadata, text, time

posts = Table(
    "posts",
    metadata,
    text("key", primary_key=True),
    text("firing"),
    text("origin"),
    text("title"),
    json("address"),
    text("text"),
    time("at"),
    json("results"),
    json("files"),
    text("owner"),
    text("fingerprint"),
    text("state"),
    Column("tries", Integer, nullable=False),
    text("why"),
    text("link"),
    Index("posts_by_origin", "origin", "at", "key"),
    Index("posts_by_firing", "firing"),
)

streaks = Table(
    "streaks",
    metadata,
    text("origin", primary_key=True),
    text("latest"),
    Column("failures", Integer, nullable=False),
    Column("told", Boolean, nullable=False),
)
