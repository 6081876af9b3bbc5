"""Hostile names, values and texts in cards, forms, menus and private words: nobody is called, nothing is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.adapters.discord.rendering.check import faults
from bot.adapters.discord.rendering.details import action_post, link_post
from bot.adapters.discord.rendering.offer import offer
from bot.domain.action import ActionState, Effect, HttpCall, Parameter, ParameterType
from tests.adapters.discord.eyes import live_post
from tests.adapters.discord.office import Office, buttons_of
from tests.adapters.discord.pressing import card, given, opened, reads, refusals, said, told, whispered
from tests.adapters.slack.hostile import HOSTILE
from tests.conversation.world import World
from tests.fakes import action, calls, text_parameter
from tests.simulators.discord import DiscordSimulator

WORST = (
    "@everyone <@&1> <@80351110224678912> <#1> </ask:1> <t:0:R> ||x|| discord.gg/abc",
    "```\n@here\n```\n# big\n-# small\n>>> all",
    "[bank.example](https://evil.example) **b** __u__ ~~s~~ `code` \u202e\u2066 \x00\x1b",
    "😀" * 300,
    "x" * 5_000,
    "\n\n\n",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_what_an_action_says_of_itself_is_harmless(text: str) -> None:
    number = Parameter(text, ParameterType.STRING, text, required=True)
    spec = replace(action("a", number, effect=Effect.WRITE), name=text, condition=text, examples=(text,))
    for post in (
        action_post(ActionState(spec, False, text)),
        offer(text, "1/2"),
        link_post(text, "https://desk.example.com/discord/link?state=abc", "K7QX-4MTD"),
    ):
        assert faults(post) == []
        assert live_post(post) == []


def hostile(discord: DiscordSimulator, text: str) -> Office:
    """An action whose name, target and value are of that kind."""
    free = text_parameter("what")
    menu = Parameter("kind", ParameterType.STRING, text, choices=("a", "b"))
    spec = replace(action("act", free, menu, effect=Effect.WRITE), name=text, condition=text, examples=(text,))
    spec = replace(spec, work=HttpCall("POST", "https://api.example.com/{what}"))
    office = Office(
        discord, World(spec, plans=(calls(("act", {"what": text[:1_500].strip() or "a", "kind": "a"})),) * 3)
    )

    async def echo(*_: object) -> str:
        return text

    office.world.executor.behaviours["act"] = echo
    return office


@pytest.mark.parametrize("text", WORST)
async def test_a_write_goes_all_the_way(discord: DiscordSimulator, text: str) -> None:
    office = hostile(discord, text)
    alex = office.person("alex")
    alex.user.display = text[:32]
    discord.core.may_mention.add(alex.id)
    async with office.open():
        question = await card(office, alex, f"act a {text}"[:1_900])
        await alex.clicks(question, "Edit")
        await opened(discord, alex)
        await alex.submits(alex.modal, {"0:kind": "b"})
        changed = await office.shown("Confirm", besides=question)
        await alex.clicks(changed, "Confirm")
        await reads(discord, changed, "Confirmed")
        await said(discord, "Used:")
        await alex.runs("/history", where="#support")
        await told(discord, alex, "Your recent runs")

    assert given(office)[0]["kind"] == "b"
    assert "Replaced" in question.text
    assert discord.alarms == []
    assert refusals(discord) == []


@pytest.mark.parametrize("text", WORST)
async def test_a_private_answer_goes_all_the_way(discord: DiscordSimulator, text: str) -> None:
    office = hostile(discord, text)
    alex, sam = office.person("alex"), office.person("sam")
    alex.user.display = text[:32]
    async with office.open():
        await alex.runs("/ask", where="#support", question=f"act a {text}"[:2_000])
        await alex.clicks(await whispered(discord, alex, "Confirm"), "Confirm")
        answer = await whispered(discord, alex, "Share")
        await alex.clicks(answer, "Share")
        await discord.until(lambda: answer.deleted)
        await alex.uses_message_command("Ask about this", await said(discord, "Used:"))
        await opened(discord, alex)
        await alex.submits(alex.modal, {"question": text.strip()[:500] or "?"})
        await discord.until(lambda: [m for m in alex.private() if "Confirm" in buttons_of(m)])
        for each in await alex.types_into("/actions", "name", ""):
            await alex.runs("/actions", where="#support", name=each["value"])

    assert len(office.world.ran) == 1
    assert sam.calls() == []
    assert discord.alarms == []
    assert refusals(discord) == []
