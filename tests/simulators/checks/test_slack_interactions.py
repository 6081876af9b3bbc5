"""Buttons, modals, menus, shortcuts, commands, Home and response addresses, over both links."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.simulators.checks.bots import BOTH, Echo, Link, over_sockets
from tests.simulators.slack import Message, SlackSimulator

Body = dict[str, Any]
BUTTON = {"type": "button", "action_id": "go", "value": "pending-1", "text": {"type": "plain_text", "text": "Go"}}
ACTIONS: list[Body] = [{"type": "actions", "block_id": "b", "elements": [BUTTON]}]
OPTIONS = [{"text": {"type": "plain_text", "text": word}, "value": word.lower()} for word in ("Red", "Blue")]
MODAL: Body = {
    "type": "modal", "callback_id": "reason", "title": {"type": "plain_text", "text": "Why?"},
    "submit": {"type": "plain_text", "text": "Send"}, "notify_on_close": True, "private_metadata": "m",
    "blocks": [
        {"type": "input", "block_id": "why", "label": {"type": "plain_text", "text": "Reason"},
         "element": {"type": "plain_text_input", "action_id": "text"}},
        {"type": "input", "block_id": "colour", "optional": True, "label": {"type": "plain_text", "text": "Colour"},
         "element": {"type": "static_select", "action_id": "pick", "options": OPTIONS}},
    ],
}  # fmt: skip


async def posted(session: aiohttp.ClientSession, url: str) -> int:
    """The status of one post to a response address."""
    async with session.post(url, json={"text": "x"}) as answer:
        return answer.status


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator() as running:
        running.workspace.channel("#support")
        yield running


async def card(slack: SlackSimulator, echo: Echo) -> Message:
    """A message with one button."""
    posted = await echo.app.client.chat_postMessage(channel="#support", text="Sure?", blocks=ACTIONS)
    found = slack.workspace.find(posted["channel"], posted["ts"])
    assert found
    return found


@BOTH
async def test_a_click_is_acknowledged_and_answered_three_ways(slack: SlackSimulator, link: Link) -> None:
    echo, alex, bodies = Echo(slack), slack.workspace.person("alex"), list[Body]()

    @echo.app.action("go")
    async def go(ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        await ack()
        bodies.append(body)
        await respond("for your eyes")
        await respond("Done by alex", replace_original=True)

    async with link(slack, echo.app):
        message = await card(slack, echo)
        await alex.clicks(message, "go")
        await slack.workspace.until(lambda _: message.text == "Done by alex")
    assert bodies[0]["actions"][0]["value"] == "pending-1"
    assert bodies[0]["container"]["message_ts"] == message.ts
    assert alex.private("#support")[0].text == "for your eyes"
    with pytest.raises(AssertionError, match="nothing to click named go"):
        await alex.clicks(message, "go")


@BOTH
async def test_a_click_that_nobody_acknowledges_warns_the_person_and_is_not_repeated(
    slack: SlackSimulator, link: Link
) -> None:
    echo, alex, called = Echo(slack), slack.workspace.person("alex"), list[str]()

    @echo.app.action("go")
    async def go() -> None:
        called.append("go")
        slack.core.changes.tell()
        await asyncio.sleep(0)

    async with link(slack, echo.app):
        message = await card(slack, echo)
        click = await alex.clicks(message, "go", wait=False)
        await slack.until(lambda: called)
        slack.clock.advance(4)
        await slack.until(lambda: alex.warnings)
    assert called == ["go"]
    assert click.sent == 1
    assert alex.warnings[0] in ("operation_timeout", "dispatch_failed")


async def test_a_slow_client_clicks_what_is_no_longer_there(slack: SlackSimulator) -> None:
    echo, alex, replaced = Echo(slack), slack.workspace.person("alex"), list[str]()

    @echo.app.action("go")
    async def go(ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        replaced.append(body["actions"][0]["block_id"])
        await ack()
        await respond("Too late", replace_original=True)

    async with over_sockets(slack, echo.app):
        message = await card(slack, echo)
        stale = copy.deepcopy(message)
        await echo.app.client.chat_update(channel=message.channel, ts=message.ts, text="Expired", blocks=[])
        await alex.clicks(stale, "go")
        await slack.workspace.until(lambda _: message.text == "Too late")
    assert replaced == ["b"]


async def test_what_comes_without_an_id_gets_one(slack: SlackSimulator) -> None:
    web = Echo(slack).app.client
    posted = await web.chat_postMessage(channel="#support", text="x", blocks=[{"type": "divider"}, {"type": "divider"}])
    first, second = (each["block_id"] for each in posted["message"]["blocks"])
    assert first != second


@BOTH
async def test_a_modal_from_click_to_correction_to_the_end(slack: SlackSimulator, link: Link) -> None:
    echo, alex, sent, closed = Echo(slack), slack.workspace.person("alex"), list[Body](), list[str]()

    @echo.app.action("go")
    async def go(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    @echo.app.view("reason")
    async def submitted(ack: AsyncAck, view: Body) -> None:
        sent.append(view["state"]["values"])
        if len(view["state"]["values"]["why"]["text"]["value"]) < 3:
            await ack(response_action="errors", errors={"why": "Longer, please"})
        else:
            await ack()

    @echo.app.view_closed("reason")
    async def gone(ack: AsyncAck, view: Body) -> None:
        closed.append(view["private_metadata"])
        await ack()

    async with link(slack, echo.app):
        message = await card(slack, echo)
        await alex.clicks(message, "go")
        await slack.workspace.until(lambda w: w.modals.get(alex.user.id))
        with pytest.raises(AssertionError, match="Reason is required"):
            await alex.submits(alex.modal, {"pick": "blue"})
        await alex.submits(alex.modal, {"text": "x"})
        assert alex.modal.errors == {"why": "Longer, please"}
        await alex.submits(alex.modal, {"text": "it is late", "pick": "blue"})
        assert slack.workspace.modals[alex.user.id] == []
        await alex.clicks(message, "go")
        await slack.workspace.until(lambda w: w.modals.get(alex.user.id))
        await alex.closes(alex.modal)
    assert sent[1]["colour"]["pick"]["selected_option"]["value"] == "blue"
    assert closed == ["m"]


async def test_a_trigger_is_good_once_and_for_three_seconds(slack: SlackSimulator) -> None:
    web, alex = Echo(slack).app.client, slack.workspace.person("alex")
    trigger = slack.core.trigger(alex.user.id)
    await web.views_open(trigger_id=trigger, view=MODAL)
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        await web.views_open(trigger_id=trigger, view=MODAL)
    old = alex.modal.hash
    await web.views_update(view_id=alex.modal.id, view=MODAL, hash=old)
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await web.views_update(view_id=alex.modal.id, view=MODAL, hash=old)
    late = slack.core.trigger(alex.user.id)
    slack.clock.advance(3.1)
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        await web.views_open(trigger_id=late, view=MODAL)
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        await web.views_open(trigger_id=late, view={**MODAL, "title": {"type": "plain_text", "text": "x" * 25}})


@BOTH
async def test_home_is_published_and_clicked(slack: SlackSimulator, link: Link) -> None:
    echo, alex = Echo(slack), slack.workspace.person("alex")

    @echo.app.event("app_home_opened")
    async def opened(event: Body, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": ACTIONS})

    @echo.app.action("go")
    async def go(ack: AsyncAck, body: Body, client: AsyncWebClient) -> None:
        await ack()
        done = [{"type": "section", "text": {"type": "mrkdwn", "text": "Done"}}]
        await client.views_publish(
            user_id=body["user"]["id"], view={"type": "home", "blocks": done}, hash=body["view"]["hash"]
        )

    async with link(slack, echo.app):
        await alex.opens_home()
        await slack.workspace.until(lambda w: w.homes)
        await alex.clicks(alex.home, "go")
        await slack.workspace.until(lambda w: "Done" in w.picture())
    with pytest.raises(SlackApiError, match="hash_conflict"):
        await echo.app.client.views_publish(
            user_id=alex.user.id, view={"type": "home", "blocks": ACTIONS}, hash="hash.old"
        )


@BOTH
async def test_commands_answer_in_the_acknowledgement_or_later_five_times(slack: SlackSimulator, link: Link) -> None:
    echo, alex, statuses = Echo(slack), slack.workspace.person("alex"), list[int]()

    @echo.app.command("/deskhand")
    async def command(ack: AsyncAck, body: Body, respond: AsyncRespond) -> None:
        await ack(f"Looking up {body['text']}")
        for number in range(6):
            answer = await respond(f"part {number}", response_type="in_channel")
            statuses.append(answer.status_code)
            slack.core.changes.tell()

    async with link(slack, echo.app):
        await alex.runs("/deskhand", "order 7", where="#support")
        await slack.until(lambda: len(statuses) == 6)
    assert len(slack.workspace.from_bot("#support")) == 5
    assert [each.text for each in alex.private("#support")] == ["Looking up order 7"]
    assert statuses == [200] * 5 + [404]


async def test_a_response_address_ends(slack: SlackSimulator) -> None:
    alex = slack.workspace.person("alex")
    async with aiohttp.ClientSession() as session:
        url, place = slack.core.response_url(slack.workspace.team, alex.dm.id, alex.user.id)
        assert await posted(session, url) == 200
        place.left = 0
        assert await posted(session, url) == 404
        place.left = 1
        slack.clock.advance(1_801)
        assert await posted(session, url) == 404


@BOTH
async def test_shortcuts_menus_and_feedback(slack: SlackSimulator, link: Link) -> None:
    echo, alex, heard = Echo(slack), slack.workspace.person("alex"), list[tuple[str, str]]()
    feedback = {"text": {"type": "plain_text", "text": "Good"}, "value": "good"}
    bad = {"text": {"type": "plain_text", "text": "Bad"}, "value": "bad"}
    external = {"type": "external_select", "action_id": "find"}
    blocks = [
        {"type": "context_actions", "elements": [
            {"type": "feedback_buttons", "action_id": "fb", "positive_button": feedback, "negative_button": bad}]},
        {"type": "actions", "elements": [external]},
    ]  # fmt: skip

    @echo.app.shortcut("ask_about")
    async def shortcut(ack: AsyncAck, body: Body) -> None:
        heard.append((body["type"], body.get("message", {}).get("text", "")))
        await ack()

    @echo.app.action("fb")
    async def voted(ack: AsyncAck, body: Body) -> None:
        heard.append((body["actions"][0]["type"], body["actions"][0]["value"]))
        await ack()

    @echo.app.options("find")
    async def options(ack: AsyncAck, body: Body) -> None:
        await ack(options=[each for each in OPTIONS if body["value"] in each["value"]])

    async with link(slack, echo.app):
        said = await alex.says("#support", "is this right?")
        await alex.uses_shortcut("ask_about", said)
        await alex.uses_shortcut("ask_about")
        posted = await echo.app.client.chat_postMessage(channel="#support", text="x", blocks=blocks)
        message = slack.workspace.find(posted["channel"], posted["ts"])
        assert message
        await alex.clicks(message, "fb", "negative")
        await echo.app.client.views_publish(
            user_id=alex.user.id, view={"type": "home", "blocks": [{"type": "actions", "elements": [external]}]}
        )
        found = await alex.searches(alex.home, "find", "bl")
    assert sorted(heard) == [("feedback_buttons", "bad"), ("message_action", "is this right?"), ("shortcut", "")]
    assert [each["value"] for each in found] == ["blue"]
