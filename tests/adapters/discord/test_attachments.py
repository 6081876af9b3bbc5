"""What comes with a question, what hostile people write, and what an answer brings along."""

from __future__ import annotations

import pytest

from bot.adapters.chat.listening import Listening
from bot.adapters.discord.config import Rules
from bot.domain.run import Document
from tests.adapters.discord.asking import SHIPPED, answered, heard, in_guild, written
from tests.adapters.discord.office import Office, looking_up
from tests.simulators.discord import DiscordSimulator, faults
from tests.simulators.discord.faults import Fault

NOT_READ = "(Attached error.log, which I cannot read.)"
FILES = {"error.log": b"boom: code 42"}


@pytest.fixture
def office(discord: DiscordSimulator) -> Office:
    return Office(discord, looking_up(99))


def asked(office: Office) -> str:
    """The text of the first question."""
    return next(turn.text for turn in office.world.turns.turns.values() if turn.speaker != "Referee")


async def test_a_text_that_comes_with_a_question_is_read_and_everything_else_is_named(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    files = {**FILES, "shot.png": b"\x89PNG", "huge.txt": b"x" * 50_000}
    async with office.open():
        await alex.says("#support", f"{discord.mention} what is this?", files=files)
        await answered(discord)

    assert asked(office).startswith("what is this?\n\nAttached error.log:\nboom: code 42")
    assert "(Attached shot.png, which I cannot read.)" in asked(office)
    assert "(Attached huge.txt, which I cannot read.)" in asked(office)


async def test_a_text_that_comes_in_pieces_is_read_to_its_end(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    lines = "".join(f"{number:04} all is well\n" for number in range(300))
    async with office.open():
        await alex.says("#support", f"{discord.mention} what is this?", files={"day.log": lines.encode()})
        await answered(discord)

    assert asked(office) == f"what is this?\n\nAttached day.log:\n{lines}".strip()


async def test_a_file_alone_is_a_question_in_direct_messages_and_in_a_post(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    forum = discord.guild.channel("help", kind="forum")
    office.rules = Rules(listening={forum.id: Listening.ALL}, patience=60.0)
    async with office.open():
        await alex.says(alex.dm, "", files=FILES)
        await answered(discord)
        await alex.posts(forum, "It breaks", "", files=FILES)
        await answered(discord, 2)

    texts = [turn.text for turn in office.world.turns.turns.values()]
    assert texts == ["Attached error.log:\nboom: code 42", "It breaks\n\nAttached error.log:\nboom: code 42"]


@pytest.mark.parametrize("fault", [faults.refusal(404, 0), faults.broken(500), faults.RESET], ids=["404", "500", "rst"])
async def test_a_file_that_cannot_be_had_is_named(office: Office, fault: Fault) -> None:
    discord, alex = office.discord, office.person("alex")
    discord.faults.next("CDN", fault, times=3)
    async with office.open():
        await alex.says("#support", f"{discord.mention} what is this?", files=FILES)
        await answered(discord)

    assert asked(office) == f"what is this?\n\n{NOT_READ}"


async def test_a_file_whose_address_has_run_out_is_named(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    discord.gateway.hold()
    await alex.says("#support", f"{discord.mention} what is this?", files=FILES)
    async with office.open():
        discord.clock.advance(90_000)
        discord.gateway.release()
        await answered(discord)

    assert asked(office) == f"what is this?\n\n{NOT_READ}"


async def test_bytes_that_are_no_text_do_no_harm(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    async with office.open():
        await alex.says(
            "#support", f"{discord.mention} what is this?", files={"a ||b|| @everyone.txt": b"\xff\xfe\x00\x80 end"}
        )
        await answered(discord)

    assert "end" in asked(office)
    assert discord.alarms == []


HOSTILE = (
    "@everyone", "@here", "<@&1>", "<@1>", "</ask:1>", "<t:99999999999999:R>", "<:a:1>", "```", "`" * 30, "||" * 50,
    "[x](javascript:alert(1))", "https://discord.gg/abc", "\u202egnp.exe", "\x00\x1b[31m", "\ud83d", "> " * 100,
    "#" * 99, "\\" * 500, "\n" * 50 + "x", "a" * 1_900, "👩‍👩‍👧" * 100, "e" + "\u0301" * 300, "💥" * 900, "-# small",
    "*" * 999, "' OR 1 --", "{{7*7}} ${x} %s %n", "<script>alert(1)</script>", "\u200b\u200b", "discord\u200b.gg/x",
)  # fmt: skip


async def test_hostile_questions_are_answered_and_call_nobody(office: Office) -> None:
    """As the question, as the name of the thread, and as what the action gives back."""
    discord, alex = office.discord, office.person("alex")
    replies = iter(HOSTILE)

    async def echo(*_: object) -> str:
        return next(replies)

    office.world.executor.behaviours["order-lookup"] = echo
    async with office.open():
        for number, text in enumerate(HOSTILE, 1):
            encoded = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            await office.asks(alex, f"{encoded} is what I ask")
            await answered(discord, number, "Order lookup")

    assert len(in_guild(discord)) == len(HOSTILE)
    assert discord.alarms == []
    assert all(1 <= len(thread.name) <= 100 for thread in discord.guild.threads())


@pytest.mark.parametrize("name", ["@everyone", "<@&1> admin", "```", "", "x" * 32, "\u202eevil", "Deskhand", "**b**"])
async def test_hostile_names_of_people_roles_and_channels_do_no_harm(office: Office, name: str) -> None:
    discord, alex = office.discord, office.person("alex", "agents")
    discord.guild.members[alex.id].nick = name or None
    alex.user.display = name
    discord.guild.role("agents").name = name or "-"
    support = discord.guild.channel("support")
    support.name = name or "-"
    async with office.open():
        said = await office.asks(
            alex, f"{support.mention} {alex.mention} {discord.guild.role('agents').mention}", support
        )
        await answered(discord)
        await alex.says(said.id, "and the other one?")
        await answered(discord, 2)

    assert discord.alarms == []


async def test_files_and_pictures_of_an_answer_are_attached(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    made = (Document("chart.png", "image/png", b"\x89PNG\r\n"), Document("rows.csv", "text/csv", b"a,b\n1,2\n"))
    office.world.executor.documents["order-lookup"] = made
    async with office.open():
        await office.asks(alex, "draw it")
        (answer,) = await answered(discord)

    assert [(file.name, file.content) for file in answer.attachments] == [(each.name, each.data) for each in made]
    assert "attachment://chart.png" in str(answer.components)


async def test_a_long_answer_is_a_beginning_and_a_file(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    long = "\n\n".join(f"Paragraph {number}: {'word ' * 60}" for number in range(120))

    async def told(*_: object) -> str:
        return long

    office.world.executor.behaviours["order-lookup"] = told
    async with office.open():
        await office.asks(alex, "tell me all")
        found = await answered(discord, 1, "Used: Order lookup")
        await heard(office)

    (file,) = [file for message in written(discord) for file in message.attachments]
    assert file.name == "answer.md"
    assert b"Paragraph 119" in file.content
    assert "Paragraph 0" in written(discord)[0].text
    assert len(written(discord)) <= 2
    assert found


async def test_an_answer_of_some_parts_comes_in_order_and_once(office: Office) -> None:
    discord, alex = office.discord, office.person("alex")
    text = "\n\n".join(f"Paragraph {number}: {'word ' * 60}" for number in range(20))

    async def told(*_: object) -> str:
        return text

    office.world.executor.behaviours["order-lookup"] = told
    async with office.open():
        await office.asks(alex, "tell me all")
        await answered(discord, 1, "Used: Order lookup")

    whole = "\n".join(message.text for message in written(discord))
    places = [whole.index(f"Paragraph {number}:") for number in range(20)]
    assert places == sorted(places)
    assert len(written(discord)) > 1
    assert SHIPPED not in whole
