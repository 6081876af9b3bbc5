"""Posts that nobody asked for, on the simulated Slack: once, with their files, and refused with the mend."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from bot.adapters.chat.pacing import Pacer
from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.poster import SlackPoster
from bot.domain.message import Platform
from bot.domain.post import Address
from bot.domain.run import Document
from bot.errors import PostRefused
from bot.ports import Posting
from tests.adapters.slack.desks import OneClient
from tests.fakes import counting
from tests.simulators.slack import Message, SlackSimulator
from tests.simulators.slack.faults import refusal

CHART = Document("sla.png", "image/png", b"\x89PNG\r\n\x1a\n")
TABLE = "**SLA digest**\n\n| Ticket | Left |\n| --- | --- |\n| #1 | 5 min |\n\nPlanned 09:00, ran 09:00 (UTC)."


@pytest.fixture
async def quiet() -> AsyncIterator[SlackSimulator]:
    """Posting hears nothing, so no line is connected."""
    async with SlackSimulator(rates=False) as simulator:
        simulator.workspace.channel("#sla")
        yield simulator


@pytest.fixture
async def outbox(quiet: SlackSimulator) -> AsyncIterator[Outbox]:
    async with Pacer(time.monotonic, asyncio.sleep) as pacer:
        yield Outbox(OneClient(quiet), pacer, asyncio.sleep, counting())


@pytest.fixture
def poster(quiet: SlackSimulator, outbox: Outbox) -> SlackPoster:
    return SlackPoster(outbox, quiet.workspace.team)


def posts(slack: SlackSimulator) -> list[Message]:
    return slack.workspace.from_bot()


async def test_a_post_is_made_once_with_its_files_below(quiet: SlackSimulator, poster: SlackPoster) -> None:
    channel = quiet.workspace.channel("#sla")
    posting = Posting("post/s1/9:00/0", Address(Platform.SLACK, channel.id), TABLE, (CHART,))

    first = await poster.post(posting)
    again = await poster.post(Posting(posting.key, posting.address, TABLE, (CHART,), again=True))

    assert again == first
    root, file = posts(quiet)
    assert "SLA digest" in str(root.blocks)
    assert root.thread_ts in ("", None, root.ts)
    assert file.thread_ts == root.ts
    assert str(first.conversation) == f"slack:{quiet.workspace.team}/{channel.id}:{root.ts}"
    assert root.ts.replace(".", "") in first.link


async def test_a_file_that_was_not_put_there_is_put_there_later(quiet: SlackSimulator, poster: SlackPoster) -> None:
    address = Address(Platform.SLACK, quiet.workspace.channel("#sla").id)
    await poster.post(Posting("k", address, "text"))

    await poster.post(Posting("k", address, "text", (CHART,), again=True))

    assert len(posts(quiet)) == 2


async def test_a_person_and_a_thread_are_places(quiet: SlackSimulator, poster: SlackPoster) -> None:
    kim = quiet.workspace.person("kim", email="kim@acme.example")
    channel = quiet.workspace.channel("#sla")
    root = await poster.post(Posting("k0", Address(Platform.SLACK, channel.id), "root"))
    thread = root.conversation.thread

    direct = await poster.post(Posting("k1", Address(Platform.SLACK, kim.user.id, person=True), "for you"))
    below = await poster.post(Posting("k2", Address(Platform.SLACK, channel.id, thread), "below"))

    assert "/D" in direct.conversation.channel
    assert below.conversation == root.conversation
    assert posts(quiet)[-1].thread_ts == thread


async def test_places_are_read_as_people_write_them(quiet: SlackSimulator, poster: SlackPoster) -> None:
    kim = quiet.workspace.person("kim", email="kim@acme.example")
    sla, team = quiet.workspace.channel("#sla"), quiet.workspace.team
    wanted = Address(Platform.SLACK, f"{team}/{sla.id}")

    for text in ("#sla", sla.id, f"<#{sla.id}|sla>", f"https://acme.slack.com/archives/{sla.id}"):
        assert await poster.read_address(text) == wanted
    link = f"https://acme.slack.com/archives/{sla.id}/p1700000000000100"
    assert await poster.read_address(link) == Address(Platform.SLACK, f"{team}/{sla.id}", "1700000000.000100")
    for text in (f"@{kim.user.id}", f"<@{kim.user.id}>", "kim@acme.example"):
        assert await poster.read_address(text) == Address(Platform.SLACK, f"{team}/{kim.user.id}", person=True)


@pytest.mark.parametrize(
    ("text", "mend"), [("#nowhere", "/invite"), ("C0NOTHERE", "/invite"), ("elsewhere", "Write #channel"),
                       ("@nobody@acme.example", "Choose another person"), ("U0NOBODY", "Choose another one")],
)  # fmt: skip
async def test_no_place_is_refused_with_the_mend(poster: SlackPoster, text: str, mend: str) -> None:
    with pytest.raises(PostRefused, match=mend):
        await poster.read_address(text)


async def test_a_closed_channel_is_refused_with_the_mend(quiet: SlackSimulator, poster: SlackPoster) -> None:
    channel = quiet.workspace.channel("#sla")
    channel.archived = True

    with pytest.raises(PostRefused, match="archived"):
        await poster.post(Posting("k", Address(Platform.SLACK, channel.id), "text"))
    with pytest.raises(PostRefused, match="archived"):
        await poster.read_address(channel.id)


@pytest.mark.parametrize(
    ("ending", "mend"), [("", "Let an administrator allow me"), ("_read_only_channel", "Let an administrator allow me"),
                         ("_thread_only_channel", "link of a message"), ("_thread_locked", "thread is locked"),
                         ("_non_threadable_channel", "reply in threads"), ("_of_tomorrow", "an administrator")],
)  # fmt: skip
async def test_a_channel_for_some_is_refused_with_the_mend(
    quiet: SlackSimulator, poster: SlackPoster, ending: str, mend: str
) -> None:
    quiet.faults.next("chat.postMessage", refusal(f"restricted_action{ending}"))

    with pytest.raises(PostRefused, match=mend):
        await poster.post(Posting("k", Address(Platform.SLACK, quiet.workspace.channel("#sla").id), "text"))


async def test_where_there_are_several_workspaces_a_place_names_its_own(quiet: SlackSimulator, outbox: Outbox) -> None:
    poster, channel, team = SlackPoster(outbox), quiet.workspace.channel("#sla"), quiet.workspace.team

    with pytest.raises(PostRefused, match="several workspaces"):
        await poster.post(Posting("k", Address(Platform.SLACK, channel.id), "text"))
    await poster.post(Posting("k", Address(Platform.SLACK, f"{team}/{channel.id}"), "text"))

    assert len(posts(quiet)) == 1
