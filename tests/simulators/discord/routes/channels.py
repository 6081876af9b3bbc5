"""Channels and guilds: what is where, and who is in it."""

from __future__ import annotations

from tests.simulators.discord import access, administration, events, shapes
from tests.simulators.discord.problems import Problems
from tests.simulators.discord.protocol import JSON, refused
from tests.simulators.discord.routes import threads
from tests.simulators.discord.routes.asking import Ask, Handler


def one(ask: Ask) -> JSON:
    """A channel, a thread or direct messages."""
    return shapes.channel(ask.core, ask.channel())


def change(ask: Ask) -> JSON:
    """A thread's state, or a channel's name and topic."""
    channel = ask.channel()
    if channel.thread:
        return threads.change(ask, channel)
    if channel.is_dm:
        raise refused(50003)
    access.require(ask.core, channel, "manage_channels")
    problems = Problems()
    problems.at("name").length(ask.form.body.get("name", channel.name), 1, 100)
    problems.at("topic").length(ask.form.body.get("topic"), 0, 1024)
    problems.refuse()
    channel.name = ask.form.body.get("name", channel.name)
    channel.topic = ask.form.body.get("topic", channel.topic)
    events.channel_event(ask.core, "CHANNEL_UPDATE", channel)
    return shapes.channel(ask.core, channel)


def delete(ask: Ask) -> JSON:
    """Away with a thread or channel."""
    channel = ask.channel()
    if channel.is_dm:
        return shapes.channel(ask.core, channel)
    access.require(ask.core, channel, "manage_threads" if channel.thread else "manage_channels")
    told = shapes.channel(ask.core, channel)
    administration.delete_channel(ask.core, channel)
    return told


def guild(ask: Ask) -> JSON:
    """A guild."""
    found = ask.guild()
    told = shapes.guild(ask.core, found)
    if ask.query.get("with_counts") in ("1", "true", "True"):
        told |= {"approximate_member_count": len(found.members), "approximate_presence_count": len(found.members)}
    return told


def guild_channels(ask: Ask) -> list[JSON]:
    """Every channel of a guild, no thread."""
    key = ask.guild().id
    here = [each for each in ask.core.channels.values() if each.guild == key and not each.thread and not each.deleted]
    return [shapes.channel(ask.core, each) for each in here]


def roles(ask: Ask) -> list[JSON]:
    """The roles of a guild."""
    return [shapes.role(each) for each in ask.guild().roles.values()]


def member(ask: Ask) -> JSON:
    """One member."""
    user = ask.core.bot.id if ask.arguments["user"] == "@me" else ask.arguments["user"]
    found = ask.guild().members.get(user)
    if found is None:
        raise refused(10007 if user in ask.core.users else 10013)
    return shapes.member(found)


def guilds(ask: Ask) -> list[JSON]:
    """Where the bot is."""
    here = [each for each in ask.core.guilds.values() if ask.core.bot.id in each.members]
    return [
        {"id": g.id, "name": g.name, "icon": None, "banner": None, "owner": False, "features": [],
         "permissions": str(access.in_guild(g, ask.core.bot.id))}
        for g in here
    ]  # fmt: skip


ROUTES: dict[str, Handler] = {
    "GET /users/@me/guilds": guilds,
    "GET /channels/{channel}": one,
    "PATCH /channels/{channel}": change,
    "DELETE /channels/{channel}": delete,
    "GET /guilds/{guild}": guild,
    "GET /guilds/{guild}/channels": guild_channels,
    "GET /guilds/{guild}/roles": roles,
    "GET /guilds/{guild}/members/{user}": member,
}
