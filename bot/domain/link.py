"""Who a person of a chat platform is elsewhere: an e-mail address that was proven to be theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.errors import DeskhandError


@dataclass(frozen=True, slots=True)
class Link:
    """A person's proven e-mail address; a later link takes the place of an earlier one."""

    person: str
    """Sender id, the same in all guilds, such as ``discord:80351110224678912``."""
    email: str
    at: datetime
    way: str
    """``oauth``: the platform told it with the person's consent. ``code``: a pairing code was typed in the web chat."""


class LinkRefused(DeskhandError):
    """Nothing was linked. The text tells the person why and what to do."""
