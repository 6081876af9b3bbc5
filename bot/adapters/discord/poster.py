"""Posts that nobody asked for, such as results of schedules: ``ports.Poster`` for Discord."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord

from bot.adapters.discord.marks import bears
from bot.adapters.discord.outbox import DiscordRefused, DiscordUnreachable, Outbox, translated
from bot.adapters.discord.places import DIRECT, Place
from bot.adapters.discord.rendering.post import Post
from bot.adapters.discord.rendering.reply import reply_posts
from bot.domain.message import Platform, Reply
from bot.domain.post import Address
from bot.errors import PostRefused, PostUnreachable
from bot.ports import Posted, Posting

_LATEST = 300
"""Messages that are looked through for a post that may be there already."""
_CHANNEL = re.compile(r"(?:<#)?(\d{15,20})>?|https://(?:\w+\.)?discord(?:app)?\.com/channels/\d+/(\d+)(?:/\d+)?/?")
_PERSON = re.compile(r"(?:<@!?|@)(\d{15,20})>?")
_NAMED = re.compile(r"#(?P<name>[^\s#/][^#/]*?)(?:\s+in\s+(?P<server>.+))?")
_FORMS = "Write the channel's link or id (right click, Copy Link), #name in Server, or @ and a person's id."
_TEXTUAL = frozenset(
    {
        discord.ChannelType.text, discord.ChannelType.news, discord.ChannelType.voice, discord.ChannelType.stage_voice,
        discord.ChannelType.public_thread, discord.ChannelType.private_thread, discord.ChannelType.news_thread,
        discord.ChannelType.private,
    }
)  # fmt: skip
_MENDS = {
    10003: "Discord knows no such channel, or I am not in its server. Choose another place, or invite me there.",
    10013: "Discord knows no such person. Choose another one.",
    50001: "I cannot see that channel. Give my role “View Channel” in Edit Channel, Permissions, or choose another.",
    50007: "This person takes no direct messages from me. They can allow them in the server's privacy settings.",
    50008: "That channel takes no text. Choose a text channel or a thread.",
    50013: "I lack a permission there. Give my role “Send Messages”, “Embed Links” and “Attach Files”; "
    "in threads “Send Messages in Threads”.",
    50083: "That thread is closed. Open it again, or choose another place.",
}
_FORUM = "A forum takes no posts of its own. Name a thread in it, by its link, or a text channel."


class DiscordPoster:
    """Posts by REST alone, so in any process."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def post(self, posting: Posting) -> Posted:
        """Post it once; the parts of a long one hang on its first. Raises PostRefused or PostUnreachable."""
        async with _in_words():
            place = await self._place(posting.address)
            posts = reply_posts(Reply("", place.conversation, posting.text, mode="post"), posting.files)
            first = await self._posted(place, posts, posting)
        conversation = place if place.thread or place.is_direct else Place(place.guild, place.channel, first)
        link = f"https://discord.com/channels/{place.guild or DIRECT}/{place.target}/{first}"
        return Posted(conversation.conversation, link)

    async def read_address(self, text: str) -> Address:
        """What people write for a place. Raises PostRefused, with the mend, or PostUnreachable."""
        said = text.strip()
        async with _in_words():
            if found := _PERSON.fullmatch(said):
                return Address(Platform.DISCORD, found[1], person=True)
            if found := _CHANNEL.fullmatch(said):
                return await self._checked(int(found[1] or found[2]))
            if found := _NAMED.fullmatch(said):
                return await self._named(found["name"], found["server"] or "")
        raise PostRefused(f"{said[:100]!r} names no place in Discord. {_FORMS}")

    async def _posted(self, place: Place, posts: tuple[Post, ...], posting: Posting) -> str:
        us = self._outbox.us
        there = await self._outbox.latest(place, _LATEST) if posting.again else []
        own, first = [message for message in there if message.author.id == us], ""
        for number, post in enumerate(posts):
            mark = f"{posting.key}/{number}"
            made = next((str(message.id) for message in own if bears(message, mark, post)), "")
            made = made or await self._outbox.post(place, post, mark, first if place.guild else "")
            first = first or made
        return first

    async def _place(self, address: Address) -> Place:
        if address.person:
            return await self._outbox.direct(address.channel)
        return _place_of(await self._found(int(address.thread or address.channel.rpartition("/")[2])))

    async def _checked(self, channel: int) -> Address:
        place = _place_of(await self._found(channel))
        return Address(Platform.DISCORD, place.channel, place.thread)

    async def _found(self, channel: int) -> Any:
        found: Any = await translated("a channel", self._outbox.client.fetch_channel(channel))
        if found.type is discord.ChannelType.forum or found.type is discord.ChannelType.media:
            raise PostRefused(_FORUM)
        if found.type not in _TEXTUAL:
            raise PostRefused(_MENDS[50008])
        return found

    async def _named(self, name: str, server: str) -> Address:
        """A channel by name; where several servers have one of that name, the server's decides."""
        client = self._outbox.client
        guilds = await translated("the servers", _all(client.fetch_guilds(limit=200)))
        wanted = [guild for guild in guilds if not server or guild.name.casefold() == server.casefold()]
        if not wanted:
            raise PostRefused(f"I am in no server {server!r}. I am in: {', '.join(each.name for each in guilds)}.")
        found = [each for guild in wanted for each in await self._channels(guild) if each.name == name]
        if len(found) != 1:
            how = f"There are {len(found)} channels" if found else "I know no channel"
            raise PostRefused(f"{how} #{name}. {_FORMS}")
        return await self._checked(found[0].id)

    async def _channels(self, guild: discord.Guild) -> list[Any]:
        return list(await translated("channels", guild.fetch_channels()))


def _place_of(channel: Any) -> Place:
    guild = getattr(channel, "guild", None)
    if isinstance(channel, discord.Thread):
        return Place(str(channel.guild.id), str(channel.parent_id), str(channel.id))
    return Place(str(guild.id) if guild else "", str(channel.id))


async def _all(found: AsyncIterator[discord.Guild]) -> list[discord.Guild]:
    return [guild async for guild in found]


@asynccontextmanager
async def _in_words() -> AsyncIterator[None]:
    """What Discord answers, as people can act on it."""
    try:
        yield
    except DiscordRefused as refused:
        raise PostRefused(_MENDS.get(refused.code, f"Discord did not take it ({refused.code}).")) from refused
    except DiscordUnreachable as error:
        raise PostUnreachable(str(error)) from error
