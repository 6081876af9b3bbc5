"""The adapter as the application opens it, on the simulated Discord: its own line, listeners and desk."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import aiohttp

from bot.adapters.chat.durable import Durable
from bot.adapters.discord.config import DiscordConfig, Rules
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.handlers import given_up
from bot.adapters.discord.handlers import handlers as handlers_of
from bot.adapters.discord.line import Line
from bot.adapters.discord.link_oauth import LinkConfig
from bot.adapters.discord.linking import Linking, LinkStores
from bot.adapters.discord.service import Needs, ears, open_hands
from bot.dispatch.embedded import Embedded
from bot.dispatch.trying import Trying
from bot.domain.action import Effect, Parameter, ParameterType
from bot.domain.plan import ActionCall, Draft
from bot.ports import Emit, GivenUp, Handler, PromptDispatcher
from bot.secrets.cipher import Cipher, Sealing
from tests.adapters.discord.keeping import KeptJobs
from tests.conversation.world import World
from tests.fakes import InMemoryClaims, InMemoryLinks, InMemoryPairings, ListedAudit, action, calls, counting
from tests.simulators.discord import Channel, DiscordSimulator, Message, Person

DAYS = Parameter("days", ParameterType.NUMBER, "How many", required=True)
KIND = Parameter("kind", ParameterType.STRING, "Which kind", choices=("holiday", "sick"))
BOOK = action("book", DAYS, KIND, effect=Effect.WRITE)
LOOKUP = action("order-lookup")
ASKED = "Book 2 days of holiday"
QUICK = Rules(patience=0.0)
"""Work is shown at once."""
PATIENT = Rules(patience=60.0)
"""Nothing but the answer is posted."""


def booking() -> Draft:
    return calls(("book", {"days": 2, "kind": "holiday"}))


def looking() -> Draft:
    return calls(("order-lookup", {}))


class Slow:
    """An action that waits until it is let go or stopped."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, call: ActionCall, emit: Emit) -> str:
        self.begun.set()
        await self.go.wait()
        return "done at last"


async def shipped(call: ActionCall, emit: Emit) -> str:
    return "shipped"


def looking_up(times: int = 1) -> World:
    """A world in which so many questions are answered by the look-up."""
    world = World(LOOKUP, plans=(looking(),) * times)
    world.executor.behaviours["order-lookup"] = shipped
    return world


@dataclass
class Office:
    """One Discord and one world; the bot in it may go and come back."""

    discord: DiscordSimulator
    world: World
    rules: Rules = PATIENT
    claims: InMemoryClaims = field(default_factory=InMemoryClaims)
    inbox: KeptJobs = field(default_factory=KeptJobs)
    links: InMemoryLinks = field(default_factory=InMemoryLinks)
    config: DiscordConfig = field(default_factory=DiscordConfig)
    link: LinkConfig = field(default_factory=LinkConfig)
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    desk: Desk = field(init=False)
    """Of the bot that was opened last."""
    _ids: Callable[[], str] = field(default_factory=lambda: counting("n"))

    def __post_init__(self) -> None:
        self.inbox.tell = self.discord.core.changes.tell
        self.world.clock.now = datetime.fromtimestamp(self.discord.clock.now(), UTC)

    def reaching(self) -> DiscordConfig:
        """The settings that lead to the simulator."""
        return replace(
            self.config, token=self.discord.token, api_base=self.discord.api_base,
            gateway_url=self.discord.gateway_url, guild_ready_timeout=0.05, identify_seconds=0.0,
        )  # fmt: skip

    @asynccontextmanager
    async def open(self, stop: asyncio.Event | None = None, *, working: bool = True) -> AsyncIterator[Line]:
        """The bot, connected. Leaving waits for all that it does; it may be stopped before.

        Not ``working``, it dies as soon as it has written down what it hears.
        """
        stop = stop or asyncio.Event()
        began = len(self.discord.gateway.identifies)
        async with self.connecting() as (line, driver), asyncio.TaskGroup() as group:
            if working:
                group.create_task(driver.run(stop))
            group.create_task(line.run(stop))
            try:
                await self.discord.connected(began + 1)
                yield line
                await self.discord.settled()
            finally:
                stop.set()

    @asynccontextmanager
    async def connecting(self) -> AsyncIterator[tuple[Line, Embedded]]:
        """Ears and hands that nobody has set to work yet."""
        handlers: dict[str, Handler] = {}
        told: dict[str, GivenUp] = {}
        driver = Embedded(Trying(self.inbox, handlers, self.world.clock, told), sleep=self.sleep)
        config, monotonic = self.reaching(), self.monotonic
        async with (
            aiohttp.ClientSession() as session,
            open_hands(
                config, self.rules, self.needs(session, driver), session, monotonic=monotonic, sleep=self.sleep
            ) as desk,
        ):
            self.desk = desk
            handlers.update(handlers_of(desk))
            told.update(given_up(desk))
            yield ears(config, desk, monotonic), driver

    def needs(self, session: aiohttp.ClientSession, dispatcher: PromptDispatcher) -> Needs:
        """What the adapter asks of the service."""
        sealing = Sealing(Cipher({"k": bytes(32)}, "k"))
        stores = LinkStores(self.links, InMemoryPairings(), self.claims, ListedAudit(), sealing)
        linking = Linking(stores, self.link, session, self.world.clock, secrets.token_bytes)
        durable = Durable(self.inbox, dispatcher)
        return Needs(self.world.engine, self.claims, durable, sealing, self.links, linking, self.world.clock, self._ids)

    def person(self, name: str, *roles: str) -> Person:
        """Somebody whom the bot may mention."""
        return self.discord.guild.person(name, roles)

    async def asks(self, person: Person, text: str = ASKED, where: str | Channel = "#support") -> Message:
        """The person mentions the bot."""
        return await person.says(where, f"{self.discord.mention} {text}")

    async def shown(self, label: str, besides: Message | None = None) -> Message:
        """The message of the bot with that button, once it is there."""
        found = await self.discord.guild.until(
            lambda g: next((m for m in g.from_bot() if m is not besides and label in buttons_of(m)), None)
        )
        assert found
        return found


def buttons_of(message: Message) -> list[str]:
    """The labels of its buttons, else their emoji."""
    return [str(each.get("label") or each["emoji"]["name"]) for each in _parts(message.components) if each["type"] == 2]


def _parts(components: list[Any]) -> Iterator[dict[str, Any]]:
    for each in components:
        yield each
        yield from _parts(each.get("components") or [])
