"""Posts that nobody asked for, such as results of schedules: ``ports.Poster`` for Slack."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from bot.adapters.slack.outbox import Outbox
from bot.adapters.slack.past import NOTHING
from bot.adapters.slack.places import Place
from bot.adapters.slack.rendering.cards.post import Post
from bot.adapters.slack.rendering.cards.reply import reply_post
from bot.adapters.slack.wire import RESTRICTED, SlackRefused, SlackUnreachable
from bot.domain.message import Platform, Reply
from bot.domain.post import Address
from bot.domain.run import Document
from bot.errors import PostRefused, PostUnreachable
from bot.ports import Posted, Posting

_CHANNEL = re.compile(r"(?:<#)?(?P<channel>[CGD][A-Z0-9]{2,})(?:\|[^>]*)?>?")
_PERSON = re.compile(r"(?:<@|@)?(?P<person>[UW][A-Z0-9]{2,})(?:\|[^>]*)?>?")
_LINK = re.compile(
    r"https://[\w.-]+/archives/(?P<channel>[CGD][A-Z0-9]{2,})(?:/p(?P<seconds>\d{10})(?P<rest>\d{6}))?"
    r"(?:\?(?:[^#]*&)?thread_ts=(?P<thread>\d+\.\d+)[^#]*|\?[^#]*)?"
)
_MAIL = re.compile(r"@?[^@\s]+@[^@\s]+\.[^@\s]+")
_NAMED = re.compile(r"#(?P<name>[^\s#]{1,80})")
_FORMS = "Write #channel, a channel's id or link, or @ and a person's id or e-mail address."
_PAGES = 50
_INVITE = "Invite me there with /invite, or choose another place."
_MENDS = {
    "channel_not_found": f"Slack knows no such channel, or I am not in it. {_INVITE}",
    "not_in_channel": f"I am not in that channel. {_INVITE}",
    "is_archived": "That channel is archived. Take it out of the archive, or choose another one.",
    RESTRICTED: "Only some people may post there. Let an administrator allow me, or choose another place.",
    f"{RESTRICTED}_thread_only_channel": "Only replies may be posted there. Write the link of a message to reply to.",
    f"{RESTRICTED}_non_threadable_channel": "Nobody may reply in threads there. Choose another place.",
    f"{RESTRICTED}_thread_locked": "That thread is locked. Choose another place.",
    "user_not_found": "Slack knows no such person. Choose another one.",
    "users_not_found": "Slack knows nobody with that e-mail address. Choose another person.",
    "user_disabled": "That person's account is closed. Choose another one.",
    "cannot_dm_bot": "A bot takes no direct messages. Choose a person.",
    "messages_tab_disabled": "My direct messages are switched off. Switch the Messages tab on in the app's settings.",
    "thread_not_found": "That thread is gone. Choose another place.",
    "missing_scope": "The app lacks a permission. `deskhand doctor` names it; install the app again with it.",
    "not_installed": "The app is not installed in that workspace. Install it there, or choose another place.",
}


class SlackPoster:
    """Posts by the Web API alone, so in any process. ``home`` is the workspace of places that name none."""

    def __init__(self, outbox: Outbox, home: str = "") -> None:
        self._outbox = outbox
        self._home = home

    async def post(self, posting: Posting) -> Posted:
        """Post it once; its files go into the thread below. Raises PostRefused or PostUnreachable."""
        async with _in_words():
            place = await self._place(posting.address)
            shown = reply_post(Reply("", place.conversation, posting.text))
            past = await self._outbox.past(place) if posting.again else NOTHING
            ts = past.posts.get(posting.key) or await self._outbox.post(place, Post(shown.ladder), mark=posting.key)
            below = replace(place, thread=place.thread or ts)
            files = (*((shown.document,) if shown.document else ()), *posting.files)
            await self._attached(below, files, posting)
            return Posted(below.conversation, await self._link(place, ts))

    async def read_address(self, text: str) -> Address:
        """What people write for a place. Raises PostRefused, with the mend, or PostUnreachable."""
        said = text.strip()
        async with _in_words():
            if found := _CHANNEL.fullmatch(said):
                return await self._checked(found["channel"])
            if found := _LINK.fullmatch(said):
                own = f"{found['seconds']}.{found['rest']}" if found["seconds"] else ""
                return await self._checked(found["channel"], found["thread"] or own)
            if found := _PERSON.fullmatch(said):
                return await self._person("users.info", user=found["person"])
            if _MAIL.fullmatch(said):
                return await self._person("users.lookupByEmail", email=said.removeprefix("@"))
            if found := _NAMED.fullmatch(said):
                return await self._checked(await self._named(found["name"]))
        raise PostRefused(f"{said[:100]!r} names no place in Slack. {_FORMS}")

    async def _place(self, address: Address) -> Place:
        team, _, channel = address.channel.rpartition("/")
        team = team or self._home
        if not team:
            raise PostRefused("There are several workspaces. Write the workspace's id before the channel's: T1/C1.")
        place = await self._outbox.direct(team, channel) if address.person else Place(team, channel)
        return replace(place, thread=address.thread)

    async def _attached(self, below: Place, files: tuple[Document, ...], posting: Posting) -> None:
        """The files that are not there yet."""
        if files and posting.again:
            past = await self._outbox.past(below)
            there = past.files_of(posting.key)
            files = tuple(file for file in files if not there[file.name])
        if files:
            await self._outbox.attach(below, files)

    async def _link(self, place: Place, ts: str) -> str:
        """Where people find it; without one the post stands all the same."""
        with suppress(SlackRefused, SlackUnreachable):
            told = await self._asked("chat.getPermalink", place.team, channel=place.channel, message_ts=ts)
            return str(told["permalink"])
        return ""

    async def _checked(self, channel: str, thread: str = "") -> Address:
        told = (await self._asked("conversations.info", channel=channel))["channel"]
        if told.get("is_archived"):
            raise PostRefused(_MENDS["is_archived"])
        return Address(Platform.SLACK, f"{self._home}/{channel}", thread)

    async def _person(self, method: str, **wanted: str) -> Address:
        told = (await self._asked(method, **wanted))["user"]
        if told.get("deleted"):
            raise PostRefused(_MENDS["user_disabled"])
        return Address(Platform.SLACK, f"{self._home}/{told['id']}", person=True)

    async def _named(self, name: str) -> str:
        cursor = ""
        for _ in range(_PAGES):
            told = await self._asked(
                "conversations.list", types="public_channel,private_channel", exclude_archived=True, limit=200,
                cursor=cursor or None,
            )  # fmt: skip
            for channel in told["channels"]:
                if channel["name"] == name:
                    return str(channel["id"])
            cursor = str((told.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        raise PostRefused(f"I know no channel #{name}. If it is private, invite me there with /invite. {_FORMS}")

    async def _asked(self, method: str, team: str = "", **arguments: Any) -> Mapping[str, Any]:
        return await self._outbox.call(team or self._home, method, "places", **arguments)


@asynccontextmanager
async def _in_words() -> AsyncIterator[None]:
    """What Slack answers, as people can act on it."""
    try:
        yield
    except SlackRefused as refused:
        raise PostRefused(_mend(refused.error)) from refused
    except SlackUnreachable as error:
        raise PostUnreachable(str(error)) from error


def _mend(error: str) -> str:
    kind = RESTRICTED if error.startswith(RESTRICTED) else error
    return _MENDS.get(error) or _MENDS.get(kind) or f"Slack did not take it ({error})."
