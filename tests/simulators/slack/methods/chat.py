"""``chat.*``: messages."""

from __future__ import annotations

from tests.simulators.slack import limits
from tests.simulators.slack.methods.asking import Ask, Method
from tests.simulators.slack.model import Channel, Message
from tests.simulators.slack.protocol import JSON, Refused

SCHEDULE_AHEAD = 120 * 86_400


def new_message(ask: Ask, channel: Channel, thread: str | None = None) -> Message:
    """A message of the bot, not posted yet."""
    workspace = ask.workspace
    return Message(
        channel.id, ask.core.ids.ts(), workspace.bot.id, "", workspace.team, thread_ts=thread,
        bot_id=workspace.bot_id, app_id=ask.core.config.app_id,
    )  # fmt: skip


def _fill(ask: Ask, message: Message) -> Message:
    limits.check_content(ask.arguments)
    message.blocks = limits.check_blocks(ask.get("blocks"))
    message.attachments = limits.check_attachments(ask.get("attachments"))
    message.markdown = ask.text("markdown_text")
    message.text = limits.shown(ask.text("text") or message.markdown)
    message.truncated = len(message.text) < len(ask.text("text"))
    message.metadata = ask.get("metadata")
    message.broadcast = ask.true("reply_broadcast")
    ask.workspace.watch(ask.method, ask.arguments)
    return message


def _post(ask: Ask) -> JSON:
    channel = ask.writable(public=True)
    message = ask.workspace.post(_fill(ask, new_message(ask, channel, ask.thread(channel))))
    return {"channel": channel.id, "ts": message.ts, "message": message.as_json(ask.workspace.files)}


def _post_ephemeral(ask: Ask) -> JSON:
    channel = ask.writable()
    if ask.user().id not in channel.members:
        raise Refused("user_not_in_channel")
    message = _fill(ask, new_message(ask, channel, ask.thread(channel)))
    message.only_for = ask.user().id
    ask.workspace.post(message)
    return {"message_ts": message.ts}


def own(ask: Ask, channel: Channel, error: str) -> Message:
    """A message that this app wrote."""
    message = ask.message(channel)
    if message.user != ask.workspace.bot.id:
        raise Refused(error)
    return message


def _update(ask: Ask) -> JSON:
    """Blocks that are not sent again stay as they were. docs.slack.dev/reference/methods/chat.update."""
    channel = ask.writable()
    message = own(ask, channel, "cant_update_message")
    if message.stream and message.stream.state == "live":
        raise Refused("streaming_state_conflict")
    limits.check_content(ask.arguments)
    limits.check_update_text(ask.text("text"))
    sent = limits.check_blocks(ask.get("blocks"))
    attachments = limits.check_attachments(ask.get("attachments"))
    previous = message.as_json(ask.workspace.files)
    message.blocks = sent if ask.get("blocks") is not None else message.blocks
    message.attachments = attachments if ask.get("attachments") is not None else message.attachments
    message.markdown = ask.text("markdown_text")
    message.text = ask.text("text") or message.markdown or message.text
    message.metadata = ask.get("metadata", message.metadata)
    message.stream = None
    message.edited = {"user": ask.workspace.bot.id, "ts": ask.core.ids.ts()}
    ask.workspace.watch(ask.method, ask.arguments)
    ask.workspace.change(message, previous)
    return {"channel": channel.id, "ts": message.ts, "text": message.text,
            "message": message.as_json(ask.workspace.files)}  # fmt: skip


def _delete(ask: Ask) -> JSON:
    channel = ask.channel()
    message = own(ask, channel, "cant_delete_message")
    ask.workspace.remove(message)
    return {"channel": channel.id, "ts": message.ts}


def _permalink(ask: Ask) -> JSON:
    channel = ask.channel()
    message = ask.message(channel, "message_ts")
    link = f"https://{ask.workspace.name.lower()}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


def _schedule(ask: Ask) -> JSON:
    """Only recorded: the message is not posted when its time comes."""
    channel = ask.writable(public=True)
    message = _fill(ask, new_message(ask, channel, ask.thread(channel)))
    at = float(ask.get("post_at"))
    if at <= ask.core.clock.now():
        raise Refused("time_in_past")
    if at > ask.core.clock.now() + SCHEDULE_AHEAD:
        raise Refused("time_too_far")
    made = {"scheduled_message_id": ask.core.ids.new("Q"), "channel": channel.id, "post_at": int(at)}
    ask.workspace.scheduled.append({**made, "text": message.text})
    return made


METHODS: dict[str, Method] = {
    "chat.postMessage": _post,
    "chat.postEphemeral": _post_ephemeral,
    "chat.update": _update,
    "chat.delete": _delete,
    "chat.getPermalink": _permalink,
    "chat.scheduleMessage": _schedule,
}
