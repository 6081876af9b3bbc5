"""``conversations.*`` and ``reactions.*``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from tests.simulators.slack import events
from tests.simulators.slack.methods.asking import Ask, Method
from tests.simulators.slack.model import Channel, Message
from tests.simulators.slack.protocol import JSON, Refused
from tests.simulators.slack.rules import SUFFIX

T = TypeVar("T")
SLOW_LIMIT = 15
"""Objects for apps that are sold outside the Marketplace."""


def _info(ask: Ask) -> JSON:
    channel = ask.channel()
    ask.require(f"{SUFFIX[channel.kind]}:read")
    return {"channel": channel.as_json(ask.workspace.bot.id)}


def _list(ask: Ask) -> JSON:
    kinds = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
    wanted = [kinds[each] for each in (ask.text("types") or "public_channel").split(",") if each in kinds]
    for kind in wanted:
        ask.require(f"{SUFFIX[kind]}:read")
    bot = ask.workspace.bot.id
    found = [
        c for c in ask.workspace.channels.values() if c.kind in wanted and (c.kind == "channel" or bot in c.members)
    ]
    if ask.true("exclude_archived"):
        found = [each for each in found if not each.archived]
    page, cursor = _page(ask, [each.as_json(bot) for each in found], 100)
    return {"channels": page, "response_metadata": {"next_cursor": cursor}}


def _members(ask: Ask) -> JSON:
    channel = ask.channel()
    ask.require(f"{SUFFIX[channel.kind]}:read")
    page, cursor = _page(ask, sorted(channel.members), 100)
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def _open(ask: Ask) -> JSON:
    if ask.get("channel"):
        return {"channel": {"id": ask.channel().id}}
    users = [each for each in ask.text("users").split(",") if each]
    if len(users) != 1:
        raise Refused("invalid_arguments", "[ERROR] the simulator opens direct messages with one user")
    user = ask.workspace.users.get(users[0])
    if user is None or user.is_bot:
        raise Refused("user_not_found")
    return {"channel": {"id": ask.workspace.dm(user).id}}


def _join(ask: Ask) -> JSON:
    channel = ask.channel()
    if channel.archived:
        raise Refused("is_archived")
    if channel.kind != "channel":
        raise Refused("method_not_supported_for_channel_type")
    channel.members.add(ask.workspace.bot.id)
    return {"channel": channel.as_json(ask.workspace.bot.id)}


def _readable(ask: Ask) -> Channel:
    channel = ask.channel()
    ask.require(f"{SUFFIX[channel.kind]}:history")
    if ask.workspace.bot.id not in channel.members:
        raise Refused("not_in_channel")
    return channel


def _history(ask: Ask) -> JSON:
    channel = _readable(ask)
    return _told(ask, reversed(ask.workspace.root_messages(channel.id)))


def _replies(ask: Ask) -> JSON:
    channel = _readable(ask)
    root = ask.message(channel, "ts", "thread_not_found").root
    return _told(ask, ask.workspace.thread(channel.id, root))


def _told(ask: Ask, messages: Iterable[Message]) -> JSON:
    oldest, latest = ask.text("oldest"), ask.text("latest")
    found = [m for m in messages if (not oldest or m.ts >= oldest) and (not latest or m.ts <= latest)]
    told = [each.as_json(ask.workspace.files) for each in found]
    if not ask.true("include_all_metadata"):
        told = [{key: value for key, value in each.items() if key != "metadata"} for each in told]
    page, cursor = _page(ask, told, SLOW_LIMIT if ask.core.config.distributed else 1000)
    return {"messages": page, "has_more": bool(cursor), "response_metadata": {"next_cursor": cursor}}


def _page(ask: Ask, found: list[T], most: int) -> tuple[list[T], str]:
    """One page, and the cursor of the next."""
    cursor = ask.text("cursor").removeprefix("next:") or "0"
    if not cursor.isdigit():
        raise Refused("invalid_cursor")
    start, count = int(cursor), min(int(ask.get("limit") or most), most)
    more = start + count < len(found)
    return found[start : start + count], f"next:{start + count}" if more else ""


def _reaction(ask: Ask) -> tuple[Message, list[str], str]:
    message = ask.message(ask.channel(), "timestamp")
    name = ask.text("name").strip(":")
    if not name.replace("_", "").replace("-", "").replace("+", "").isalnum():
        raise Refused("invalid_name")
    return message, message.reactions.setdefault(name, []), name


def _react(ask: Ask) -> JSON:
    if ask.channel().archived:
        raise Refused("is_archived")
    message, users, name = _reaction(ask)
    bot = ask.workspace.bot.id
    if bot in users:
        raise Refused("already_reacted")
    users.append(bot)
    ask.workspace.emit("reaction_added", events.reaction(ask.workspace, "reaction_added", message, bot, name))
    return {}


def _unreact(ask: Ask) -> JSON:
    message, users, name = _reaction(ask)
    bot = ask.workspace.bot.id
    if bot not in users:
        raise Refused("no_reaction")
    users.remove(bot)
    message.reactions = {each: who for each, who in message.reactions.items() if who}
    ask.workspace.emit("reaction_removed", events.reaction(ask.workspace, "reaction_removed", message, bot, name))
    return {}


def _reactions(ask: Ask) -> JSON:
    channel = ask.channel()
    message = ask.message(channel, "timestamp")
    return {"type": "message", "channel": channel.id, "message": message.as_json(ask.workspace.files)}


METHODS: dict[str, Method] = {
    "conversations.info": _info,
    "conversations.list": _list,
    "conversations.members": _members,
    "conversations.open": _open,
    "conversations.join": _join,
    "conversations.history": _history,
    "conversations.replies": _replies,
    "reactions.add": _react,
    "reactions.remove": _unreact,
    "reactions.get": _reactions,
}
