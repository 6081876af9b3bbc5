"""A conversation in the terminal: live progress, one answer, y or n for writes."""

from __future__ import annotations

import re
import sys
from collections.abc import Awaitable, Callable
from typing import TextIO

from bot.adapters.footer import card, duration, files_line, plain, sources_line, used_line
from bot.domain.message import ConversationId, Message, Reply
from bot.domain.person import Sender
from bot.domain.progress import Planned, Progress, RunEnded, RunOutput, RunStarted
from bot.domain.run import Outcome
from bot.ports import Clock, Conversations, NewId

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|.)|[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]")
_HELP = "Ask anything. /actions lists what I can run, /quit or Ctrl-D ends, Ctrl-C stops the running turn."


async def quiet(progress: Progress) -> None:
    """Watch nothing."""


async def show_progress(progress: Progress) -> None:
    """One line on standard error for each step."""
    line = _step(progress)
    if line:
        print(line, file=sys.stderr, flush=True)


def harmless(text: str) -> str:
    """A text that cannot move the cursor, recolour or retitle the terminal."""
    return _ESCAPES.sub("", text)


class TerminalChat:
    """Reads lines, answers each. Works with a pipe as well, without colour or progress."""

    def __init__(
        self,
        conversations: Conversations,
        sender: Sender,
        conversation: ConversationId,
        clock: Clock,
        new_id: NewId,
        list_actions: Callable[[], Awaitable[str]],
        output: TextIO = sys.stdout,
    ) -> None:
        self._conversations = conversations
        self._sender = sender
        self._conversation = conversation
        self._clock = clock
        self._new_id = new_id
        self._list_actions = list_actions
        self._output = output
        self._live = output.isatty()
        self._working = False

    async def talk(self, lines: Callable[[], Awaitable[str | None]]) -> None:
        """Answer until ``lines`` gives None or /quit."""
        while (line := await lines()) is not None:
            text = line.strip()
            if text in ("/quit", "/exit"):
                return
            if text == "/help":
                self._say(_HELP)
            elif text == "/actions":
                self._say(await self._list_actions())
            elif text:
                await self._turn(text)

    async def interrupt(self) -> bool:
        """Stop the actions of the running turn, which then answers with what it has; False when there are none."""
        return self._working and bool(await self._conversations.stop(self._conversation, self._sender))

    async def _turn(self, text: str) -> None:
        message = Message(self._new_id(), self._conversation, self._sender, text, self._clock())
        self._working = True
        try:
            self._show(await self._conversations.handle(message, self._watch))
        finally:
            self._working = False

    def _show(self, reply: Reply) -> None:
        if not self._live:
            self._say(plain(reply))
            return
        from rich.console import Console
        from rich.markdown import Markdown
        from rich.text import Text

        console = Console(file=self._output)
        console.print()
        for text in filter(None, (reply.text, reply.question)):
            console.print(Markdown(_kept_lines(harmless(text)), hyperlinks=False))
            console.print()
        if reply.approval:
            console.print(Text(harmless(card(reply.approval)) + "\nRun it? Type y or n.", style="yellow"))
        under = (
            used_line(reply),
            sources_line(reply),
            files_line(reply),
            *reply.notices,
            f"Reference: {reply.reference}" if reply.reference else "",
        )
        for line in filter(None, under):
            console.print(Text(harmless(line), style="dim"))
        console.print()

    async def _watch(self, progress: Progress) -> None:
        line = _step(progress)
        if line and self._live:
            self._say(f"\x1b[2m{harmless(line)}\x1b[0m", clean=False)

    def _say(self, text: str, *, clean: bool = True) -> None:
        print(harmless(text) if clean else text, file=self._output, flush=True)


def _kept_lines(text: str) -> str:
    """Each line break of a script's output stays one; Markdown alone would join the lines."""
    return text.replace("\n", "  \n")


def _step(progress: Progress) -> str:
    match progress:
        case Planned(names):
            return f"  running: {', '.join(names)}"
        case RunStarted(_, name):
            return f"  … {name}"
        case RunOutput(_, text):
            return "\n".join(f"  │ {line}" for line in text.splitlines()[:20])
        case RunEnded(used):
            mark = "✓" if used.outcome is Outcome.SUCCESS else "✗"
            return f"  {mark} {used.name} {used.detail or duration(used.seconds or 0)}"
    return ""
