"""``/ask``: for the asker alone unless they say otherwise, with files and questions, however long it takes."""

from __future__ import annotations

import pytest

from bot.adapters.discord.config import Rules
from bot.domain.run import Document
from tests.adapters.discord.office import ASKED, LOOKUP, QUICK, Office, Slow, buttons_of, looking, looking_up
from tests.adapters.discord.pressing import (
    CHART,
    answers,
    booked,
    given,
    opened,
    reads,
    refusals,
    said,
    told,
    whispered,
)
from tests.conversation.world import World
from tests.simulators.discord import DiscordSimulator
from tests.simulators.discord.faults import refusal

QUESTION = "where is my order?"


async def test_only_the_asker_sees_the_answer(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    office.world.executor.documents["order-lookup"] = (CHART, Document("order.csv", "text/csv", b"a\n"))
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        answer = await told(discord, alex, "Order lookup ✓")

    assert answer is alex.private()[0], "it took the place of Discord's own “is thinking”"
    assert not answer.loading
    assert [each.name for each in answer.attachments] == ["chart.png", "order.csv"]
    assert buttons_of(answer) == ["👍", "👎", "Share"]
    assert "order" not in sam.sees("#support").lower()
    assert discord.guild.from_bot() == []
    assert refusals(discord) == []


async def test_everybody_sees_it_if_the_asker_wants(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION, visible=True)
        answer = await said(discord, "Order lookup ✓")

    assert answer.channel == discord.guild.channel("support").id
    assert "Share" not in buttons_of(answer)
    assert alex.private() == []
    assert refusals(discord) == []


async def test_it_works_in_direct_messages_and_where_the_bot_may_not_look(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up(3))
    discord.guild.deny("#support", "view_channel", "send_messages")
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", question=QUESTION)
        await told(discord, alex, "Order lookup ✓")
        await alex.runs("/ask", where="#support", question=QUESTION)
        await told(discord, alex, "Order lookup ✓", times=2)
        await alex.runs("/ask", where="#support", question=QUESTION, visible=True)
        await said(discord, "Order lookup ✓", discord.guild.channel("support"))


async def test_people_do_not_remember_each_others_private_questions(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up(5))
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/ask", where="#support", question="my secret order")
        await told(discord, alex, "Order lookup ✓")
        await sam.runs("/ask", where="#support", question="where is mine?")
        await told(discord, sam, "Order lookup ✓")
        await alex.runs("/ask", where="#support", question="and now?")
        await told(discord, alex, "Order lookup ✓", times=2)
        for times in (1, 2):
            await sam.runs("/ask", where="#support", question="for all", visible=True)
            await discord.until(lambda: len(answers(discord)) == times)  # noqa: B023

    seen = [[turn.text for turn in context.turns] for context, _ in office.world.model.asked]
    assert seen == [[], [], ["my secret order"], [], []]


async def test_a_visible_question_in_a_thread_goes_on_with_its_memory(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up(2))
    alex = office.person("alex")
    async with office.open():
        await office.asks(alex, QUESTION)
        await said(discord, "Order lookup ✓")
        (thread,) = discord.guild.threads()
        await alex.runs("/ask", where=thread, question="and now?", visible=True)
        await discord.until(lambda: len(answers(discord)) == 2)

    assert {each.channel for each in answers(discord)} == {thread.id}
    assert [turn.text for turn in office.world.model.asked[1][0].turns] == [QUESTION]


@pytest.mark.parametrize("visible", [False, True])
async def test_a_write_is_asked_about_edited_and_run(discord: DiscordSimulator, visible: bool) -> None:
    office = booked(discord)
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/ask", where="#support", question=ASKED, visible=visible)
        card = await (office.shown("Confirm") if visible else whispered(discord, alex, "Confirm"))
        if visible:
            await sam.clicks(card, "Confirm")
            await told(discord, sam, "Only the person who asked")
        await alex.clicks(card, "Edit")
        await opened(discord, alex)
        await alex.submits(alex.modal, {"0:days": "4"})
        await reads(discord, card, "Replaced")
        new = await (office.shown("Confirm", card) if visible else whispered(discord, alex, "Confirm", card))
        await alex.clicks(new, "Confirm")
        await reads(discord, new, "Confirmed")

    assert given(office) == [{"days": 4, "kind": "holiday"}]
    assert len(answers(discord)) == visible
    assert refusals(discord) == []


# Where it may not be


async def test_a_channel_that_is_not_ours_is_answered_privately(discord: DiscordSimulator) -> None:
    elsewhere = discord.guild.channel("elsewhere")
    office = Office(discord, looking_up(2), Rules(patience=60.0, allowed=frozenset({elsewhere.id})))
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION, visible=True)
        await told(discord, alex, "Order lookup ✓")
        await told(discord, alex, "only you see this")
        assert discord.guild.from_bot() == []
        await alex.runs("/ask", where=elsewhere, question=QUESTION, visible=True)
        await said(discord, "Order lookup ✓", elsewhere)


