"""The Monday digest on the simulated Slack, and what people ask below it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from bot.adapters.slack.desk import Rules
from bot.adapters.slack.ears import Ears
from bot.adapters.slack.incoming import Incoming
from bot.adapters.slack.installations import Safe
from bot.adapters.slack.service import Hands, Needs, open_hands
from bot.domain.message import Platform
from bot.domain.post import Address
from bot.domain.schedule import Schedule
from bot.storage.storage import Storage
from tests.acceptance.digests import NINE, Digests, mondays
from tests.adapters.slack.keeping import KeptJobs, kept_jobs_done
from tests.adapters.slack.lines import Rows, Sealed, config
from tests.conversation.world import World
from tests.fakes import InMemoryClaims, counting, suggested
from tests.simulators.slack import SlackSimulator


@dataclass
class Room:
    """A channel, the bot's hands in it, and a schedule that posts there."""

    slack: SlackSimulator
    world: World
    hands: Hands
    digests: Digests
    schedule: Schedule

    @property
    def channel(self) -> str:
        return self.slack.workspace.channel("#sla").id


@asynccontextmanager
async def room(storage: Storage) -> AsyncIterator[Room]:
    world, claims = World(), InMemoryClaims()
    async with SlackSimulator(rates=False) as slack:
        channel = slack.workspace.channel("#sla")
        needs = Needs(
            world.engine, claims, Safe(Rows(), Sealed(), claims), world.clock, counting("n"), suggested
        )  # fmt: skip
        async with open_hands(config(slack), Rules(), needs) as hands:
            digests = Digests(storage, {Platform.SLACK: hands.poster()}, world.turns)
            target = Address(Platform.SLACK, f"{slack.workspace.team}/{channel.id}")
            schedule = mondays("Europe/Berlin", NINE - timedelta(days=3), target)
            digests.clock.now = schedule.created_at
            await storage.schedules.add(schedule)
            yield Room(slack, world, hands, digests, schedule)


async def test_the_digest_is_posted_at_nine_in_berlin_and_once(storage: Storage) -> None:
    async with room(storage) as room_:
        async with room_.digests.process() as scheduler:
            await room_.digests.at(NINE - timedelta(seconds=1), scheduler)
            assert await storage.inbox.unfinished() == []
            await room_.digests.at(NINE, scheduler)
            (post,) = await room_.digests.sent(room_.schedule, 1)
        async with room_.digests.process() as scheduler:
            await room_.digests.at(NINE + timedelta(minutes=1), scheduler)

        (message,) = room_.slack.workspace.from_bot(room_.channel)
        shown = str(message.blocks)
        assert "Monday SLA digest" in shown
        assert "#4400" in shown
        assert "Planned 09:00, ran 09:00 (Europe/Berlin); data as of 09:00." in shown
        assert message.ts.replace(".", "") in post.link


async def test_a_question_below_the_digest_is_answered_with_its_data(storage: Storage) -> None:
    async with room(storage) as room_:
        async with room_.digests.process() as scheduler:
            await room_.digests.at(NINE, scheduler)
            await room_.digests.sent(room_.schedule, 1)
        (digest,) = room_.slack.workspace.from_bot(room_.channel)
        kim = room_.slack.workspace.person("kim", email="kim@acme.example")
        room_.slack.workspace.may_mention.add(kim.user.id)

        said = await kim.says("#sla", "which of these are Billing's?", thread=digest)
        heard = Incoming(
            room_.slack.workspace.team, room_.channel, "channel", kim.user.id, said.text, said.ts, digest.ts, "E1",
            mentions_us=False,
        )  # fmt: skip
        async with kept_jobs_done(KeptJobs(), room_.hands.desk) as durable:
            assert await Ears(room_.hands.desk, durable).message(heard), "it follows the thread, so it is asked"
        (answered,) = (each for each in room_.slack.workspace.from_bot() if each is not digest)

        assert answered.thread_ts == digest.ts
        context, _ = room_.world.model.composed[0]
        assert [result.name for turn in context.turns for result in turn.results] == ["SLA watch"]
        assert "#4400" in context.turns[0].results[0].output
