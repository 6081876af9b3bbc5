"""Methods of the Web API: those that the adapter calls in its work, and the others by its client in a listener."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.desk import Rules
from bot.adapters.slack.edits import AGAIN
from bot.domain.plan import ActionCall
from bot.domain.run import Document
from bot.ports import Emit
from tests.adapters.slack.lines import MODAL, clock, config, connected, safe
from tests.adapters.slack.linking import OVER_HTTP
from tests.adapters.slack.test_installations import installed
from tests.adapters.slack.working import USED, answered, asks, looking_up, working
from tests.simulators.slack import Message, Person, SlackSimulator


@pytest.mark.covers("apps.connections.open", "auth.test")
@pytest.mark.parametrize("slack", ["socket"], indirect=True)
async def test_a_ticket_opens_the_line(slack: SlackSimulator) -> None:
    async with working(slack, looking_up()) as connection:
        alex = slack.workspace.person("alex")
        await alex.says(alex.dm, "where is my order?")
        await answered(slack)
        assert connection.health().connected
        assert len(slack.sockets.connections) == 1

    assert slack.sockets.connections == []


@pytest.mark.covers("assistant.threads.setStatus", "chat.postMessage", "chat.delete")
async def test_signs_of_work_come_and_go(slack: SlackSimulator) -> None:
    alex, world = slack.workspace.person("alex"), looking_up()
    lines: list[str] = []

    async def slow(call: ActionCall, emit: Emit) -> str:
        await slack.until(slack.workspace.from_bot)
        await slack.until(lambda: "Order lookup" in slack.workspace.status("#support", asked.ts))
        lines.append(slack.workspace.status("#support", asked.ts))
        return "shipped"

    world.executor.behaviours["order-lookup"] = slow
    async with working(slack, world):
        asked = await asks(slack, alex)
        (found,) = await answered(slack)

    assert lines
    assert slack.workspace.status("#support", asked.ts) == ""
    assert slack.workspace.from_bot() == [found], "the board of tasks has gone"


@pytest.mark.covers("files.getUploadURLExternal", "upload", "files.completeUploadExternal")
async def test_files_are_put_into_the_thread(slack: SlackSimulator) -> None:
    alex, world = slack.workspace.person("alex"), looking_up()
    world.executor.documents["order-lookup"] = (Document("chart.png", "image/png", b"\x89PNG"),)
    async with working(slack, world):
        asked = await asks(slack, alex)
        await slack.until(lambda: "chart.png" in alex.sees("#support", asked))
        await answered(slack)

    assert [file.content for file in slack.workspace.files.values()] == [b"\x89PNG"]
    assert alex.sees("#support").count("chart.png") == 1


@pytest.mark.covers("conversations.replies", "chat.postEphemeral", "block_actions(ephemeral)")
async def test_a_changed_question_is_read_anew_and_answered_once(slack: SlackSimulator) -> None:
    alex, world = slack.workspace.person("alex"), looking_up(2)
    async with working(slack, world):
        asked = await asks(slack, alex)
        await answered(slack)
        await alex.edits(asked, f"{slack.workspace.mention} where is order 8?")
        await slack.until(alex.private)
        for _ in range(2):
            await alex.clicks(alex.private()[0], AGAIN)
        await answered(slack, 2)

    assert [turn.text for turn in world.turns.turns.values()] == ["where is my order?", "where is order 8?"]


@pytest.mark.covers("conversations.open", "files.completeUploadExternal")
async def test_files_of_a_private_answer_come_in_direct_messages(slack: SlackSimulator) -> None:
    alex, world = slack.workspace.person("alex"), looking_up()
    world.executor.documents["order-lookup"] = (Document("chart.png", "image/png", b"png"),)
    rules = Rules(patience=0.0, private=frozenset({slack.workspace.channel("#support").id}))
    async with working(slack, world, rules):
        await asks(slack, alex)
        await slack.until(lambda: "chart.png" in alex.sees(alex.dm) and USED in alex.sees("#support"))
        await slack.workspace.settled()

    assert slack.workspace.from_bot("#support") == []


# What the adapter itself does not call: its client must be able to, on whichever line the event came.

Asks = Callable[[AsyncWebClient, Message, Person], Awaitable[Any]]
DAY = 86_400
HOME = {"type": "home", "blocks": [{"type": "divider"}]}


async def suggest(web: AsyncWebClient, said: Message, alex: Person) -> Any:
    prompts: list[dict[str, str]] = [{"title": "Orders", "message": "Where is my order?"}]
    return await web.assistant_threads_setSuggestedPrompts(
        channel_id=said.channel, thread_ts=said.ts, prompts=prompts, title="Try"
    )


async def rename(web: AsyncWebClient, said: Message, alex: Person) -> Any:
    await web.agents_sessions_setStatus(channel_id=said.channel, thread_ts=said.ts, status="processing")
    return await web.agents_sessions_rename(channel_id=said.channel, thread_ts=said.ts, title="An order")


async def change_home(web: AsyncWebClient, said: Message, alex: Person) -> Any:
    made = await web.views_publish(user_id=alex.user.id, view=HOME)
    return await web.views_update(view_id=made["view"]["id"], view=HOME)


async def open_form(web: AsyncWebClient, said: Message, alex: Person) -> Any:
    return await web.views_open(trigger_id=alex._core.trigger(alex.user.id), view=MODAL)


async def schedule(web: AsyncWebClient, said: Message, alex: Person) -> Any:
    at = int(float(said.ts)) + DAY
    return await web.chat_scheduleMessage(channel=said.channel, post_at=at, text="later")


OTHERS: dict[str, tuple[Asks, Callable[[Any, Message, Person], bool]]] = {
    "assistant.threads.setSuggestedPrompts": (suggest, lambda told, said, alex: told["ok"]),
    "assistant.threads.setTitle": (
        lambda web, said, alex: web.assistant_threads_setTitle(channel_id=said.channel, thread_ts=said.ts, title="x"),
        lambda told, said, alex: told["ok"],
    ),
    "agents.sessions.setStatus": (
        lambda web, said, alex: web.agents_sessions_setStatus(
            channel_id=said.channel, thread_ts=said.ts, status="active"
        ),
        lambda told, said, alex: told["ok"],
    ),
    "agents.sessions.rename": (rename, lambda told, said, alex: told["ok"]),
    "conversations.info": (
        lambda web, said, alex: web.conversations_info(channel=said.channel),
        lambda told, said, alex: told["channel"]["is_im"],
    ),
    "conversations.list": (
        lambda web, said, alex: web.conversations_list(types="public_channel"),
        lambda told, said, alex: [each["name"] for each in told["channels"]] == ["support"],
    ),
    "conversations.members": (
        lambda web, said, alex: web.conversations_members(channel=said.channel),
        lambda told, said, alex: alex.user.id in told["members"],
    ),
    "users.lookupByEmail": (
        lambda web, said, alex: web.users_lookupByEmail(email="alex@acme.example"),
        lambda told, said, alex: told["user"]["id"] == alex.user.id,
    ),
    "views.update": (change_home, lambda told, said, alex: told["view"]["type"] == "home"),
    "views.open": (open_form, lambda told, said, alex: alex.modal.id == told["view"]["id"]),
    "bots.info": (
        lambda web, said, alex: web.bots_info(),
        lambda told, said, alex: told["bot"]["name"] == "Deskhand",
    ),
    "team.info": (
        lambda web, said, alex: web.team_info(),
        lambda told, said, alex: told["team"]["name"] == "Acme",
    ),
    "chat.getPermalink": (
        lambda web, said, alex: web.chat_getPermalink(channel=said.channel, message_ts=said.ts),
        lambda told, said, alex: said.channel in told["permalink"],
    ),
    "chat.scheduleMessage": (schedule, lambda told, said, alex: bool(told["scheduled_message_id"])),
    "blocks.validate": (
        lambda web, said, alex: web.blocks_validate(blocks=[{"type": "dance"}]),
        lambda told, said, alex: len(told["errors"]) == 1,
    ),
    "auth.revoke": (lambda web, said, alex: web.auth_revoke(), lambda told, said, alex: told["revoked"]),
}


@pytest.mark.parametrize("method", [pytest.param(name, marks=pytest.mark.covers(name)) for name in OTHERS])
async def test_a_listener_may_call_what_the_adapter_does_not(slack: SlackSimulator, method: str) -> None:
    ask, is_right = OTHERS[method]
    alex = slack.workspace.person("alex", email="alex@acme.example")
    told: list[tuple[Any, str]] = []

    def register(app: AsyncApp) -> None:
        @app.event("message")
        async def calls(event: dict[str, Any], client: AsyncWebClient) -> None:
            said = slack.workspace.find(event["channel"], event["ts"])
            assert said
            told.append((await ask(client, said, alex), event["ts"]))
            slack.core.changes.tell()

    way = {"app_token": "", "signing_secret": slack.core.config.signing_secret} if OVER_HTTP[slack] else {}
    async with connected(slack, register, config(slack, **way)):
        said = await alex.says(alex.dm, "go")
        await slack.until(lambda: told)
        await slack.workspace.settled()

    assert is_right(told[0][0], said, alex)
    assert [ts for _, ts in told] == [said.ts]


@pytest.mark.covers("oauth.v2.access", "auth.test")
async def test_a_workspace_that_installed_us_is_answered_with_a_token_that_was_renewed(slack: SlackSimulator) -> None:
    slack.core.config = replace(slack.core.config, token_rotation=True)
    globex, keep, world = slack.add_workspace("Globex"), safe(), looking_up()
    async with aiohttp.ClientSession() as session:
        await installed(slack, session, keep, globex)
    app = slack.core.config
    many: dict[str, Any] = {"bot_token": "", "client_id": app.client_id, "client_secret": app.client_secret}
    slack.clock.advance(13 * 3_600)
    world.clock.now = clock(slack)()
    async with working(slack, world, keep=keep, **many):
        kim = globex.person("kim")
        await kim.says(kim.dm, "where is my order?")
        await slack.until(lambda: USED in kim.sees(kim.dm))
        await globex.settled()

    assert [bool(call.arguments.get("refresh_token")) for call in slack.called("oauth.v2.access")] == [False, True]
    assert kim.sees(kim.dm).count(USED) == 1
    assert slack.workspace.from_bot() == [], "nobody else hears of it"
