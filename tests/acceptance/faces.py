"""The four places where people talk to the service, each as a person uses it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aiohttp
from aiohttp import web

from bot.adapters.discord.places import sender_id
from bot.adapters.terminal import TerminalChat
from bot.adapters.webchat import WebChat
from bot.app import Service
from bot.domain.link import Link
from bot.domain.message import ConversationId, Platform
from bot.gateways import open_discord, open_slack
from tests.simulators.discord import DiscordSimulator
from tests.simulators.discord import Person as Member
from tests.simulators.slack import Person as Colleague
from tests.simulators.slack import SlackSimulator

EMAIL = "alex@acme.example"
PATIENCE = 30.0


class Face(Protocol):
    """One conversation of one person."""

    async def say(self, text: str) -> None:
        """Write something."""
        ...

    async def sees(self, *words: str) -> None:
        """Wait until all of these are to be read in the conversation; fails with what is there."""
        ...

    async def confirm(self) -> None:
        """Say yes to what waits, by the button where there is one."""
        ...


class Terminal:
    """Lines in, text out."""

    def __init__(self, service: Service) -> None:
        self._out = io.StringIO()
        place = ConversationId(Platform.TERMINAL, "here")
        self._chat = TerminalChat(
            service.engine, service.person, place, service.clock, service.new_id, _nothing, output=self._out
        )

    async def say(self, text: str) -> None:
        lines = iter([text, None])

        async def line() -> str | None:
            return next(lines)

        await self._chat.talk(line)

    async def sees(self, *words: str) -> None:
        missing = [word for word in words if word not in self._out.getvalue()]
        assert not missing, f"{missing} in:\n{self._out.getvalue()}"

    async def confirm(self) -> None:
        await self.say("y")


class Browser:
    """The HTTP API as the page calls it."""

    def __init__(self, address: str, session: aiohttp.ClientSession) -> None:
        self._address = address
        self._session = session
        self._seen: list[str] = []
        self._approval = ""

    async def say(self, text: str) -> None:
        await self._post("/api/v1/chat", {"message": text, "conversation": "room"})

    async def sees(self, *words: str) -> None:
        seen = "\n".join(self._seen)
        missing = [word for word in words if word not in seen]
        assert not missing, f"{missing} in:\n{seen}"

    async def confirm(self) -> None:
        await self._post(f"/api/v1/approvals/{self._approval}", {"approve": True, "conversation": "room"})

    async def _post(self, path: str, body: dict[str, Any]) -> None:
        async with self._session.post(self._address + path, json=body) as answer:
            told = await answer.json()
            assert answer.status == 200, told
        self._seen.append(told["reply"])
        self._approval = (told["approval"] or {"id": ""})["id"]


class SlackThread:
    """A mention, then its thread."""

    def __init__(self, slack: SlackSimulator, person: Colleague) -> None:
        self._slack = slack
        self._person = person
        self._thread: Any = None

    async def say(self, text: str) -> None:
        mention = "" if self._thread else f"{self._slack.workspace.mention} "
        said = await self._person.says("#support", mention + text, thread=self._thread)
        self._thread = self._thread or said

    async def sees(self, *words: str) -> None:
        await self._slack.until(lambda: all(word in self._person.sees("#support") for word in words), PATIENCE)

    async def confirm(self) -> None:
        card = await self._slack.workspace.until(
            lambda w: next((m for m in w.from_bot() if "approval:confirm" in str(m.blocks)), None)
        )
        assert card
        await self._person.clicks(card, "approval:confirm")


class DiscordThread:
    """A mention, then the thread that begins at it."""

    def __init__(self, discord: DiscordSimulator, person: Member) -> None:
        self._discord = discord
        self._person = person
        self._thread = ""

    async def say(self, text: str) -> None:
        if self._thread:
            await self._person.says(self._discord.guild.place(self._thread), text)
        else:
            said = await self._person.says("#support", f"{self._discord.mention} {text}")
            self._thread = said.id

    async def sees(self, *words: str) -> None:
        await self._discord.until(lambda: all(word in self._seen() for word in words), PATIENCE)

    async def confirm(self) -> None:
        card = await self._discord.guild.until(
            lambda g: next((m for m in g.from_bot() if "dh:confirm" in str(m.components)), None)
        )
        assert card
        await self._person.clicks(card, "Confirm")

    def _seen(self) -> str:
        threads = {thread.id for thread in self._discord.guild.threads()}
        return self._person.sees(self._discord.guild.place(self._thread)) if self._thread in threads else ""


@asynccontextmanager
async def terminal(service: Service) -> AsyncIterator[Face]:
    yield Terminal(service)


@asynccontextmanager
async def browser(service: Service) -> AsyncIterator[Face]:
    chat = WebChat(service.engine, service.person, service.clock, service.new_id, service.suggestions)
    runner = web.AppRunner(chat.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    async with aiohttp.ClientSession() as session:
        yield Browser(f"http://127.0.0.1:{runner.addresses[0][1]}", session)
    await runner.cleanup()


@asynccontextmanager
async def slack_thread(service: Service, slack: SlackSimulator) -> AsyncIterator[Face]:
    slack.workspace.channel("#support")
    person = slack.workspace.person("alex", email=EMAIL)
    slack.workspace.may_mention.add(person.user.id)
    stop = asyncio.Event()
    async with open_slack(service) as gateway, asyncio.TaskGroup() as group:
        group.create_task(service.work.dispatcher.run(stop))
        group.create_task(gateway.line.run(stop))
        await slack.connected()
        yield SlackThread(slack, person)
        await slack.workspace.settled()
        stop.set()
    assert slack.workspace.alarms == []


@asynccontextmanager
async def discord_thread(service: Service, discord: DiscordSimulator) -> AsyncIterator[Face]:
    discord.guild.channel("support")
    person = discord.guild.person("alex")
    discord.core.may_mention.add(person.id)
    await service.records.storage.links.put(Link(sender_id(person.id), EMAIL, service.clock(), "code"))
    stop = asyncio.Event()
    async with open_discord(service) as gateway, asyncio.TaskGroup() as group:
        group.create_task(service.work.dispatcher.run(stop))
        group.create_task(gateway.line.run(stop))
        await discord.connected()
        yield DiscordThread(discord, person)
        await discord.settled()
        stop.set()
    assert discord.alarms == []


async def _nothing() -> str:
    return ""
