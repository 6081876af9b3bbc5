"""The status line of a thread: what is done there now, told again while it goes on, and gone in the end."""

from __future__ import annotations

import asyncio

from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.places import Place


class Line:
    """The line of one question. ``refresh`` is in seconds: Slack takes a line away that nobody tells again."""

    def __init__(self, outbox: Outbox, place: Place, refresh: float) -> None:
        self._outbox = outbox
        self._place = place
        self._refresh = refresh
        self._text = ""
        self._stands = False
        """Slack took it."""
        self._over = False
        self._timer: asyncio.TimerHandle | None = None

    async def begin(self, text: str) -> bool:
        """Tell it for the first time. False where Slack has no such line."""
        self._text = text
        self._stands = await self._outbox.status(self._place, text)
        if self._stands and not self._over:
            self._wind()
        return self._stands

    def say(self, text: str) -> None:
        """Change what it says, when there is time. Never waits."""
        if text != self._text:
            self._text = text
            self.repeat()

    def repeat(self) -> None:
        """Tell it once more, when there is time: time takes it away, and so does each post of ours."""
        if self._stands and not self._over:
            self._outbox.status_later(self._place, self._wanted)
            self._wind()

    def rest(self) -> None:
        """Tell nothing more, also of what waits."""
        self._over = True
        if self._timer:
            self._timer.cancel()

    async def end(self) -> None:
        """Clear it. Nothing is told after that."""
        self.rest()
        if self._stands:
            await self._outbox.status(self._place, "")

    def _wanted(self) -> str:
        return "" if self._over else self._text

    def _wind(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(self._refresh, self.repeat)
