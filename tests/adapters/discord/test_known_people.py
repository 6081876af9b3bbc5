"""Actions that need to know who somebody is: how a person without a proven e-mail learns what to do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.chat.wording import LINK_FIRST
from bot.adapters.discord.link_oauth import LinkConfig
from bot.domain.action import ActionSpec, Effect, HttpCall, PythonCode, Safety, wants_email
from tests.adapters.discord.office import Office, looking_up
from tests.adapters.discord.pressing import answers, card, linked, reads, said, told, whispered
from tests.conversation.world import World
from tests.fakes import action, calls
from tests.simulators.discord import DiscordSimulator

MINE = replace(action("my-orders"), work=PythonCode("print(os.environ['GURUBASE_USER_EMAIL'])"))
SAFE = replace(action("my-orders"), safety=Safety(requires_identity_verification=True))
PLAIN = action("my-orders")


@pytest.mark.parametrize(
    ("work", "needs"),
    [
        (HttpCall("GET", "https://x.example/{GURUBASE_USER_EMAIL}"), True),
        (HttpCall("POST", "https://x.example", body={"who": ["{GURUBASE_USER_EMAIL}"]}), True),
        (HttpCall("GET", "https://x.example", headers=(("X-Who", "{GURUBASE_USER_EMAIL}"),)), True),
        (PythonCode("print(GURUBASE_USER_EMAIL)"), True),
        (PythonCode("print(GURUBASE_USER_NAME)"), False),
        (HttpCall("GET", "https://x.example/{email}"), False),
    ],
)
def test_an_action_needs_an_address_where_its_work_speaks_of_it(work: Any, needs: bool) -> None:
    assert wants_email(replace(PLAIN, work=work)) is needs


def test_an_action_needs_an_address_where_it_must_be_sure_of_the_person() -> None:
    assert wants_email(SAFE)
    assert not wants_email(PLAIN)


def asked(discord: DiscordSimulator, spec: ActionSpec) -> Office:
    return Office(discord, World(spec, plans=(calls(("my-orders", {})),) * 2))


@pytest.mark.parametrize(("spec", "ran"), [(MINE, ["my-orders"]), (SAFE, [])])
async def test_who_is_not_linked_is_told_how_to(discord: DiscordSimulator, spec: ActionSpec, ran: list[str]) -> None:
    office = asked(discord, spec)
    alex = office.person("alex")
    async with office.open():
        await office.asks(alex, "where are my orders?")
        await said(discord, "Used:")
        await alex.runs("/ask", where="#support", question="where are my orders?")
        await whispered(discord, alex, "Share")

    (answer,) = answers(discord)
    assert LINK_FIRST in answer.text
    assert LINK_FIRST in alex.private()[0].text
    assert office.world.ran == ran * 2


@pytest.mark.parametrize("spec", [MINE, SAFE])
async def test_who_is_linked_is_not(discord: DiscordSimulator, spec: ActionSpec) -> None:
    office = asked(discord, spec)
    alex = office.person("alex")
    linked(office, alex)
    async with office.open():
        await office.asks(alex, "where are my orders?")
        answer = await said(discord, "Used:")

    assert "/link" not in answer.text
    assert office.world.executor.given[0].asker.email == "alex@acme.example"


async def test_nobody_is_told_of_it_for_an_action_that_needs_no_address(discord: DiscordSimulator) -> None:
    office = asked(discord, PLAIN)
    async with office.open():
        await office.asks(office.person("alex"), "where are my orders?")
        answer = await said(discord, "Used:")

    assert "/link" not in answer.text


async def test_a_write_says_so_once_it_ran(discord: DiscordSimulator) -> None:
    spec = replace(MINE, effect=Effect.WRITE)
    office = asked(discord, spec)
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex, "cancel my orders")
        await alex.clicks(question, "Confirm")
        await reads(discord, question, "Confirmed")

    assert LINK_FIRST in answers(discord)[0].text


async def test_the_consent_page_is_offered_where_it_is_set_up(discord: DiscordSimulator) -> None:
    office = Office(discord, looking_up(), link=LinkConfig("1", "a secret", "https://desk.example.com"))
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        await alex.runs("/link", where="#support")
        mine = await told(discord, alex, "[Open this page](https://desk.example.com/discord/link?state=")
        await sam.runs("/link", where="#support")
        other = await told(discord, sam, "[Open this page](")

    assert mine.text != other.text, "each is for one person"
    assert "or write" in mine.text.lower()
