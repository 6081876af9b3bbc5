"""Pairing codes that people bring to the web chat from another platform."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable

from bot.domain.link import LinkRefused
from bot.domain.person import Sender
from bot.errors import DeskhandError

log = logging.getLogger(__name__)

Redeem = Callable[[str, Sender], Awaitable[str]]
"""Links whoever got a code with a person; tells what was linked. Raises LinkRefused."""

_TYPED = re.compile(r"\s*/?link\s+([0-9a-z]{4}\s*[-‐‑‒–—]\s*[0-9a-z]{4})\W*", re.IGNORECASE)


def typed_code(text: str) -> str:
    """The code of a message such as ``link K7QX-4MTD``; empty for any other message."""
    found = _TYPED.fullmatch(text)
    return found[1] if found else ""


async def redeemed(redeem: Redeem, code: str, by: Sender) -> str:
    """As ``redeem``, and LinkRefused for trouble of ours too, in words for the person."""
    try:
        return await redeem(code, by)
    except LinkRefused:
        raise
    except DeskhandError as error:
        log.warning("an account was not linked: %s", error)
        raise LinkRefused("Nothing was linked, as it could not be stored. Ask for a new code in a minute.") from error
