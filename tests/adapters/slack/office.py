"""People press buttons: the real slack-bolt client, a simulated Slack and an engine of real steps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.adapters.chat.pacing import Pacer
from bot.adapters.chat.tasks import Tasks
from bot.adapters.slack.desk import Desk, Rules
from bot.adapters.slack.ears import Ears
from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.people import People
from bot.adapters.slack.rendering.cards.approval import CONFIRM
from bot.adapters.slack.responses import Responses
from bot.domain.action import Effect, Parameter, ParameterType
from bot.domain.plan import ActionCall, Draft
from bot.ports import Emit
from tests.adapters.slack.desks import OneClient, app_on
from tests.adapters.slack.keeping import KeptJobs, kept_jobs_done
from tests.adapters.slack.lines import Sealed
from tests.adapters.slack.linking import linked
from tests.conversation.world import World
from tests.fakes import InMemoryClaims, action, calls, counting, suggested
from tests.simulators.slack import Message, Person, SlackSimulator

Body = dict[str, Any]
DAYS = Parameter("days", ParameterType.NUMBER, "How many", required=True)
KIND = Parameter("kind", ParameterType.STRING, "Which kind", choices=("holiday", "sick"))
BOOK = action("book", DAYS, KIND, effect=Effect.WRITE)
LOOKUP = action("order-lookup")
ASKED = "Book 2 days of holiday"


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


@dataclass
class Office:
    """One Slack and one world; the bot in it may go and come back."""

    slack: SlackSimulator
    world: World
    rules: Rules = field(default_factory=Rules)
    claims: InMemoryClaims = field(default_factory=InMemoryClaims)
    inbox: KeptJobs = field(default_factory=KeptJobs)
    _ids: Callable[[], str] = field(default_factory=lambda: counting("n"))

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Desk]:
        """The bot, connected. Leaving waits for all that it does."""
        async with (
            aiohttp.ClientSession() as session,
            Pacer(time.monotonic, asyncio.sleep) as pacer,
            Tasks() as tasks,
        ):
            outbox = Outbox(OneClient(self.slack, session), pacer, asyncio.sleep, self._ids)
            desk = Desk(
                conversations=self.world.engine, outbox=outbox, people=People(outbox, time.monotonic),
                claims=self.claims, tasks=tasks, rules=self.rules, clock=self.world.clock, new_id=self._ids,
                monotonic=time.monotonic, responses=Responses(session, self.slack.url), suggestions=suggested,
                sealing=Sealed(), began=self.world.clock(),
            )  # fmt: skip
            async with (
                kept_jobs_done(self.inbox, desk) as durable,
                linked(self.slack, await app_on(self.slack, Ears(desk, durable)), ping_interval=5),
            ):
                yield desk
                await self.slack.workspace.settled()

    def person(self, name: str) -> Person:
        """Somebody whom the bot may mention."""
        found = self.slack.workspace.person(name, email=f"{name}@acme.example")
        self.slack.workspace.may_mention.add(found.user.id)
        return found

    async def asks(self, person: Person, text: str = ASKED, where: str = "#support") -> Message:
        """The person mentions the bot."""
        return await person.says(where, f"{self.slack.workspace.mention} {text}")

    async def shown(self, action_id: str, person: Person | None = None, besides: Message | None = None) -> Message:
        """The message with that button, once it is there; with ``person`` one that only they see."""
        found = await self.slack.workspace.until(lambda _: self._with(action_id, person, besides))
        assert found
        return found

    def _with(self, action_id: str, person: Person | None, besides: Message | None) -> Message | None:
        everywhere = person.private() if person else self.slack.workspace.from_bot()
        return next((m for m in everywhere if action_id in buttons_of(m) and m is not besides), None)

    async def told(self, person: Person, words: str) -> Message:
        """The private word with these words in it, once it is there."""
        found = await self.slack.workspace.until(
            lambda _: next((m for m in person.private() if words in said(m)), None)
        )
        assert found
        return found


def buttons_of(message: Message) -> list[str]:
    """The action ids of a message."""
    return [str(each["action_id"]) for each in _dicts(message.blocks) if "action_id" in each]


def said(message: Message) -> str:
    """All that people can read of a message."""
    texts = (each["text"] for each in _dicts(message.blocks) if isinstance(each.get("text"), str))
    return "\n".join((message.text, *texts))


def _dicts(value: Any) -> Iterator[Body]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _dicts(each)


async def card(office: Office, person: Person) -> Message:
    """The question about a booking that somebody asked for."""
    await office.asks(person)
    return await office.shown(CONFIRM)
