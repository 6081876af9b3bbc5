"""``chat.*Stream``: messages that grow. A stream dies of old age or by a person's Stop."""

from __future__ import annotations

from collections.abc import Iterable

from tests.simulators.slack import limits
from tests.simulators.slack.blocks import MARKDOWN
from tests.simulators.slack.methods.asking import Ask, Method
from tests.simulators.slack.methods.chat import new_message
from tests.simulators.slack.model import Channel, Message, Stream
from tests.simulators.slack.protocol import JSON, Refused

LIFETIME = 300.0
"""Seconds; users measure about five minutes, Slack says nothing."""
MOST_BLOCKS = 50


def _start(ask: Ask) -> JSON:
    channel = ask.writable()
    thread = ask.thread(channel)
    if thread is None:
        raise Refused("invalid_arguments", "[ERROR] missing required field: thread_ts")
    _check_recipient(ask, channel)
    if ask.get("task_display_mode", "timeline") not in ("timeline", "plan"):
        raise Refused("invalid_arguments", "[ERROR] invalid task_display_mode")
    now = ask.core.clock.now()
    message = new_message(ask, channel, thread)
    message.stream = Stream(now, ask.get("recipient_user_id"), ask.get("task_display_mode", "timeline"))
    _write(ask, message, message.stream)
    message.stream.first = message.stream.text
    ask.workspace.post(message)
    return {"channel": channel.id, "ts": message.ts}


def _append(ask: Ask) -> JSON:
    if not (ask.get("chunks") or ask.get("markdown_text")):
        raise Refused("invalid_arguments", "[ERROR] missing required field: markdown_text or chunks")
    message, stream = _live(ask)
    _write(ask, message, stream)
    ask.core.changes.tell()
    return {"channel": message.channel, "ts": message.ts}


def _stop(ask: Ask) -> JSON:
    message, stream = _live(ask)
    last = limits.check_blocks(ask.get("blocks"))
    previous = message.as_json(ask.workspace.files)
    _write(ask, message, stream)
    message.blocks, message.metadata = last, ask.get("metadata")
    stream.state = "done"
    if ask.get("session_status"):
        ask.workspace.sessions[message.channel, message.root] = ask.text("session_status")
    ask.workspace.change(message, previous)
    return {"channel": message.channel, "ts": message.ts, "message": message.as_json(ask.workspace.files)}


def _check_recipient(ask: Ask, channel: Channel) -> None:
    if channel.kind == "im":
        return
    for key in ("recipient_user_id", "recipient_team_id"):
        if not ask.text(key):
            raise Refused(f"missing_{key}")
    if ask.text("recipient_user_id") not in channel.members:
        raise Refused("user_not_in_channel")


def _live(ask: Ask) -> tuple[Message, Stream]:
    channel = ask.channel()
    if channel.archived:
        raise Refused("is_archived")
    message = ask.message(channel)
    if message.user != ask.workspace.bot.id:
        raise Refused("message_not_owned_by_app")
    expire(ask.workspace.messages, ask.core.clock.now())
    stream = message.stream
    if stream is None or stream.state in ("done", "expired"):
        raise Refused("message_not_in_streaming_state")
    if stream.state == "stopped":
        raise Refused("stopped_by_user")
    return message, stream


def expire(messages: Iterable[Message], now: float) -> None:
    """Streams that lived or idled too long are over."""
    for each in messages:
        stream = each.stream
        if stream and stream.state == "live" and now - stream.began >= LIFETIME:
            stream.state = "expired"


def _write(ask: Ask, message: Message, stream: Stream) -> None:
    if ask.get("markdown_text") is not None and ask.get("chunks"):
        raise Refused("markdown_text_conflict")
    if len(ask.text("markdown_text")) > MARKDOWN:
        raise Refused("msg_too_long")
    chunks = limits.check_chunks(ask.get("chunks"))
    added = [block for each in chunks if each["type"] == "blocks" for block in limits.check_blocks(each["blocks"])]
    if len(stream.blocks) + len(added) > MOST_BLOCKS:
        raise Refused("msg_blocks_too_many")
    stream.blocks += added
    stream.text += ask.text("markdown_text")
    for each in chunks:
        _take(stream, each)
    message.text = stream.text
    ask.workspace.watch(ask.method, {**ask.arguments, "chunks": _shown(chunks, stream)})


def _take(stream: Stream, chunk: JSON) -> None:
    """The same task again changes its card in place."""
    if chunk["type"] == "markdown_text":
        stream.text += chunk["text"]
    elif chunk["type"] == "plan_update":
        stream.plan = chunk["title"]
    elif chunk["type"] == "task_update":
        stream.tasks[chunk["id"]] = {**stream.tasks.get(chunk["id"], {}), **chunk}


def _shown(chunks: list[JSON], stream: Stream) -> list[JSON]:
    """For the alarms: the whole text, as a mention may come in two chunks."""
    others = [each for each in chunks if each["type"] != "markdown_text"]
    return [*others, {"type": "markdown_text", "text": stream.text}]


METHODS: dict[str, Method] = {"chat.startStream": _start, "chat.appendStream": _append, "chat.stopStream": _stop}
