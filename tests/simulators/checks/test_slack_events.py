"""Which events reach an app, and what is in them, over Socket Mode and signed HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.errors import SlackApiError

from tests.simulators.checks.bots import BOTH, Echo, Link, client
from tests.simulators.slack import SlackSimulator, administration
from tests.simulators.slack.model import ChannelType


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator() as running:
        running.workspace.channel("#support")
        yield running


@BOTH
async def test_a_mention_is_two_events_of_one_message(slack: SlackSimulator, link: Link) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    async with link(slack, echo.app):
        said = await alex.says("#support", f"<@{slack.workspace.bot.id}> a < b & c")
        answer = await slack.workspace.until(lambda w: w.from_bot("#support"))
        await slack.until(lambda: len(echo.heard) == 2)
        await slack.workspace.settled()
    twice = [each["event_id"] for each in echo.bodies if each["event"]["ts"] == said.ts]
    assert len(twice) == len(set(twice)) == 2
    assert {each["type"] for each in echo.heard if each["ts"] == said.ts} == {"app_mention", "message"}
    assert answer[0].thread_ts == said.ts
    assert "a &lt; b &amp; c" in answer[0].text
    assert "a < b & c" in alex.sees("#support")


@BOTH
async def test_subtypes_reach_the_message_listener(slack: SlackSimulator, link: Link) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    support = slack.workspace.channel("#support")
    async with link(slack, echo.app):
        said = await alex.says("#support", "frist")
        await alex.edits(said, "first")
        administration.unfurl(slack.workspace, said, "A page")
        await alex.says("#support", "a log", files={"app.log": b"boom"})
        await alex.says("#support", "for all", thread=said, broadcast=True)
        await alex.deletes(said)
        administration.bot_says(slack.workspace, "alertbot", support, "disk full", classic=True)
        await slack.workspace.settled()
        await slack.until(lambda: len(echo.heard) == 7)
    assert {each.get("subtype") for each in echo.heard} == {
        None, "message_changed", "file_share", "thread_broadcast", "message_deleted", "bot_message",
    }  # fmt: skip
    changes = [each for each in echo.heard if each.get("subtype") == "message_changed"]
    by_person = [each for each in changes if each["message"].get("edited") != each["previous_message"].get("edited")]
    assert (len(changes), len(by_person)) == (2, 1), "a preview of a link is a change by nobody"
    edited = by_person[0]
    assert (edited["previous_message"]["text"], edited["message"]["text"]) == ("frist", "first")


@BOTH
async def test_two_workspaces_share_the_app_and_nothing_else(slack: SlackSimulator, link: Link) -> None:
    globex, heard = slack.add_workspace("Globex", {"chat:write", "im:history"}), list[tuple[str, str]]()
    tokens = {each.team: each.bot_token for each in slack.workspaces.values()}

    async def authorize(team_id: str) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=None, team_id=team_id, bot_token=tokens[team_id], bot_id="B0", bot_user_id="U0"
        )

    app = AsyncApp(authorize=authorize, client=client(slack), signing_secret=slack.core.config.signing_secret)

    @app.event("message")
    async def answer(event: dict[str, Any], context: AsyncBoltContext) -> None:
        if "bot_id" not in event:
            heard.append((str(context.team_id), event["text"]))
            assert context.client
            await context.client.chat_postMessage(channel=event["channel"], text="seen")

    async with link(slack, app):
        for workspace in slack.workspaces.values():
            kim = workspace.person("kim")
            await kim.says(kim.dm, f"hello from {workspace.name}")
            await workspace.until(lambda w: w.from_bot())
    assert sorted(heard) == sorted([(slack.workspace.team, "hello from Acme"), (globex.team, "hello from Globex")])
    assert [each.text for each in globex.from_bot()] == ["seen"]


async def test_events_need_their_scope_their_subscription_and_membership() -> None:
    async with SlackSimulator(scopes={"chat:write", "app_mentions:read"}) as slack:
        alex, bot = slack.workspace.person("alex"), slack.workspace.bot
        slack.workspace.channel("#support")
        slack.workspace.channel("#elsewhere", with_bot=False)
        await alex.says("#support", f"<@{bot.id}> hi")
        await alex.says("#elsewhere", f"<@{bot.id}> hi")
        await alex.says(alex.dm, "hi")
        assert [each.event["type"] for each in slack.post.deliveries] == ["app_mention"]


@BOTH
async def test_an_envelope_without_an_event_and_the_end_of_an_installation(slack: SlackSimulator, link: Link) -> None:
    echo, gone = Echo(slack), list[str]()

    @echo.app.event("tokens_revoked")
    @echo.app.event("app_uninstalled")
    async def note(event: dict[str, Any]) -> None:
        gone.append(event["type"])
        slack.core.changes.tell()

    async with link(slack, echo.app):
        await echo.app.client.auth_test()
        administration.rate_limit_events(slack.workspace)
        administration.uninstall(slack.workspace)
        await slack.until(lambda: len(gone) == 2)
        with pytest.raises(SlackApiError, match="account_inactive"):
            await echo.app.client.auth_test()
    assert [each.event.get("type") for each in slack.post.deliveries] == [None, "app_uninstalled", "tokens_revoked"]


async def test_an_app_hears_nothing_of_channels_that_it_left(slack: SlackSimulator) -> None:
    alex, support = slack.workspace.person("alex"), slack.workspace.channel("#support")
    administration.remove_bot(slack.workspace, support)
    await alex.says(support, "just between us")
    assert [each.event["type"] for each in slack.post.deliveries] == ["member_left_channel", "channel_left"]
    administration.invite_bot(slack.workspace, support)
    await alex.says(support, "hello again")
    assert [each.event["type"] for each in slack.post.deliveries][2:] == ["member_joined_channel", "message"]


@BOTH
@pytest.mark.parametrize("kind", ["channel", "group", "mpim"])
async def test_every_kind_of_conversation(slack: SlackSimulator, link: Link, kind: ChannelType) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")
    place = slack.workspace.channel("place", kind=kind)
    async with link(slack, echo.app):
        await alex.says(place, "no mention")
        await slack.until(lambda: echo.heard)
        await slack.workspace.settled()
    assert (echo.heard[0]["channel"], echo.heard[0]["channel_type"]) == (place.id, kind)


@BOTH
async def test_reactions_and_members(slack: SlackSimulator, link: Link) -> None:
    echo, heard = Echo(slack), list[dict[str, Any]]()

    async def note(event: dict[str, Any]) -> None:
        heard.append(event)
        slack.core.changes.tell()

    for kind in ("reaction_added", "reaction_removed", "member_joined_channel"):
        echo.app.event(kind)(note)
    alex, sam = slack.workspace.person("alex"), slack.workspace.person("sam")
    async with link(slack, echo.app):
        said = await alex.says("#support", "hi")
        await sam.reacts(said, "eyes")
        await sam.unreacts(said, "eyes")
        await sam.joins("#support")
        await slack.until(lambda: len(heard) == 3 and len(echo.heard) == 2)
    by_type = {each["type"]: each for each in heard}
    assert by_type["reaction_added"]["item"] == {"type": "message", "channel": said.channel, "ts": said.ts}
    assert by_type["member_joined_channel"]["user"] == sam.user.id
    assert echo.heard[1]["subtype"] == "channel_join"
