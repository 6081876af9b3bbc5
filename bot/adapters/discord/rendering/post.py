"""A message to send."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from discord import ui

from bot.domain.run import Document


@dataclass(frozen=True, slots=True)
class Post:
    """One message to send."""

    view: Callable[[], ui.LayoutView]
    """Makes a fresh view at each call: one that is sent twice may take its buttons' handler away everywhere."""
    words: str
    """The same in plain words, short enough for ``content`` and harmless: where the view is refused."""
    documents: tuple[Document, ...] = ()
    """Files to attach; the view refers to each by ``attachment://name``."""
