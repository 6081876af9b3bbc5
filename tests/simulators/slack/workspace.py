"""One workspace: people, channels, messages and views as everybody sees them, and the events that changes cause."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from tests.simulators.slack import events, mentions, rendering
from tests.simulators.slack.clock import PATIENCE
from tests.simulators.slack.core import Core
from tests.simulators.slack.delivery import Delivery
from tests.simulators.slack.model import (
    BOT_SCOPES,
    Alarm,
    Call,
    Channel,
    ChannelType,
    File,
    Installation,
    Message,
    User,
    View,
)
from tests.simulators.slack.protocol import JSON
from tests.simulators.slack.rules import EVENT_SCOPES, SUFFIX

if TYPE_CHECKING:
    from tests.simulators.slack.people import Person

T = TypeVar("T")
_IDS = re.compile(r"\b[A-Z0-9]+\b")
STATUS_SECONDS = 120.0
TOKEN_SECONDS = 43_200
ALWAYS_HEARD = ("app_uninstalled", "tokens_revoked", "app_rate_limited")


class Workspace:
    """The model. Messages change in place; ``await workspace.until(lambda w: …)`` waits for a change."""

    def __init__(self, core: Core, name: str, scopes: Iterable[str] | None = BOT_SCOPES) -> None:
        self.core = core
        self.name = name
        self.team = core.ids.new("T")
        self.users: dict[str, User] = {}
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.modals: dict[str, list[str]] = {}
        """The open modals of each user, the top one last."""
        self.homes: dict[str, View] = {}
        self.groups: dict[str, tuple[str, list[str]]] = {}
        """User groups: handle and members."""
        self.statuses: dict[tuple[str, str], tuple[str, float]] = {}
        self.prompts: dict[tuple[str, str], list[JSON]] = {}
        self.titles: dict[tuple[str, str], str] = {}
        self.sessions: dict[tuple[str, str], str] = {}
        self.scheduled: list[JSON] = []
        self.calls: list[Call] = []
        self.alarms: list[Alarm] = []
        self.may_mention: set[str] = set()
        """Users and groups whose mention by the bot is wanted."""
        self.bot = self.add_user(core.config.name, is_bot=True)
        self.bot_id = core.ids.new("B")
        if scopes is not None:
            self.install(scopes)

    # who and where

    def install(self, scopes: Iterable[str] = BOT_SCOPES) -> Installation:
        """Put the app into this workspace; its token is ``bot_token``."""
        prefix = "xoxe.xoxb-1-" if self.core.config.token_rotation else "xoxb-"
        made = Installation(self.core.ids.new(f"{prefix}{self.team}-"), self.team, frozenset(scopes))
        if self.core.config.token_rotation:
            made.expires, made.refresh = self.core.clock.now() + TOKEN_SECONDS, self.core.ids.new("xoxe-1-")
        self.core.installations[made.token] = made
        return made

    @property
    def bot_token(self) -> str:
        """The newest bot token."""
        found = self.core.installation(self.team)
        assert found, "the app is not installed"
        return found.token

    @property
    def mention(self) -> str:
        """How people mention the bot."""
        return f"<@{self.bot.id}>"

    def add_user(self, name: str, email: str | None = None, *, is_bot: bool = False) -> User:
        """A user; people who act in tests come from ``person``."""
        user = User(self.core.ids.new("U"), name, self.team, email, name.title(), is_bot=is_bot)
        self.users[user.id] = user
        return user

    def person(
        self, name: str, email: str | None = None, *, guest: bool = False, stranger: bool = False, real_name: str = ""
    ) -> Person:
        """The person of that name, in every public channel; new when there was none."""
        from tests.simulators.slack.people import Person

        if name not in self.people:
            user = self.add_user(name, email)
            user.is_guest, user.is_stranger, user.real_name = guest, stranger, real_name or user.real_name
            self.people[name] = Person(self, user)
            for channel in self.channels.values():
                if channel.kind == "channel":
                    channel.members.add(user.id)
        return self.people[name]

    def channel(
        self, name: str, *, kind: ChannelType = "channel", with_bot: bool = True, shared: bool = False
    ) -> Channel:
        """The channel of that name (or id); new, with everybody in it, when there was none."""
        plain = name.removeprefix("#")
        for each in self.channels.values():
            if plain in (each.id, each.name):
                return each
        members = {each.user.id for each in self.people.values()} | ({self.bot.id} if with_bot else set())
        made = Channel(self.core.ids.new("G" if kind == "mpim" else "C"), plain, kind, members, shared=shared)
        self.channels[made.id] = made
        self.core.changes.tell()
        return made

    def dm(self, user: User) -> Channel:
        """A user's direct messages with the bot."""
        pair = {user.id, self.bot.id}
        for each in self.channels.values():
            if each.kind == "im" and each.members == pair:
                return each
        made = Channel(self.core.ids.new("D"), f"dm-{user.name}", "im", pair)
        self.channels[made.id] = made
        return made

    def group(self, handle: str, *members: Person) -> str:
        """A user group; its id."""
        made = self.core.ids.new("S")
        self.groups[made] = (handle, [each.user.id for each in members])
        return made

    def name_of(self, user: str) -> str:
        """How people call a user."""
        return self.users[user].name if user in self.users else user

    # messages

    def find(self, channel: str, ts: str | None) -> Message | None:
        """The message at a timestamp."""
        return next((each for each in self.messages if each.ts == ts and each.channel == channel), None)

    def thread(self, channel: str, ts: str) -> list[Message]:
        """A root and its replies, without anybody's private ones."""
        where = self.channel(channel).id
        return [m for m in self.messages if m.channel == where and m.root == ts and not m.only_for]

    def root_messages(self, channel: str) -> list[Message]:
        """What stands in the channel itself."""
        where = self.channel(channel).id
        shown = [m for m in self.messages if m.channel == where and not m.only_for]
        return [m for m in shown if m.root == m.ts or m.broadcast]

    def from_bot(self, channel: str | None = None) -> list[Message]:
        """What our bot wrote and everybody there may see."""
        where = self.channel(channel).id if channel else None
        return [m for m in self.messages if m.user == self.bot.id and not m.only_for and where in (None, m.channel)]

    def post(self, message: Message) -> Message:
        """Add a message and tell the app of it."""
        if message.only_for:
            return self._whisper(message)
        self.messages.append(message)
        if message.user == self.bot.id:
            self.statuses.pop((message.channel, message.root), None)
        if message.thread_ts and (parent := self.find(message.channel, message.thread_ts)):
            parent.thread_ts = parent.ts
        self._tell_of(message)
        self.core.changes.tell()
        return message

    def _whisper(self, message: Message) -> Message:
        """One that a single person sees. It begins no thread, and in one without replies nobody is shown it.

        "Ephemeral messages in threads are only shown if there is already an active thread."
        docs.slack.dev/reference/methods/chat.postEphemeral; it goes for a ``response_url`` as for the method.
        """
        if message.root == message.ts or any(m.ts != m.root for m in self.thread(message.channel, message.root)):
            self.messages.append(message)
            self.core.changes.tell()
        return message

    def change(self, message: Message, previous: JSON) -> None:
        """A message is no longer what it was."""
        message.versions.append(str(previous.get("text", "")))
        if not message.only_for:
            self.emit_in(message.channel, events.changed(self, message, previous))
        self.core.changes.tell()

    def remove(self, message: Message) -> None:
        """Take a message away."""
        self.messages.remove(message)
        if not message.only_for:
            self.emit_in(message.channel, events.deleted(self, message))
        self.core.changes.tell()

    def _tell_of(self, message: Message) -> None:
        channel = self.channels[message.channel]
        mentioned = f"<@{self.bot.id}>" in message.text and channel.kind != "im" and message.user != self.bot.id
        if mentioned and self.bot.id in channel.members:
            self.emit("app_mention", events.mention(self, message))
        self.emit_in(message.channel, events.message(self, message))

    # events

    def emit_in(self, channel: str, event: JSON) -> Delivery | None:
        """A message event, if the app sits in that conversation."""
        found = self.channels[channel]
        if self.bot.id not in found.members:
            return None
        return self.emit(f"message.{SUFFIX[found.kind]}", event)

    def emit(self, subscription: str, event: JSON) -> Delivery | None:
        """Send an event if the app is subscribed to it and may hear it."""
        if not self._hears(subscription):
            return None
        return self.core.send("events_api", events.wrapped(self, event, self.core.config))

    def _hears(self, subscription: str) -> bool:
        subscribed = self.core.config.events
        if subscribed is not None and subscription not in subscribed:
            return False
        installed = self.core.installation(self.team)
        if subscription in ALWAYS_HEARD:
            return True
        scope = EVENT_SCOPES.get(subscription)
        return bool(installed and not installed.fault and (scope is None or scope in installed.scopes))

    # what is seen

    def status(self, channel: str, thread: str) -> str:
        """The status line of a thread; it goes by itself after two minutes."""
        text, until = self.statuses.get((self.channel(channel).id, thread), ("", 0.0))
        return text if self.core.clock.now() < until else ""

    def view_json(self, view: View) -> JSON:
        """A view as the API tells it."""
        return view.as_json(self.team, self.core.config.app_id, self.bot_id)

    def watch(self, method: str, payload: JSON, *, pings: bool = True) -> None:
        """Raise an alarm for everything in it that would call people. Views only show, they call nobody."""
        for pointer, live, text in mentions.live(payload):
            named = not any(word in live for word in mentions.BROADCASTS)
            wanted = bool(self.may_mention & set(_IDS.findall(live))) or not pings
            if not (named and wanted):
                alarm = Alarm(f"{method} {pointer}", live, text)
                self.alarms += [alarm] if alarm not in self.alarms else []

    def picture(self) -> str:
        """Everything that people see, as text."""
        return rendering.workspace(self)

    async def until(self, found: Callable[[Workspace], T], patience: float = PATIENCE) -> T:
        """The first true answer of ``found``; it is asked at every change, never by the clock."""
        return await self.core.changes.until(lambda: found(self), self.picture, patience)

    async def settled(self) -> None:
        """Everything sent to the app is acknowledged or given up."""
        await self.core.changes.until(lambda: not self.core.post.open(), self.picture)
