"""Slack's limits of messages and blocks, met by the real Web API client."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.models import blocks as models
from slack_sdk.web.async_client import AsyncWebClient

from tests.simulators.checks.bots import client, refused
from tests.simulators.slack import SlackSimulator, administration

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "fine"}}
MANY = [SECTION] * 51
BUTTON: dict[str, Any] = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Go"}}


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator() as running:
        running.workspace.channel("#support")
        yield running


@pytest.fixture
def web(slack: SlackSimulator) -> AsyncWebClient:
    return client(slack)


@pytest.mark.parametrize(
    "blocks",
    [
        MANY,
        [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}],
        [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}],
        [{"type": "section"}],
        [{"type": "nonsense"}],
        [{**SECTION, "colour": "red"}],
        [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}],
        [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}],
        [{"type": "actions", "elements": [BUTTON, BUTTON]}],
        [{"type": "actions", "elements": [{**BUTTON, "value": "x" * 2001}]}],
        [{"type": "actions", "elements": [{**BUTTON, "url": "javascript:alert(1)"}]}],
        [{"type": "actions", "elements": [{**BUTTON, "action_id": str(n)} for n in range(26)]}],
        [{"type": "context", "elements": [{"type": "mrkdwn", "text": "x"}] * 11}],
        [{**SECTION, "block_id": "one"}, {**SECTION, "block_id": "one"}],
        [{"type": "table", "rows": [[{"type": "raw_text", "text": ""}]]}],
        [{"type": "data_table", "rows": [[{"type": "raw_text", "text": "a"}]] * 2}],
        [{"type": "task_card", "task_id": "1", "title": "x", "status": "running"}],
        "not a list",
    ],
)
async def test_bad_blocks_are_refused_with_reasons(slack: SlackSimulator, web: AsyncWebClient, blocks: Any) -> None:
    body = await refused(web.api_call("chat.postMessage", json={"channel": "#support", "text": "x", "blocks": blocks}))
    assert body["error"] == "invalid_blocks"
    assert body["response_metadata"]["messages"][0].startswith("[ERROR]")
    assert slack.workspace.messages == []


async def test_good_blocks_of_all_kinds_are_taken(slack: SlackSimulator, web: AsyncWebClient) -> None:
    cell = {"type": "raw_text", "text": "x"}
    feedback = {"text": {"type": "plain_text", "text": "Good"}, "value": "1"}
    rich = {"type": "rich_text_section", "elements": [{"type": "text", "text": "tool output"}]}
    await web.chat_postMessage(channel="#support", text="x", blocks=[
        SECTION, {"type": "divider"}, {"type": "markdown", "text": "**bold**"}, {"type": "alert", "text": "careful"},
        {"type": "table", "rows": [[cell, cell]]}, {"type": "rich_text", "elements": [rich]},
        {"type": "data_table", "caption": "Sums", "rows": [[cell], [{"type": "raw_number", "value": 4}]]},
        {"type": "plan", "title": "Plan", "tasks": [{"task_id": "1", "title": "Look", "status": "complete"}]},
        {"type": "actions", "elements": [BUTTON]},
        {"type": "context_actions", "elements": [{"type": "feedback_buttons", "action_id": "fb",
                                                  "positive_button": feedback, "negative_button": feedback}]},
    ])  # fmt: skip
    assert "✓ Look" in slack.workspace.picture()


async def test_what_the_sdk_models_make_is_taken(slack: SlackSimulator, web: AsyncWebClient) -> None:
    note = models.RichTextBlock(elements=[{"type": "rich_text_section", "elements": [{"type": "text", "text": "7"}]}])
    button = models.ButtonElement(text="Go", action_id="go", style="danger", confirm=models.ConfirmObject(
        title="Sure?", text="This pays", confirm="Pay", deny="Stop"))  # fmt: skip
    fine: list[models.Block] = [
        models.HeaderBlock(text="Title"), models.SectionBlock(text="words", accessory=button),
        models.ImageBlock(image_url="https://example.com/a.png", alt_text="a", title="A", block_id="picture"),
        models.ContextBlock(elements=[models.MarkdownTextObject(text="x")]), models.MarkdownBlock(text="# x"),
        models.TaskCardBlock(task_id="1", title="Look", status="complete", details=note),
        models.PlanBlock(title="Plan", tasks=[models.TaskCardBlock(task_id="2", title="See", status="error")]),
        models.AlertBlock(text="careful", level="warning"), models.CardBlock(title="Order", body="on its way"),
        models.CarouselBlock(elements=[models.CardBlock(title="One")]),
        models.ContainerBlock(title="More", child_blocks=[models.DividerBlock()], is_collapsible=True),
        models.TableBlock(rows=[[{"type": "raw_text", "text": "x"}]]),
    ]  # fmt: skip
    await web.chat_postMessage(channel="#support", text="x", blocks=fine)
    assert "[Go]" in slack.workspace.picture()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"channel": "C0NOWHERE", "text": "x"}, "channel_not_found"),
        ({"channel": "#secret", "text": "x"}, "channel_not_found"),
        ({"channel": "#old", "text": "x"}, "is_archived"),
        ({"text": "x", "markdown_text": "x"}, "markdown_text_conflict"),
        ({"markdown_text": "x" * 12_001}, "msg_too_long"),
        ({"text": "x", "blocks": [{"type": "markdown", "text": "x" * 6001}] * 2}, "msg_blocks_too_long"),
        ({"text": "x", "thread_ts": "12.5"}, "invalid_thread_ts"),
        ({"text": "x", "thread_ts": "1700000000.000001"}, "thread_not_found"),
        ({"text": "x", "metadata": "free words"}, "invalid_metadata_format"),
    ],
)
async def test_bad_messages_are_refused(
    slack: SlackSimulator, web: AsyncWebClient, arguments: dict[str, Any], error: str
) -> None:
    slack.workspace.channel("#secret", kind="group", with_bot=False)
    administration.archive(slack.workspace, slack.workspace.channel("#old"))
    assert (await refused(web.api_call("chat.postMessage", json={"channel": "#support"} | arguments)))["error"] == error


async def test_a_thread_is_named_by_its_root(slack: SlackSimulator, web: AsyncWebClient) -> None:
    root = await web.chat_postMessage(channel="#support", text="root")
    reply = await web.chat_postMessage(channel="#support", text="reply", thread_ts=root["ts"])
    nested = web.chat_postMessage(channel="#support", text="nested", thread_ts=reply["ts"])
    assert (await refused(nested))["error"] == "invalid_thread_ts"


async def test_edits_have_a_shorter_limit_in_bytes(web: AsyncWebClient) -> None:
    posted = await web.chat_postMessage(channel="#support", text="x")
    await web.chat_update(channel=posted["channel"], ts=posted["ts"], text="x" * 4000)
    too_long = web.chat_update(channel=posted["channel"], ts=posted["ts"], text="é" * 2001)
    assert (await refused(too_long))["error"] == "msg_too_long"