async def test_a_thread_is_ours_where_its_channel_is(discord: DiscordSimulator) -> None:
    support = discord.guild.channel("support")
    office = Office(discord, looking_up(), Rules(patience=60.0, allowed=frozenset({support.id})))
    alex = office.person("alex")
    async with office.open():
        thread = await alex.opens_thread(support, "a talk")
        await alex.runs("/ask", where=thread, question=QUESTION, visible=True)
        await said(discord, "Order lookup ✓", thread)


async def test_who_lacks_the_role_is_told_and_nothing_runs(discord: DiscordSimulator) -> None:
    agents = discord.guild.role("agents")
    office = Office(discord, looking_up(), Rules(patience=60.0, roles=frozenset({agents.id})))
    alex, sam = office.person("alex", "agents"), office.person("sam")
    async with office.open():
        message = await alex.says("#support", "Order 12345 never came")
        await sam.runs("/ask", where="#support", question=QUESTION, visible=True)
        await told(discord, sam, "Only people with certain roles")
        await sam.uses_message_command("Ask about this", message)
        await told(discord, sam, "Only people with certain roles", times=2)
        await alex.runs("/ask", where="#support", question=QUESTION)
        await told(discord, alex, "Order lookup ✓")

    assert sam.id not in discord.core.modals
    assert office.world.ran == ["order-lookup"]


# Longer than an interaction lives


def slowly(discord: DiscordSimulator, rules: Rules) -> tuple[Office, Slow]:
    office, slow = Office(discord, World(LOOKUP, plans=(looking(),)), rules), Slow()
    office.world.executor.behaviours["order-lookup"] = slow
    return office, slow


async def test_after_fifteen_minutes_a_private_answer_comes_in_direct_messages(discord: DiscordSimulator) -> None:
    office, slow = slowly(discord, QUICK)
    office.world.executor.documents["order-lookup"] = (CHART,)
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        await whispered(discord, alex, "Stop")
        discord.clock.advance(901)
        slow.go.set()
        answer = await said(discord, "done at last", alex.dm)

    assert [each.name for each in answer.attachments] == ["chart.png"]
    assert discord.guild.from_bot() == []


@pytest.mark.parametrize("rules", [QUICK, Rules(patience=60.0)])
async def test_after_fifteen_minutes_the_bot_changes_its_own_message(discord: DiscordSimulator, rules: Rules) -> None:
    office, slow = slowly(discord, rules)
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION, visible=True)
        await slow.begun.wait()
        await discord.until(lambda: discord.called("GET /webhooks/{application}/{token}/messages/@original"))
        discord.clock.advance(901)
        slow.go.set()
        answer = await said(discord, "done at last")

    assert discord.guild.from_bot() == [answer]
    assert answer.interaction, "the placeholder itself"
    assert alex.private() == []


async def test_where_the_channel_is_closed_meanwhile_it_comes_in_direct_messages(discord: DiscordSimulator) -> None:
    office, slow = slowly(discord, Rules(patience=60.0))
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION, visible=True)
        await slow.begun.wait()
        discord.guild.deny("#support", "view_channel")
        discord.clock.advance(901)
        slow.go.set()
        await said(discord, "done at last", alex.dm)


@pytest.mark.parametrize("code", [10008, 10015, 50027])
async def test_a_placeholder_that_is_gone_loses_no_answer(discord: DiscordSimulator, code: int) -> None:
    office = Office(discord, looking_up())
    alex = office.person("alex")
    discord.faults.next("PATCH /webhooks/*", refusal(404, code))
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        await said(discord, "Order lookup ✓", alex.dm)

    assert office.world.ran == ["order-lookup"]


async def test_an_answer_of_many_parts_is_not_told_twice(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up())

    async def long(*_: object) -> str:
        return "\n".join(f"line {n} of the answer" for n in range(300))

    office.world.executor.behaviours["order-lookup"] = long
    discord.faults.next("POST /webhooks/*", refusal(404, 10015))
    alex = office.person("alex")
    async with office.open():
        await alex.runs("/ask", where="#support", question=QUESTION)
        await said(discord, "Order lookup ✓", alex.dm)

    (first,) = alex.private()
    texts = [m.text for m in (first, *discord.core.history(alex.dm.id))]
    assert texts[0].count("line 7 of") == 1
    assert sum(text.count("line 7 of") for text in texts) == 1
    assert sum(text.count("line 299 of") for text in texts) == 1
