"""What tests of buttons, forms and commands share."""

from __future__ import annotations

import copy
from typing import Any

from bot.domain.link import Link
from bot.domain.run import Document
from tests.adapters.discord.office import ASKED, BOOK, LOOKUP, Office, booking, buttons_of, looking
from tests.conversation.world import World
from tests.fakes import START
from tests.simulators.discord import Attachment, Channel, DiscordSimulator, Interaction, Message, Person, events

CHART = Document("chart.png", "image/png", b"png")


def booked(discord: DiscordSimulator, times: int = 1) -> Office:
    """Somebody asks to book, so many times."""
    return Office(discord, World(BOOK, plans=(booking(),) * times))


def both(discord: DiscordSimulator) -> Office:
    """Reads and writes are open; the first question is a read."""
    return Office(discord, World(LOOKUP, BOOK, plans=(looking(), booking())))


async def card(office: Office, person: Person, text: str = ASKED) -> Message:
    """The question about a booking that somebody asked for in a channel."""
    await office.asks(person, text)
    return await office.shown("Confirm")


async def private_card(office: Office, person: Person) -> Message:
    """The same, asked with a command."""
    await person.runs("/ask", where="#support", question="Book 2 days of holiday")
    return await whispered(office.discord, person, "Confirm")


async def whispered(discord: DiscordSimulator, person: Person, label: str, besides: Message | None = None) -> Message:
    """The private message with that button, once it is there."""
    found = await discord.guild.until(
        lambda _: next((m for m in person.private() if m is not besides and label in buttons_of(m)), None)
    )
    assert found
    return found


async def told(discord: DiscordSimulator, person: Person, words: str, times: int = 1) -> Message:
    """The private word with these words in it, once it is there so many times; the latest."""

    def found() -> list[Message] | None:
        words_ = [m for m in person.private() if words in m.text]
        return words_ if len(words_) >= times else None

    seen = await discord.guild.until(lambda _: found())
    assert seen
    return seen[-1]


async def reads(discord: DiscordSimulator, message: Message, words: str) -> None:
    """Return when the message has these words in it."""
    await discord.until(lambda: words in message.text)


async def said(discord: DiscordSimulator, words: str, where: Channel | None = None) -> Message:
    """The message of the bot with these words that all in a place can see, once it is there."""

    def found() -> Message | None:
        mine = [m for m in discord.core.messages.values() if m.author.id == discord.core.bot.id and not m.only_for]
        here = [m for m in mine if not m.deleted and (where is None or m.channel == where.id)]
        return next((m for m in here if words in m.text), None)

    seen = await discord.guild.until(lambda _: found())
    assert seen
    return seen


async def opened(discord: DiscordSimulator, person: Person) -> Any:
    """The fields of the form that the person has open, by custom id, once it is."""
    await discord.until(lambda: discord.core.modals.get(person.id))
    fields = [each["component"] for each in person.modal.data["components"] if "component" in each]
    return {each["custom_id"]: each for each in fields}


def answers(discord: DiscordSimulator) -> list[Message]:
    """The replies that all can see."""
    return [m for m in discord.guild.from_bot() if "Used:" in m.text]


def old_copy(message: Message, *buttons: tuple[str, str]) -> Message:
    """The message as it was, or with other buttons of an older version: custom id and label."""
    copied = copy.deepcopy(message)
    if buttons:
        row = [{"type": 2, "style": 2, "custom_id": each, "label": label} for each, label in buttons]
        copied.components = [{"type": 1, "components": row}]
    return copied


def replayed(discord: DiscordSimulator, pressed: Interaction) -> None:
    """The gateway tells of it once more."""
    events.interaction(discord.core, pressed)


def linked(office: Office, person: Person, email: str = "") -> None:
    """The person has proven an e-mail address."""
    name = f"discord:{person.id}"
    office.links.links[name] = Link(name, email or f"{person.user.name}@acme.example", START, "oauth")


def files_of(message: Message) -> list[Attachment]:
    """Its files."""
    return message.attachments


def refusals(discord: DiscordSimulator) -> list[tuple[str, int]]:
    """What Discord did not take."""
    return [(each.route, each.code) for each in discord.calls if each.status >= 400]


def given(office: Office) -> list[dict[str, Any]]:
    """The arguments of all that ran."""
    return [dict(arguments) for _, arguments in office.world.executor.ran]


def decisions(office: Office) -> list[str]:
    """What the audit log tells of questions."""
    return [each.kind for each in office.world.audit.events if each.kind.startswith("approval.")]
