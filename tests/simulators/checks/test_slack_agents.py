"""Streams, status lines, the agent's view, and alarms about live mentions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.models.messages.chunk import MarkdownTextChunk, TaskUpdateChunk
from slack_sdk.web.async_client import AsyncWebClient

from tests.simulators.checks.bots import Echo, client, over_sockets, refused
from tests.simulators.slack import AppConfig, Message, SlackSimulator, faults


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator() as running:
        running.workspace.channel("#support")
        yield running


@pytest.fixture
def web(slack: SlackSimulator) -> AsyncWebClient:
    return client(slack)


@pytest.fixture
async def question(slack: SlackSimulator) -> Message:
    return await slack.workspace.person("alex").says("#support", "where is order 7?")


def recipient(slack: SlackSimulator) -> dict[str, Any]:
    return {"recipient_team_id": slack.workspace.team, "recipient_user_id": slack.workspace.person("alex").user.id}


async def test_a_stream_grows_for_its_recipient_and_ends_for_all(
    slack: SlackSimulator, web: AsyncWebClient, question: Message
) -> None:
    alex, sam = slack.workspace.person("alex"), slack.workspace.person("sam")
    stream = await web.chat_stream(channel=question.channel, thread_ts=question.ts, **recipient(slack))
    await stream.append(chunks=[TaskUpdateChunk(id="1", title="Order lookup", status="in_progress")])
    await stream.append(chunks=[MarkdownTextChunk(text="It is **on its way**.")])
    await stream.append(chunks=[TaskUpdateChunk(id="1", title="Order lookup", status="complete", output="7 found")])
    assert "✓ Order lookup 7 found" in alex.sees("#support")
    assert "on its way" in alex.sees("#support")
    assert "on its way" not in sam.sees("#support")
    await stream.stop(blocks=[{"type": "context", "elements": [{"type": "mrkdwn", "text": "Used: Order lookup"}]}])
    assert "on its way" in sam.sees("#support")
    assert "Used: Order lookup" in sam.sees("#support")
    assert [each.method.partition(".")[2] for each in slack.calls] == [
        "startStream", "appendStream", "appendStream", "stopStream",
    ]  # fmt: skip


async def test_a_stream_dies_of_old_age_and_an_update_saves_the_text(
    slack: SlackSimulator, web: AsyncWebClient, question: Message
) -> None:
    stream = await web.chat_stream(channel=question.channel, thread_ts=question.ts, **recipient(slack))
    await stream.append(markdown_text="a" * 300)
    early = web.chat_update(channel=question.channel, ts=str(stream.ts), text="x")
    assert (await refused(early))["error"] == "streaming_state_conflict"
    slack.clock.advance(301)
    assert (await refused(stream.append(markdown_text="b" * 300)))["error"] == "message_not_in_streaming_state"
    assert (await refused(stream.stop()))["error"] == "message_not_in_streaming_state"
    await web.chat_update(channel=question.channel, ts=str(stream.ts), text="whole answer")
    assert "whole answer" in slack.workspace.person("sam").sees("#support")


async def test_stop_ends_the_stream_and_tells_the_app(
    slack: SlackSimulator, web: AsyncWebClient, question: Message
) -> None:
    echo, stopped = Echo(slack), list[dict[str, Any]]()

    @echo.app.event("agent_session_stopped")
    async def note(event: dict[str, Any]) -> None:
        stopped.append(event)
        slack.core.changes.tell()

    async with over_sockets(slack, echo.app):
        await web.agents_sessions_setStatus(channel_id=question.channel, thread_ts=question.ts, status="processing")
        stream = await web.chat_stream(channel=question.channel, thread_ts=question.ts, **recipient(slack))
        await stream.append(markdown_text="a" * 300)
        await slack.workspace.person("alex").stops(question)
        await slack.until(lambda: stopped)
        assert (await refused(stream.append(markdown_text="b" * 300)))["error"] == "stopped_by_user"
    assert stopped[0]["streaming_message_ts"] == [stream.ts]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"recipient_user_id": None}, "missing_recipient_user_id"),
        ({"recipient_team_id": None}, "missing_recipient_team_id"),
        ({"thread_ts": "1.000001"}, "thread_not_found"),
        ({"chunks": [{"type": "markdown_text", "text": "x" * 12_001}]}, "msg_too_long"),
        ({"chunks": [{"type": "task_update", "id": "1", "title": "x", "status": "done"}]}, "invalid_chunks"),
        ({"chunks": [{"type": "task_update", "id": "1", "title": "x", "output": "x" * 257}]}, "invalid_chunks"),
        ({"chunks": [{"type": "blocks", "blocks": [{"type": "divider"}] * 30}] * 2}, "msg_blocks_too_many"),
    ],
)
async def test_bad_streams_are_refused(
    slack: SlackSimulator, web: AsyncWebClient, question: Message, arguments: dict[str, Any], error: str
) -> None:
    asked = {"channel": question.channel, "thread_ts": question.ts, **recipient(slack), **arguments}
    given = {key: value for key, value in asked.items() if value is not None}
    assert (await refused(web.api_call("chat.startStream", json=given)))["error"] == error


async def test_a_cloud_without_streams() -> None:
    async with SlackSimulator(AppConfig(features_off=frozenset({"chat.startStream"}))) as slack:
        asked = client(slack).api_call("chat.startStream", json={"channel": "C1"})
        assert (await refused(asked))["error"] == "unknown_method"


async def test_a_status_goes_with_the_answer_or_after_two_minutes(
    slack: SlackSimulator, web: AsyncWebClient, question: Message
) -> None:
    async def status(text: str) -> None:
        await web.assistant_threads_setStatus(channel_id=question.channel, thread_ts=question.ts, status=text)

    await status("is checking Stripe…")
    assert "… Deskhand is checking Stripe…" in slack.workspace.person("alex").sees("#support")
    slack.clock.advance(120)
    assert slack.workspace.status("#support", question.ts) == ""
    await status("is checking again")
    await web.chat_postMessage(channel=question.channel, thread_ts=question.ts, text="done")
    assert slack.workspace.status("#support", question.ts) == ""


async def test_prompts_and_sessions_have_their_rules(slack: SlackSimulator, web: AsyncWebClient) -> None:
    alex = slack.workspace.person("alex")
    prompts = [{"title": "Orders", "message": "Where is order 7?"}]
    await web.assistant_threads_setSuggestedPrompts(channel_id=alex.dm.id, prompts=prompts)
    assert slack.workspace.prompts[alex.dm.id, ""] == prompts
    bad = web.agents_sessions_setStatus(channel_id=alex.dm.id, status="thinking")
    assert (await refused(bad))["error"] == "invalid_arguments"


async def test_the_old_side_panel_is_still_spoken(slack: SlackSimulator) -> None:
    echo, heard = Echo(slack), list[str]()

    @echo.app.event("assistant_thread_started")
    @echo.app.event("assistant_thread_context_changed")
    @echo.app.event("app_context_changed")
    async def note(event: dict[str, Any]) -> None:
        heard.append(event["type"])
        slack.core.changes.tell()

    alex = slack.workspace.person("alex")
    async with over_sockets(slack, echo.app):
        root = await alex.opens_assistant(beside="#support")
        await alex.looks_at("#support", root)
        await alex.looks_at("#support")
        said = await alex.says(alex.dm, "hello", thread=root)
        await slack.until(lambda: echo.heard and len(heard) == 3)
    assert sorted(heard) == ["app_context_changed", "assistant_thread_context_changed", "assistant_thread_started"]
    assert echo.heard[0]["thread_ts"] == root.ts != said.ts


HOSTILE = [
    "<!channel>", "<!here|here>", "<!everyone>", "<!subteam^S012345>", "<!subteam^S012345|@helpers>", "<@U012345>",
    "<@W012345|boss>", "text <!CHANNEL> text", "[x](<!here>)", "`safe` <!here> `safe`", "**<@U012345>**",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
async def test_a_live_mention_raises_an_alarm_wherever_it_hides(
    slack: SlackSimulator, web: AsyncWebClient, question: Message, text: str
) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": text}}
    await web.chat_postMessage(channel="#support", text=text)
    await web.chat_postMessage(channel="#support", text="x", blocks=[section])
    await web.chat_postMessage(channel="#support", text="x", blocks=[{"type": "markdown", "text": text}])
    await web.chat_postMessage(channel="#support", markdown_text=text)
    half = len(text) // 2
    stream = await web.chat_stream(channel=question.channel, thread_ts=question.ts, **recipient(slack))
    await stream.append(chunks=[MarkdownTextChunk(text=text[:half])])
    await stream.append(chunks=[MarkdownTextChunk(text=text[half:])])
    places = [each.where for each in slack.workspace.alarms]
    assert [each for each in places if "Stream" not in each] == [
        "chat.postMessage /text", "chat.postMessage /blocks/0/text/text", "chat.postMessage /blocks/0/text",
        "chat.postMessage /markdown_text",
    ]  # fmt: skip
    assert any("Stream" in each for each in places), "also when it comes in two chunks"


@pytest.mark.parametrize(
    "element",
    [
        {"type": "user", "user_id": "U012345"},
        {"type": "usergroup", "usergroup_id": "S012345"},
        {"type": "broadcast", "range": "here"},
    ],
)
async def test_mentions_as_elements_are_live(slack: SlackSimulator, web: AsyncWebClient, element: Any) -> None:
    rich = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [element]}]}
    await web.chat_postMessage(channel="#support", text="x", blocks=[rich])
    assert len(slack.workspace.alarms) == 1


async def test_names_are_live_only_when_slack_is_asked_to_link_them(slack: SlackSimulator, web: AsyncWebClient) -> None:
    await web.chat_postMessage(channel="#support", text="@channel look")
    assert slack.workspace.alarms == []
    await web.chat_postMessage(channel="#support", text="@channel look", link_names=True)
    await web.chat_postMessage(channel="#support", text="@alex look", parse="full")
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "@sam look"}}
    await web.chat_postMessage(channel="#support", text="x", blocks=[section], link_names=True)
    assert [each.live for each in slack.workspace.alarms] == ["@channel", "@alex", "@sam"]


async def test_what_is_not_live_raises_nothing(slack: SlackSimulator, web: AsyncWebClient) -> None:
    for text in ("&lt;!channel&gt;", "@here", "a < b > c", "<https://example.com|here>", "mail@here.example"):
        await web.chat_postMessage(channel="#support", text=text)
        slack.clock.advance(1)
    for code in ("`<!here>`", "```\n<!here>\n```", "~~~py\n<@U012345>\n~~~\n", "``a ` <!here>``"):
        await web.chat_postMessage(channel="#support", markdown_text=code)
        slack.clock.advance(1)
    plain = {"type": "header", "text": {"type": "plain_text", "text": "<!here>"}}
    await web.chat_postMessage(channel="#support", text="x", blocks=[plain])
    slack.workspace.may_mention.add("U0WANTED")
    await web.chat_postMessage(channel="#support", text="<@U0WANTED> please confirm")
    assert slack.workspace.alarms == []


async def test_a_wanted_mention_does_not_cover_another(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.workspace.may_mention.add("U0WANTED")
    await web.chat_postMessage(channel="#support", text="<@U0WANTED> <@U0OTHER> <@U0WANTED2> <!here>")
    assert [each.live for each in slack.workspace.alarms] == ["<@U0OTHER>", "<@U0WANTED2>", "<!here>"]


async def test_code_does_not_hide_a_mention_in_mrkdwn(slack: SlackSimulator, web: AsyncWebClient) -> None:
    await web.chat_postMessage(channel="#support", text="`<!here>`")
    assert [each.live for each in slack.workspace.alarms] == ["<!here>"]


async def test_a_view_names_people_without_calling_them_but_never_everybody(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    alex = slack.workspace.person("alex")
    section = {"type": "section", "text": {"type": "mrkdwn", "text": f"{alex.mention} <!channel>"}}
    await web.views_publish(user_id=alex.user.id, view={"type": "home", "blocks": [section]})
    assert [each.live for each in slack.workspace.alarms] == ["<!channel>"]


async def test_a_stream_start_may_be_refused_for_its_rate(
    slack: SlackSimulator, web: AsyncWebClient, question: Message
) -> None:
    slack.faults.next("chat.startStream", faults.too_many(30))
    stream = await web.chat_stream(channel=question.channel, thread_ts=question.ts, **recipient(slack))
    with pytest.raises(SlackApiError, match="ratelimited"):
        await stream.append(chunks=[MarkdownTextChunk(text="x")])


async def test_a_channel_that_is_archived_takes_no_streams(
    slack: SlackSimulator, web: AsyncWebClient, question: Message
) -> None:
    stream = await web.chat_stream(channel=question.channel, thread_ts=question.ts, **recipient(slack))
    await stream.append(chunks=[MarkdownTextChunk(text="It is on")])
    slack.workspace.channels[question.channel].archived = True
    where: dict[str, Any] = {"channel": question.channel, "ts": stream.ts}
    chunks = [{"type": "markdown_text", "text": " its way"}]
    begin = web.chat_startStream(channel=question.channel, thread_ts=question.ts, **recipient(slack))
    assert (await refused(begin))["error"] == "is_archived"
    assert (await refused(web.chat_appendStream(**where, chunks=chunks)))["error"] == "is_archived"
    assert (await refused(web.chat_stopStream(**where)))["error"] == "is_archived"
    assert [message.text for message in slack.workspace.from_bot()] == ["It is on"]
