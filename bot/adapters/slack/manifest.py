"""What the app asks of Slack and why; ``manifest.json`` beside this file asks for the same."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

PATH = Path(__file__).with_name("manifest.json")


@dataclass(frozen=True, slots=True)
class Scope:
    """A right of the bot."""

    name: str
    reason: str
    without: str
    """What does not work without it."""
    needed: bool = False
    """Without it the bot cannot answer at all."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that Slack tells of, by its name in the app's settings."""

    name: str
    trial: str
    """What a person does so that it comes."""
    without: str
    """What does not work where it never comes."""


SCOPES = (
    Scope("app_mentions:read", "hear when somebody mentions the bot", "mentions are not heard", needed=True),
    Scope("assistant:write", "offer a few questions at the top of direct messages", "no suggested prompts"),
    Scope("channels:history", "follow threads of public channels", "each question in a public channel needs a mention"),
    Scope("channels:read", "know channels and their state", "closed channels are noticed only when a post fails"),
    Scope("chat:write", "post answers, cards and the status line", "nothing can be answered", needed=True),
    Scope("chat:write.public", "post scheduled results without being a member", "schedules need the bot as a member"),
    Scope("commands", "have /deskhand and the message shortcut", "no command, no shortcut"),
    Scope("files:read", "read text files that come with a question", "attachments are not read"),
    Scope("files:write", "put documents and charts into the thread", "no documents, charts or long answers as files"),
    Scope("groups:history", "follow threads of private channels", "each question in a private channel needs a mention"),
    Scope("groups:read", "know private channels it is in", "closed channels are noticed only when a post fails"),
    Scope("im:history", "read direct messages to it", "direct messages are not heard", needed=True),
    Scope("im:read", "know direct messages to it", "some direct messages cannot be told apart"),
    Scope("im:write", "open direct messages", "no private hints, no answer where a channel is closed to the bot"),
    Scope("mpim:history", "follow group direct messages", "group direct messages are not heard"),
    Scope("reactions:write", "show that it works where there is no status line", "no sign of work in some places"),
    Scope("usergroups:read", "know the user groups of the asker", "rules by user group treat all as Everyone"),
    Scope("users:read", "know names and time zones", "no names, no rules by person, times in the default zone"),
    Scope("users:read.email", "know the asker's e-mail", "actions that need the asker's e-mail do not run"),
)
"""Sorted by name."""

EVENTS = (
    Event("app_mention", "mention the bot in a public channel that it is in", "mentions in channels are not answered"),
    Event("message.channels", "mention the bot in a public channel that it is in", "threads need a mention each time"),
    Event("message.im", "write the bot a direct message", "direct messages are not answered"),
    Event("app_home_opened", "open the bot's Home tab", "the Home tab stays empty"),
)
"""What one person can try in a minute; a mention in a channel is told of twice."""


@cache
def manifest() -> dict[str, Any]:
    """The app manifest as Slack takes it."""
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found
