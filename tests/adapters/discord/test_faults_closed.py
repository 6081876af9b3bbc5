"""The way in closes while we work: channels go, permissions go, threads are put away or locked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.adapters.discord.config import Rules
from bot.adapters.discord.sheets import ELSEWHERE
from bot.domain.run import Document
from tests.adapters.discord.asking import POST, ToldClaims, answered, done, harming, hurrying, in_dm, in_guild
from tests.adapters.discord.office import PATIENT, QUICK, Office, Slow, looking_up
from tests.simulators.discord import Channel, DiscordSimulator, administration


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(9), PATIENT, ToldClaims(discord))


def no_thread_any_more(discord: DiscordSimulator, thread: Channel) -> None:
    administration.delete_channel(discord.core, thread)


def no_channel_any_more(discord: DiscordSimulator, thread: Channel) -> None:
    administration.delete_channel(discord.core, discord.guild.channel("support"))


def hidden(discord: DiscordSimulator, thread: Channel) -> None:
    discord.guild.deny("support", "view_channel")


def silenced(discord: DiscordSimulator, thread: Channel) -> None:
    discord.guild.deny("support", "send_messages_in_threads", "send_messages")


def locked(discord: DiscordSimulator, thread: Channel) -> None:
    administration.archive(discord.core, thread, locked=True)


EITHER = (no_thread_any_more, no_channel_any_more, hidden, locked)
CLOSED = [*((each, rules) for each in EITHER for rules in (PATIENT, QUICK)), (silenced, PATIENT)]
"""What we may not write any more we may still edit."""


@pytest.mark.parametrize(("close", "rules"), CLOSED)
async def test_when_the_way_in_closes_the_asker_gets_the_answer_alone(
    office: Office, close: Callable[[DiscordSimulator, Channel], None], rules: Rules
) -> None:
    discord, alex, slow = office.discord, office.person("alex"), Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    office.rules = rules
    hurrying(office)
    async with office.open():
        said = await office.asks(alex, "where is my order?")
        if rules is QUICK:
            await office.shown("Stop")
        else:
            await discord.until(lambda: said.thread)
        close(discord, discord.guild.threads("support")[0])
        slow.go.set()
        await discord.until(lambda: any("done at last" in message.text for message in in_dm(discord, alex)))
        await done(office, 1)

    words, answer = in_dm(discord, alex)
    assert words.text == ELSEWHERE
    assert "Used: Order lookup ✓" in answer.text


async def test_a_bot_that_is_thrown_out_while_it_works_leaves_it_at_that(office: Office) -> None:
    discord = office.discord
    globex = discord.add_guild("Globex")
    globex.channel("support")
    harming(office, lambda: administration.remove_bot(discord.guild))
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await done(office, 1)
        harming(office, lambda: None)
        await globex.person("kim").says(globex.channel("support"), f"{discord.mention} where is mine?")
        await answered(discord)
        await done(office, 2)

    assert in_dm(discord, office.person("alex")) == []


async def test_who_takes_no_direct_messages_gets_none_and_nobody_else_suffers(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    alex.user.accepts_dms = False
    harming(office, lambda: discord.guild.deny("support", "view_channel"))
    async with office.open():
        await office.asks(alex, "where is my order?")
        await done(office, 1)
        discord.guild.allow("support", "view_channel")
        harming(office, lambda: None)
        await office.asks(office.person("sam"), "where is mine?")
        await answered(discord)
        await done(office, 2)

    assert 50007 in [call.code for call in discord.called(POST)]
    assert in_dm(discord, alex) == []
    assert len(in_guild(discord)) == 1


@pytest.mark.parametrize("rules", [PATIENT, QUICK], ids=["posted", "edited"])
async def test_a_thread_that_was_put_away_comes_back_with_the_answer(office: Office, rules: Rules) -> None:
    discord, slow = office.discord, Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    office.rules = rules
    hurrying(office)
    async with office.open():
        said = await office.asks(office.person("alex"), "where is my order?")
        if rules is QUICK:
            await office.shown("Stop")
        else:
            await discord.until(lambda: said.thread)
        thread = discord.guild.place(said.id)
        administration.archive(discord.core, thread)
        slow.go.set()
        (answer,) = await answered(discord, 1, "done at last")
        await done(office, 1)

    assert answer.channel == thread.id
    assert thread.thread
    assert not thread.thread.archived
    assert len(in_guild(discord)) == 1


async def test_without_the_permission_to_attach_the_words_arrive(office: Office) -> None:
    discord = office.discord
    discord.guild.deny("support", "attach_files")
    office.world.executor.documents["order-lookup"] = (Document("rows.csv", "text/csv", b"a,b\n1,2\n"),)
    async with office.open():
        said = await office.asks(office.person("alex"), "make a table")
        (answer,) = await answered(discord)
        await done(office, 1)

    assert answer.channel == said.id
    assert answer.attachments == []
    assert "I may not attach files here" in answer.text
