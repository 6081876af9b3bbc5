"""An answer arrives once, whatever Discord does in the moment in which it is posted."""

from __future__ import annotations

import pytest

from tests.adapters.discord.asking import (
    EDIT,
    POST,
    THREAD,
    ToldClaims,
    answered,
    done,
    heard,
    hurrying,
    in_guild,
    written,
)
from tests.adapters.discord.office import PATIENT, QUICK, Office, Slow, buttons_of, looking_up
from tests.simulators.discord import DiscordSimulator, faults
from tests.simulators.discord.faults import HTML, LOST, RESET, Fault, banned, broken, refusal, too_many


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(9), PATIENT, ToldClaims(discord))


FAULTS = {
    "500": broken(500), "500-accepted": broken(500).accepted(), "503": broken(503), "503-accepted":
    broken(503).accepted(), "429-route": too_many(), "429-shared": too_many(scope="shared"), "429-global":
    too_many(scope="global"), "429-long": too_many(300), "cloudflare": banned(), "cloudflare-json": banned(html=False),
    "html": HTML, "html-accepted": HTML.accepted(), "reset": RESET, "lost": LOST, "50035": refusal(400, 50035),
    "40005": refusal(413, 40005), "20009": refusal(403, 20009), "50006": refusal(400, 50006),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
async def test_an_answer_is_posted_once_whatever_discord_does(office: Office, name: str) -> None:
    discord = office.discord
    hurrying(office)
    discord.faults.next(POST, FAULTS[name])
    async with office.open():
        said = await office.asks(office.person("alex"), "where is my order?")
        await answered(discord)
        await done(office, 1)
        await heard(office)

    (answer,) = written(discord)
    assert answer.channel == said.id
    assert answer.text.count("Order lookup: shipped") == 1
    assert office.world.ran == ["order-lookup"] * 2, "the referee's too"
    assert not discord.faults.waiting(POST), "the fault was met"


@pytest.mark.parametrize("name", FAULTS)
async def test_the_work_becomes_the_answer_whatever_discord_does(office: Office, name: str) -> None:
    discord, slow = office.discord, Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    office.rules = QUICK
    hurrying(office)
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await office.shown("Stop")
        discord.faults.next(EDIT, FAULTS[name])
        slow.go.set()
        await answered(discord, 1, "done at last")
        await done(office, 1)
        await discord.until(lambda: len(written(discord)) == 1)

    (answer,) = written(discord)
    assert "Stop" not in buttons_of(answer)
    assert office.world.ran == ["order-lookup"]


@pytest.mark.parametrize("name", ["503", "429-route", "cloudflare", "html", "reset"])
async def test_a_thread_that_could_not_begin_at_once_is_none_and_the_answer_a_reply(office: Office, name: str) -> None:
    discord = office.discord
    hurrying(office)
    discord.faults.next(THREAD, FAULTS[name])
    async with office.open():
        said = await office.asks(office.person("alex"), "where is my order?")
        (answer,) = await answered(discord)

    assert answer.channel == (said.id if name == "429-route" else said.channel)


async def test_while_discord_is_away_the_answer_waits_longer_and_longer_and_is_worked_out_once(office: Office) -> None:
    discord, time = office.discord, hurrying(office)
    discord.faults.next(POST, broken(503), times=9)
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await answered(discord)
        await done(office, 1)

    assert office.world.ran == ["order-lookup"]
    assert [pause for pause in time.slept if pause in (15.0, 60.0)][-1] == 60.0
    assert len(written(discord)) == 1


async def test_what_discord_asks_to_wait_is_waited(office: Office) -> None:
    discord, time = office.discord, hurrying(office)
    discord.faults.next(POST, too_many(300))
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await answered(discord)

    assert 300.0 in time.slept


async def test_behind_the_wall_of_cloudflare_nothing_is_tried_for_long(office: Office) -> None:
    discord, time = office.discord, hurrying(office)
    discord.faults.next(POST, banned())
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await answered(discord)

    assert 900.0 in time.slept
    assert len(discord.called(POST)) == 2


async def test_a_form_that_discord_refuses_is_said_in_words(office: Office) -> None:
    discord = office.discord
    discord.faults.next(POST, refusal(400, 50035))
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        (answer,) = await answered(discord)

    assert answer.components == []
    assert "Order lookup: shipped" in answer.content


async def test_a_broken_action_is_told_and_leaves_nothing_behind(office: Office) -> None:
    discord = office.discord

    async def broken_(*_: object) -> str:
        raise RuntimeError("boom")

    office.world.executor.behaviours["order-lookup"] = broken_
    office.rules = QUICK
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await done(office, 1)

    (answer,) = in_guild(discord)
    assert "did not succeed" in answer.text
    assert "boom" not in answer.text
    assert "Stop" not in buttons_of(answer)


async def test_the_database_that_fails_once_keeps_no_message_from_being_answered_later(office: Office) -> None:
    """Discord tells of it once, so it is held on to until it is written down."""
    discord = office.discord
    hurrying(office)
    office.inbox.broken = 3
    async with office.open():
        await office.asks(office.person("alex"), "where is my order?")
        await answered(discord)
        await done(office, 1)

    assert office.inbox.broken == 0
    assert len(written(discord)) == 1


async def test_faults_of_the_look_into_a_chain_of_replies_make_a_new_conversation(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    discord.faults.next(THREAD, refusal(403, 50013), times=9)
    async with office.open():
        await office.asks(alex, "where is my order?")
        (answer,) = await answered(discord)
        discord.faults.next("GET /channels/{channel}/messages/{message}", faults.refusal(404, 10008))
        await alex.says("#support", "and mine?", reply_to=answer)
        await answered(discord, 2)

    assert len({turn.conversation for turn in office.world.turns.turns.values()}) == 2


@pytest.mark.parametrize("fault", [RESET, broken(503)], ids=["reset", "503"])
async def test_a_look_back_that_fails_loses_no_later_one(office: Office, fault: Fault) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        await office.asks(alex, "where is my first order?")
        await answered(discord)
    await office.asks(alex, "where is my second order?")
    discord.faults.next("GET /channels/{channel}/messages", fault, times=5)
    async with office.open():
        await heard(office)
        await discord.until(lambda: len(discord.called("GET /channels/{channel}/messages")) >= 1)
    discord.faults.clear()
    async with office.open():
        await answered(discord, 2)
        await done(office, 3)
