"""A small bot on the real slack-bolt that uses everything the page can show."""

from __future__ import annotations

import asyncio
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from tests.simulators.slack.protocol import JSON
from tests.simulators.slack.simulator import SlackSimulator

CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="420" height="150"><rect width="420" height="150" fill="#fff"/>'
    '<g fill="#2f7f86"><rect x="40" y="60" width="60" height="70"/><rect x="140" y="30" width="60" height="100"/>'
    '<rect x="240" y="80" width="60" height="50"/><rect x="340" y="45" width="60" height="85"/></g></svg>'
)


def words(text: str) -> JSON:
    """A section."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def button(label: str, action: str, **more: Any) -> JSON:
    """A button."""
    return {"type": "button", "action_id": action, "text": {"type": "plain_text", "text": label}, **more}


def vote(label: str, value: str) -> JSON:
    """One side of the feedback buttons."""
    return {"text": {"type": "plain_text", "text": label}, "value": value}


def task(status: str, key: str = "1", title: str = "Order lookup", output: str = "") -> JSON:
    """A task card of a stream."""
    more = {"output": output} if output else {}
    return {"type": "task_update", "id": key, "title": title, "status": status, **more}


PROGRESS = (
    task("complete", output="Found in 0.4 s"),
    task("error", "2", "Jira", "Timed out"),
    {"type": "markdown_text", "text": "Order **12345** left the warehouse *today*.\n\n"},
    {"type": "markdown_text", "text": "| step | when |\n|---|---|\n| packed | 09:12 |\n| sent | 10:40 |"},
)
FOOTER = {"type": "context", "elements": [{"type": "mrkdwn", "text": "Used: Order lookup ✓ 0.4 s · Jira ✗ timed out"}]}
FEEDBACK = {"type": "context_actions", "elements": [
    {"type": "feedback_buttons", "action_id": "feedback", "positive_button": vote("Helpful", "good"),
     "negative_button": vote("Not helpful", "bad")}]}  # fmt: skip
CARD = [
    words("*Issue a refund?*\nOrder *12345* · amount *£20.00* · asked by alex · expires in 10 minutes"),
    {"type": "actions", "elements": [
        button("Confirm", "confirm", style="primary", value="pending-1"), button("Edit", "edit"),
        button("Cancel", "no"),
    ]},
]  # fmt: skip
MODAL = {
    "type": "modal", "callback_id": "edit", "title": {"type": "plain_text", "text": "Edit the refund"},
    "submit": {"type": "plain_text", "text": "Save"}, "blocks": [
        {"type": "input", "block_id": "amount", "label": {"type": "plain_text", "text": "Amount in pounds"},
         "element": {"type": "plain_text_input", "action_id": "amount", "initial_value": "20.00"}},
    ],
}  # fmt: skip
HOME = [
    {"type": "header", "text": {"type": "plain_text", "text": "What I can do"}},
    words("*Order lookup* – where an order is\n*Refund* – asks before it pays"), {"type": "divider"},
    {"type": "actions", "elements": [button("Ask me something", "ask", style="primary")]},
]  # fmt: skip


class Showcase:
    """Answers mentions and direct messages in their thread."""

    def __init__(self, slack: SlackSimulator) -> None:
        self._slack = slack
        client = AsyncWebClient(token=slack.workspace.bot_token, base_url=slack.api_url)
        self._app = AsyncApp(client=client)
        self._handler = AsyncSocketModeHandler(self._app, slack.app_token)
        self._app.event("app_mention")(self._answer)
        self._app.event("message")(self._direct)
        self._app.event("app_home_opened")(self._home)
        self._app.action("edit")(self._edit)
        self._app.action("confirm")(self._confirmed)
        self._app.view("edit")(self._saved)
        self._app.command("/deskhand")(self._command)

    async def __aenter__(self) -> Showcase:
        await self._handler.connect_async()  # type: ignore[no-untyped-call]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._handler.close_async()  # type: ignore[no-untyped-call]

    async def _direct(self, event: JSON, client: AsyncWebClient) -> None:
        if event["channel_type"] == "im" and not event.get("subtype"):
            await self._answer(event, client)

    async def _answer(self, event: JSON, client: AsyncWebClient) -> None:
        channel, thread = str(event["channel"]), str(event.get("thread_ts", event["ts"]))
        await client.assistant_threads_setStatus(
            channel_id=channel, thread_ts=thread, status="is looking up the order…"
        )
        await asyncio.sleep(0.6)
        start: JSON = {"channel": channel, "thread_ts": thread, "recipient_user_id": event["user"],
                       "recipient_team_id": event["team"], "task_display_mode": "plan"}  # fmt: skip
        stream = await client.chat_startStream(**start, chunks=[task("pending"), task("in_progress", "2", "Jira")])
        said = {"channel": channel, "ts": stream["ts"]}
        for chunk in PROGRESS:
            await asyncio.sleep(0.4)
            await client.chat_appendStream(**said, chunks=[chunk])
        footer = {
            "type": "context",
            "elements": [{"type": "mrkdwn", "text": "Used: Order lookup ✓ 0.4 s · Jira ✗ timed out"}],
        }
        await client.chat_stopStream(**said, blocks=[footer, FEEDBACK])
        await client.files_upload_v2(
            channel=channel, thread_ts=thread, content=CHART, filename="sla.svg", title="Orders a day"
        )
        await client.chat_postMessage(channel=channel, thread_ts=thread, text="Issue a refund?", blocks=CARD)

    async def _home(self, event: JSON, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": HOME})

    async def _edit(self, ack: AsyncAck, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=MODAL)

    async def _confirmed(self, ack: AsyncAck, body: JSON, client: AsyncWebClient) -> None:
        await ack()
        done = [words(f"✓ *Refund issued* · £20.00 · confirmed by {body['user']['name']}")]
        await client.chat_update(
            channel=body["channel"]["id"], ts=body["message"]["ts"], text="Refund issued", blocks=done
        )

    async def _saved(self, ack: AsyncAck, view: JSON) -> None:
        amount = view["state"]["values"]["amount"]["amount"]["value"]
        if amount.replace(".", "", 1).isdigit():
            await ack()
        else:
            await ack(response_action="errors", errors={"amount": "Write an amount such as 20.00"})

    async def _command(self, ack: AsyncAck) -> None:
        await ack("Ask me about an order, or mention me in a channel.")
