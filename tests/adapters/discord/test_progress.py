"""How work is seen: one message that is edited in place and becomes the answer."""

from __future__ import annotations

import asyncio

import pytest

from bot.adapters.discord.config import Rules
from bot.domain.plan import ActionCall
from bot.domain.run import RunState
from bot.ports import Emit
from tests.adapters.discord.asking import EDIT, POST, SHIPPED, ToldClaims, answered, done, hurrying, in_guild
from tests.adapters.discord.office import QUICK, Office, Slow, buttons_of, looking_up
from tests.conversation.world import World
from tests.fakes import action, calls
from tests.simulators.discord import DiscordSimulator, faults

TYPING = "POST /channels/{channel}/typing"
NAMES = ("order-lookup", "stock-check", "parcel-trace")


class Stepped:
    """Time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self._moved = asyncio.Event()

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            await self._moved.wait()

    def advance(self, seconds: float) -> None:
        self.now += seconds
        self._moved.set()
        self._moved = asyncio.Event()


class Steps:
    """An action of which each call ends when it is let go."""

    def __init__(self, discord: DiscordSimulator) -> None:
        self.begun: dict[str, asyncio.Event] = {}
        self._discord = discord

    async def __call__(self, call: ActionCall, emit: Emit) -> str:
        self.begun[call.spec.slug] = asyncio.Event()
        self._discord.core.changes.tell()
        await self.begun[call.spec.slug].wait()
        return "done"


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(9), QUICK, ToldClaims(discord))


async def test_the_work_is_shown_in_one_message_that_becomes_the_answer(office: Office) -> None:
    discord, slow = office.discord, Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    hurrying(office)
    async with office.open():
        said = await office.asks(office.person("alex"), "where is my order?")
        shown = await office.shown("Stop")
        assert "◔ Order lookup" in shown.text
        slow.go.set()
        (answer,) = await answered(discord, 1, "done at last")
        await done(office, 1)

    assert answer.id == shown.id
    assert answer.channel == said.id
    assert "Stop" not in buttons_of(answer)
    assert len(in_guild(discord)) == 1


async def test_each_action_has_a_line_and_changes_are_gathered_for_two_seconds(discord: DiscordSimulator) -> None:
    steps, time = Steps(discord), Stepped()
    world = World(*map(action, NAMES), plans=(calls(*((name, {}) for name in NAMES)),))
    world.executor.behaviours = dict.fromkeys(NAMES, steps)
    office = Office(discord, world, QUICK, ToldClaims(discord), monotonic=time.monotonic, sleep=time.sleep)
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        shown = await office.shown("Stop")
        await discord.until(lambda: len(steps.begun) == 3)
        await discord.until(lambda: [run for run in world.runs.runs.values() if run.action == "parcel-trace"])
        steps.begun["order-lookup"].set()
        steps.begun["stock-check"].set()
        while len([run for run in world.runs.runs.values() if run.state is not RunState.STARTED]) < 2:
            await asyncio.sleep(0)
        assert discord.called(EDIT) == [], "nothing is edited before its time"
        time.advance(2)
        await discord.until(lambda: discord.called(EDIT))
        (edit,) = discord.called(EDIT)
        lines = str(edit.body["components"])
        assert "✓ Order lookup" in lines
        assert "✓ Stock check" in lines
        assert "◔ Parcel trace" in lines
        steps.begun["parcel-trace"].set()
        (answer,) = await answered(discord, 1, "Used:")
        await done(office, 1)

    assert answer.id == shown.id
    assert len(discord.called(EDIT)) == 2, "the answer does not wait, and what it replaces is not shown any more"
    assert len(discord.called(POST)) == 1


async def test_a_quick_turn_shows_nothing_but_its_answer(office: Office) -> None:
    discord = office.discord
    office.rules = Rules(patience=60.0)
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await answered(discord)
        await done(office, 1)

    assert len(discord.called(POST)) == 1
    assert discord.called(EDIT) == []


async def test_that_the_bot_types_is_the_first_sign(office: Office) -> None:
    discord, slow = office.discord, Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    office.rules = Rules(patience=60.0)
    async with office.open():
        said = await office.asks(office.person("alex"), "where is my order?")
        await discord.until(lambda: discord.called(TYPING))
        assert discord.core.typists(said.id) == [discord.core.bot.id]
        assert in_guild(discord) == []
        slow.go.set()
        await answered(discord, 1, "done at last")

    assert discord.core.typists(said.id) == []


async def test_a_sign_that_fails_delays_no_answer(office: Office) -> None:
    discord = office.discord
    discord.faults.next(TYPING, faults.refusal(403, 50013))
    discord.faults.next(POST, faults.refusal(400, 50035))
    discord.faults.next(POST, faults.refusal(400, 50035))
    slow = Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await discord.until(lambda: len([call for call in discord.called(POST) if call.code]) == 2)
        slow.go.set()
        await answered(discord, 1, "done at last")
        await done(office, 1)

    assert len(in_guild(discord)) == 1


async def test_an_edit_of_the_work_that_fails_is_not_missed(office: Office) -> None:
    discord, slow = office.discord, Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    hurrying(office)
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await office.shown("Stop")
        discord.faults.next(EDIT, faults.refusal(400, 50035))
        slow.go.set()
        (answer,) = await answered(discord, 1, "done at last")
        await done(office, 1)

    assert "Stop" not in buttons_of(answer)
    assert len(in_guild(discord)) == 1


async def test_nothing_of_the_work_stays_when_no_answer_can_be_posted(office: Office) -> None:
    discord, slow = office.discord, Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    hurrying(office)
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await office.shown("Stop")
        discord.faults.next(EDIT, faults.refusal(400, 50109), times=5)
        discord.faults.next(POST, faults.refusal(400, 50109), times=5)
        slow.go.set()
        await done(office, 1)

    assert in_guild(discord) == []


async def test_a_moderator_who_takes_the_work_away_gets_the_answer_anew(office: Office) -> None:
    discord, slow = office.discord, Slow()
    moderator = discord.guild.person("robin", ["moderators"])
    discord.guild.role("moderators").permissions = 1 << 3
    office.world.executor.behaviours["order-lookup"] = slow
    hurrying(office)
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        shown = await office.shown("Stop")
        await moderator.deletes(shown)
        slow.go.set()
        (answer,) = await answered(discord, 1, "done at last")
        await done(office, 1)

    assert answer.id != shown.id
    assert 10008 in [call.code for call in discord.called(EDIT)]


async def test_work_of_more_than_an_hour_still_becomes_an_answer(office: Office) -> None:
    """30046: an old message may be edited a few times only."""
    discord, slow = office.discord, Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    hurrying(office)
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        shown = await office.shown("Stop")
        discord.clock.advance(3_700)
        shown.late_edits = [discord.clock.now()] * 3
        slow.go.set()
        (answer,) = await answered(discord, 1, "done at last")
        await done(office, 1)

    assert answer.id != shown.id
    assert in_guild(discord) == [answer]
    assert 30046 in [call.code for call in discord.called(EDIT)]


async def test_two_questions_at_once_have_a_message_each(office: Office) -> None:
    discord = office.discord
    hurrying(office)
    async with office.open():
        for name in ("alex", "sam"):
            await office.asks(office.person(name), f"where is the order of {name}?")
        found = await answered(discord, 2, SHIPPED)
        await done(office, 2)

    assert len({message.channel for message in found}) == 2
    assert len(in_guild(discord)) == 2
