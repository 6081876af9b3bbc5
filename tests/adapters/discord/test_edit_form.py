"""Editing what is to run: the form, what people put into it, and what comes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.domain.action import Effect, Parameter, ParameterType
from tests.adapters.discord.office import ASKED, DAYS, KIND, Office, buttons_of
from tests.adapters.discord.pressing import booked, card, given, old_copy, opened, reads, refusals, replayed, told
from tests.conversation.world import World
from tests.fakes import action, calls, text_parameter
from tests.simulators.discord import DiscordSimulator, Message, Person
from tests.simulators.discord.faults import refusal

URGENT = Parameter("urgent", ParameterType.BOOLEAN, "Whether it is urgent")
TEXT, MENU = 4, 3


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return booked(discord)


async def edited(office: Office, person: Person, text: str = ASKED) -> Message:
    """The card, with its form open. What is to run holds only what the question tells."""
    question = await card(office, person, text)
    await person.clicks(question, "Edit")
    await opened(office.discord, person)
    return question


async def test_each_parameter_has_a_field_of_its_kind_filled_in(discord: DiscordSimulator) -> None:
    order = action("order", DAYS, KIND, URGENT, text_parameter("note", required=False), effect=Effect.WRITE)
    long = "a note\nof two lines"
    told_ = {"days": 2, "kind": "sick", "urgent": False, "note": long}
    office = Office(discord, World(order, plans=(calls(("order", told_)),)))
    alex = office.person("alex")
    async with office.open():
        await edited(office, alex, f"Order for 2 days, as I am sick, with {long}")
        fields = await opened(discord, alex)

    assert {key: field["type"] for key, field in fields.items()} == {
        "0:days": TEXT, "0:kind": MENU, "0:urgent": MENU, "0:note": TEXT,
    }  # fmt: skip
    assert (fields["0:days"]["value"], fields["0:days"]["required"]) == ("2", True)
    assert (fields["0:note"]["value"], fields["0:note"]["required"]) == (long, False)
    chosen = {key: [o["value"] for o in fields[key]["options"] if o.get("default")] for key in ("0:kind", "0:urgent")}
    assert chosen == {"0:kind": ["sick"], "0:urgent": ["false"]}
    assert refusals(discord) == []


async def test_new_values_make_a_new_question(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await edited(office, alex)
        stale = old_copy(question)
        await alex.submits(alex.modal, {"0:days": "3", "0:kind": "sick"})
        changed = await office.shown("Confirm", besides=question)
        await reads(discord, question, "Replaced by a changed request: Book")
        assert "days: 3" in changed.text
        await alex.clicks(stale, "Confirm")
        await told(discord, alex, "already replaced")
        await alex.clicks(changed, "Confirm")
        await reads(discord, changed, "Confirmed")

    assert buttons_of(question) == []
    assert "Replaced" in question.text
    assert changed.channel == question.channel
    assert given(office) == [{"days": 3, "kind": "sick"}]
    assert refusals(discord) == []


async def test_a_boolean_is_edited_as_one(discord: DiscordSimulator) -> None:
    order = action("order", URGENT, effect=Effect.WRITE)
    office = Office(discord, World(order, plans=(calls(("order", {"urgent": False})),)))
    alex = office.person("alex")
    async with office.open():
        question = await edited(office, alex)
        await alex.submits(alex.modal, {"0:urgent": "true"})
        await alex.clicks(await office.shown("Confirm", besides=question), "Confirm")
        await discord.until(lambda: office.world.ran)

    assert given(office) == [{"urgent": True}]


async def test_a_value_that_does_not_fit_is_told_and_the_card_stays(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await edited(office, alex)
        await alex.submits(alex.modal, {"0:days": "many"})
        await told(discord, alex, "days: This must be a number.")
        assert buttons_of(question) == ["Confirm", "Edit", "Cancel"]
        await alex.clicks(question, "Confirm")
        await reads(discord, question, "Confirmed")

    assert given(office) == [{"days": 2, "kind": "holiday"}]


async def test_more_than_a_form_holds_stays_as_it_is(discord: DiscordSimulator) -> None:
    names = [f"p{n}" for n in range(7)]
    order = action("order", *map(text_parameter, names), effect=Effect.WRITE)
    office = Office(discord, World(order, plans=(calls(("order", dict.fromkeys(names, "old"))),)))
    alex = office.person("alex")
    async with office.open():
        question = await edited(office, alex, "Order the old ones")
        assert list(await opened(discord, alex)) == ["0:p0", "0:p1", "0:p2", "0:p3"]
        assert "more than can be edited here" in str(alex.modal.data)
        await alex.submits(alex.modal, {"0:p0": "new"})
        await alex.clicks(await office.shown("Confirm", besides=question), "Confirm")
        await discord.until(lambda: office.world.ran)

    assert given(office) == [{**dict.fromkeys(names, "old"), "p0": "new"}]


async def test_two_actions_are_edited_side_by_side(discord: DiscordSimulator) -> None:
    first, second = (action(name, DAYS, effect=Effect.WRITE) for name in ("book", "cancel-trip"))
    plan = calls(("book", {"days": 1}), ("cancel-trip", {"days": 2}))
    office = Office(discord, World(first, second, plans=(plan,)))
    alex = office.person("alex")
    async with office.open():
        question = await edited(office, alex, "Book 1 day, and cancel the trip of 2 days")
        assert [each["label"] for each in alex.modal.data["components"]] == ["Book: days", "Cancel trip: days"]
        await alex.submits(alex.modal, {"1:days": "5"})
        await alex.clicks(await office.shown("Confirm", besides=question), "Confirm")
        await discord.until(lambda: len(office.world.ran) == 2)

    assert sorted(each["days"] for each in given(office)) == [1, 5]


async def test_a_form_outlives_the_bot(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await edited(office, alex)
    async with office.open():
        submitted = await alex.submits(alex.modal, {"0:days": "3"})
        changed = await office.shown("Confirm", besides=question)
        replayed(discord, submitted)

    assert "days: 3" in changed.text
    assert alex.warnings == []
    assert len(office.world.approvals.approvals) == 2


async def test_a_form_of_somebody_elses_changes_nothing(office: Office, discord: DiscordSimulator) -> None:
    alex, sam = office.person("alex"), office.person("sam")
    async with office.open():
        question = await edited(office, alex)
        stolen = replace(alex.modal, user=sam.id)
        discord.core.modals[sam.id] = stolen
        await sam.submits(stolen, {"0:days": "9"})
        await told(discord, sam, "does not wait for you any more")

    assert buttons_of(question) == ["Confirm", "Edit", "Cancel"]
    assert len(office.world.approvals.approvals) == 1


async def test_an_edit_that_comes_too_late_says_so_and_changes_nothing(
    office: Office, discord: DiscordSimulator
) -> None:
    alex = office.person("alex")
    async with office.open():
        await edited(office, alex)
        office.world.clock.forward(minutes=11)
        await alex.submits(alex.modal, {"0:days": "3"})
        await told(discord, alex, "has expired. Nothing was run")

    assert office.world.ran == []
    assert len(office.world.approvals.approvals) == 1


@pytest.mark.parametrize("code", [10062, 40060, 50035])
async def test_a_form_that_discord_does_not_open_is_told(office: Office, discord: DiscordSimulator, code: int) -> None:
    alex = office.person("alex")
    async with office.open():
        question = await card(office, alex)
        discord.faults.next("POST /interactions/*", refusal(400, code))
        await alex.clicks(question, "Edit")
        await told(discord, alex, "too little time")

    assert buttons_of(question) == ["Confirm", "Edit", "Cancel"]
    assert alex.warnings == []


async def test_a_form_that_nobody_knows_is_answered(office: Office, discord: DiscordSimulator) -> None:
    alex = office.person("alex")
    async with office.open():
        await edited(office, alex)
        alex.modal.data["custom_id"] = "of-an-older-version"
        await alex.submits(alex.modal)
        await told(discord, alex, "I do not know this form")

    assert len(office.world.approvals.approvals) == 1
