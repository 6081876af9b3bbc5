"""Slack and Discord as the office uses them: ask, read what the bot wrote, press a button."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from bot.adapters.chat.approvals import ASKS
from tests.simulators.discord import DiscordSimulator
from tests.simulators.discord import Message as Post
from tests.simulators.slack import Message, SlackSimulator


@dataclass(frozen=True)
class Said:
    """One message of the bot, as it stands now."""

    text: str
    asks: bool
    """It has buttons to confirm and cancel."""
    message: Any = field(repr=False)

    @property
    def is_card(self) -> bool:
        """It asked, and may say now what became of it."""
        return self.asks or ASKS in self.text


class Face(Protocol):
    """One platform."""

    name: str

    async def ask(self, who: str, text: str, thread: Any) -> Any:
        """Mention the bot in the channel, or go on in a thread; the thread."""
        ...

    def thread_is_open(self, thread: Any) -> bool:
        """Whether one can go on there."""
        ...

    def said(self, thread: Any) -> Iterable[Said]:
        """What the bot wrote in a thread."""
        ...

    def everything(self) -> Iterable[Said]:
        """All that the bot wrote and did not take back."""
        ...

    async def press(self, who: str, card: Said, *, confirm: bool) -> bool:
        """Press a button of a card; whether the bot was there to hear it."""
        ...


class Slack:
    """A channel of a simulated Slack."""

    name = "slack"

    def __init__(self, simulator: SlackSimulator, people: Iterable[str]) -> None:
        self._slack = simulator
        self._space = simulator.workspace
        self._channel = self._space.channel("#support")
        self._people = {who: self._space.person(who, email=f"{who}@acme.example") for who in people}
        self._space.may_mention |= {person.user.id for person in self._people.values()}

    async def ask(self, who: str, text: str, thread: Any) -> Any:
        mention = "" if thread else f"{self._space.mention} "
        said = await self._people[who].says("#support", mention + text, thread=thread)
        return thread or said

    def thread_is_open(self, thread: Any) -> bool:
        return True

    def said(self, thread: Any) -> Iterable[Said]:
        return [_slack_said(m) for m in self._space.thread(self._channel.id, thread.ts) if m.bot_id]

    def everything(self) -> Iterable[Said]:
        return [_slack_said(m) for m in self._space.from_bot()]

    async def press(self, who: str, card: Said, *, confirm: bool) -> bool:
        wanted = "approval:confirm" if confirm else "approval:cancel"
        delivery = await self._people[who].clicks(card.message, wanted)
        return delivery.state == "acknowledged"


class Discord:
    """A channel of a simulated Discord."""

    name = "discord"

    def __init__(self, simulator: DiscordSimulator, people: Iterable[str]) -> None:
        self._discord = simulator
        self._guild = simulator.guild
        self._guild.channel("support")
        self._people = {who: self._guild.person(who) for who in people}
        simulator.core.may_mention |= {person.id for person in self._people.values()}

    async def ask(self, who: str, text: str, thread: Any) -> Any:
        if thread:
            await self._people[who].says(self._guild.place(thread), text)
            return thread
        return (await self._people[who].says("#support", f"{self._discord.mention} {text}")).id

    def thread_is_open(self, thread: Any) -> bool:
        found = self._discord.core.channels.get(thread)
        return bool(found and found.thread and not found.deleted)

    def said(self, thread: Any) -> Iterable[Said]:
        here = self._discord.core.history(thread) if self.thread_is_open(thread) else []
        return [_discord_said(m) for m in here if m.author.id == self._discord.core.bot.id and not m.deleted]

    def everything(self) -> Iterable[Said]:
        return [_discord_said(m) for m in self._guild.from_bot()]

    async def press(self, who: str, card: Said, *, confirm: bool) -> bool:
        made = await self._people[who].clicks(card.message, "Confirm" if confirm else "Cancel")
        return made.state == "acknowledged"


def _slack_said(message: Message) -> Said:
    shown = str(message.blocks)
    text = f"{message.text}\n{shown}\n{message.stream.text if message.stream else ''}"
    return Said(text, "approval:confirm" in shown, message)


def _discord_said(message: Post) -> Said:
    shown = str(message.components)
    return Said(f"{message.content}\n{shown}\n{message.embeds}", "dh:confirm" in shown, message)
