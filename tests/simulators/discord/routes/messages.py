"""Messages of channels: read, send, edit, delete, react."""

from __future__ import annotations

from tests.simulators.discord import access, events, posting, telling
from tests.simulators.discord.model import Channel, Message
from tests.simulators.discord.problems import Problems
from tests.simulators.discord.protocol import JSON, Intents, Kinds, moment_of, refused
from tests.simulators.discord.routes.asking import Ask, Handler, open_thread

HOUR = 3600.0


def read(ask: Ask, message: Message) -> JSON:
    """A message as this app may read it."""
    told = telling.message(ask.core, message)
    if ask.core.config.intents & Intents.MESSAGE_CONTENT:
        return told
    guild = ask.core.channels[message.channel].guild
    whole = telling.without_content({**told, "guild_id": guild}, ask.core.bot.id)
    return {key: value for key, value in whole.items() if key != "guild_id"}


def history(ask: Ask) -> list[JSON]:
    """Newest first. Without the permission to read the history there is none."""
    channel = ask.channel()
    if not access.may(ask.core, ask.core.bot.id, channel, "read_message_history"):
        return []
    limit = int(ask.query.get("limit", 50))
    problems = Problems()
    if not 1 <= limit <= 100:
        problems.at("limit").add("NUMBER_TYPE_MAX", "int value should be less than or equal to 100.")
    problems.refuse()
    found = [m for m in ask.core.history(channel.id) if _between(m, ask)]
    chosen = found[:limit] if "after" in ask.query else _middle(found, ask, limit)
    return [read(ask, each) for each in sorted(chosen, key=lambda m: int(m.id), reverse=True)]


def _between(message: Message, ask: Ask) -> bool:
    number = int(message.id)
    return int(ask.query.get("after", 0)) < number < int(ask.query.get("before", 1 << 63))


def _middle(found: list[Message], ask: Ask, limit: int) -> list[Message]:
    if "around" not in ask.query:
        return found[-limit:]
    centre = int(ask.query["around"])
    return sorted(found, key=lambda m: abs(int(m.id) - centre))[:limit]


def one(ask: Ask) -> JSON:
    """A single message."""
    channel = ask.channel("read_message_history")
    return read(ask, ask.message(channel))


def send(ask: Ask) -> JSON:
    """A new message. The same nonce within a few minutes gives the same message."""
    channel = ask.channel()
    sendable(ask, channel)
    again = posting.repeated(ask.core, channel, ask.form.body)
    made = again or posting.create(ask.core, ask.place(channel), ask.form)
    return telling.message(ask.core, made)


def sendable(ask: Ask, channel: Channel) -> None:
    """Whether the bot may write this there."""
    if channel.kind == Kinds.FORUM:
        raise refused(50008)
    if channel.is_dm:
        recipient = ask.core.users[channel.recipients[0]]
        if not recipient.accepts_dms or recipient.bot:
            raise refused(50007)
    needed = [access.speaking(channel)]
    needed += ["attach_files"] if ask.form.files else []
    needed += ["embed_links"] if ask.form.body.get("embeds") else []
    access.require(ask.core, channel, *needed)
    manages = access.may(ask.core, ask.core.bot.id, channel, "manage_threads")
    if channel.thread and channel.thread.locked and not manages:
        raise refused(160005)


def change(ask: Ask) -> JSON:
    """An edit of an own message."""
    channel = ask.channel()
    message = ask.message(channel)
    if message.author.id != ask.core.bot.id:
        raise refused(50005)
    if message.type in (18, 21):
        raise refused(50021)
    open_thread(channel)
    _count_late_edit(ask, message)
    return telling.message(ask.core, posting.edit(ask.core, message, ask.form, ask.place(channel)))


def _count_late_edit(ask: Ask, message: Message) -> None:
    """Of an old message only few edits are allowed in an hour."""
    now = ask.core.clock.now()
    if now - moment_of(message.id) <= HOUR:
        return
    message.late_edits = [each for each in message.late_edits if each > now - HOUR]
    if len(message.late_edits) >= ask.core.config.old_edits:
        raise refused(30046, retry_after=ask.core.config.old_edit_retry_after, **{"global": False})
    message.late_edits.append(now)


def delete(ask: Ask) -> None:
    """Away with a message; of others only with the permission to manage messages."""
    channel = ask.channel()
    message = ask.message(channel)
    if message.author.id != ask.core.bot.id:
        access.require(ask.core, channel, "manage_messages")
    open_thread(channel)
    ask.core.remove(message)


def react(ask: Ask) -> None:
    """The bot's own reaction."""
    channel = ask.channel("read_message_history")
    message, emoji = ask.message(channel), ask.arguments["emoji"]
    open_thread(channel)
    if emoji.isascii() and not emoji.rpartition(":")[2].isdigit():
        raise refused(10014)
    if emoji not in message.reactions:
        access.require(ask.core, channel, "add_reactions")
    users = message.reactions.setdefault(emoji, [])
    if ask.core.bot.id not in users:
        users.append(ask.core.bot.id)
        events.reaction(ask.core, "MESSAGE_REACTION_ADD", message, ask.core.bot, emoji)
        ask.core.changes.tell()


def unreact(ask: Ask) -> None:
    """Take the bot's reaction back."""
    message, emoji = ask.message(ask.channel()), ask.arguments["emoji"]
    if ask.core.bot.id not in message.reactions.get(emoji, []):
        return
    message.reactions[emoji].remove(ask.core.bot.id)
    if not message.reactions[emoji]:
        del message.reactions[emoji]
    events.reaction(ask.core, "MESSAGE_REACTION_REMOVE", message, ask.core.bot, emoji)
    ask.core.changes.tell()


def typing(ask: Ask) -> None:
    """The bot is typing."""
    channel = ask.channel()
    access.require(ask.core, channel, access.speaking(channel))
    ask.core.types(channel, ask.core.bot)


_MESSAGE = "/channels/{channel}/messages/{message}"
ROUTES: dict[str, Handler] = {
    "GET /channels/{channel}/messages": history,
    "POST /channels/{channel}/messages": send,
    f"GET {_MESSAGE}": one,
    f"PATCH {_MESSAGE}": change,
    f"DELETE {_MESSAGE}": delete,
    f"PUT {_MESSAGE}/reactions/{{emoji}}/@me": react,
    f"DELETE {_MESSAGE}/reactions/{{emoji}}/@me": unreact,
    "POST /channels/{channel}/typing": typing,
}
