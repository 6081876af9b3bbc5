"""One simulated Discord: what all its guilds share, and how messages come, change and go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulators.discord import access, events, mentions
from tests.simulators.discord.errands import Errands
from tests.simulators.discord.faults import Faults
from tests.simulators.discord.model import (
    Alarm,
    Attachment,
    Channel,
    Consent,
    Grant,
    Interaction,
    Message,
    Modal,
    User,
)
from tests.simulators.discord.protocol import JSON, AppConfig, Ids, Kinds, Types, bot_token
from tests.simulators.discord.registry import Registry
from tests.simulators.slack.clock import Changes, Clock

if TYPE_CHECKING:
    from tests.simulators.discord.gateway import Gateway
    from tests.simulators.discord.guild import Guild
    from tests.simulators.discord.people import Person
    from tests.simulators.discord.rates import Rates

TYPING_SECONDS = 10.0


@dataclass
class Core:
    """The app, time, everything that exists, and everything that is handed out once."""

    config: AppConfig
    clock: Clock
    changes: Changes
    ids: Ids
    faults: Faults
    rates: Rates
    gateway: Gateway
    errands: Errands
    url: str = ""
    """Where the simulator listens, without a slash at the end."""
    bot: User = field(init=False)
    token: str = field(init=False)
    users: dict[str, User] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    guilds: dict[str, Guild] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    attachments: dict[str, Attachment] = field(default_factory=dict)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    """By token."""
    modals: dict[str, Modal] = field(default_factory=dict)
    """The one open modal of each user."""
    typing: dict[tuple[str, str], float] = field(default_factory=dict)
    alarms: list[Alarm] = field(default_factory=list)
    may_mention: set[str] = field(default_factory=set)
    """Users and roles whose mention by the bot is wanted."""
    consents: dict[str, Consent] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bot = self.add_user(self.config.name, bot=True)
        self.token = bot_token(self.application, self.ids.secret("s"))
        self.registry = Registry(self.ids, self.changes, self.application)

    @property
    def application(self) -> str:
        """The application's id; the bot user has the same."""
        return self.bot.id

    def add_user(self, name: str, *, bot: bool = False) -> User:
        """A user; people who act in tests come from ``guild.person``."""
        made = User(self.ids.new(), name, name.title(), bot)
        self.users[made.id] = made
        return made

    def dm(self, user: User) -> Channel:
        """A user's direct messages with the bot."""
        for each in self.channels.values():
            if each.is_dm and each.recipients == [user.id]:
                return each
        made = Channel(self.ids.new(), Kinds.DM, f"dm-{user.name}", recipients=[user.id])
        self.channels[made.id] = made
        return made

    def channel(self, key: str) -> Channel | None:
        """What is there under an id; threads that were silent for too long are archived by now."""
        found = self.channels.get(key)
        if found is None or found.deleted:
            return None
        self._archive_idle(found)
        return found

    def message(self, channel: str, key: str | None) -> Message | None:
        """A message that is still there."""
        found = self.messages.get(key or "")
        return found if found and found.channel == channel and not found.deleted else None

    def history(self, channel: str) -> list[Message]:
        """What stands in a channel, without anybody's private ones."""
        return [m for m in self.messages.values() if m.channel == channel and not m.only_for and not m.deleted]

    def _archive_idle(self, channel: Channel) -> None:
        thread = channel.thread
        if thread and not thread.archived and self.clock.now() >= thread.active_at + thread.minutes * 60:
            thread.archived, thread.archived_at = True, self.clock.now()
            events.thread_changed(self, channel)

    # messages

    def post(self, message: Message) -> Message:
        """Add a message and tell the app of it; an archived thread wakes up."""
        channel = self.channels[message.channel]
        self.messages[message.id] = message
        if not message.only_for:
            channel.last_message = message.id
            self.typing.pop((channel.id, message.author.id), None)
            self._touch(channel, message)
            events.message_created(self, message)
        self.changes.tell()
        return message

    def _touch(self, channel: Channel, message: Message) -> None:
        thread = channel.thread
        if thread is None:
            return
        thread.active_at = self.clock.now()
        thread.members.add(message.author.id)
        thread.sent += message.id != channel.id and message.type != Types.THREAD_STARTER
        if thread.archived and not thread.locked:
            thread.archived, thread.archived_at = False, self.clock.now()
            events.thread_changed(self, channel)

    def changed(self, message: Message) -> None:
        """A message is no longer what it was."""
        if not message.only_for:
            events.message_changed(self, message)
        self.changes.tell()

    def remove(self, message: Message) -> None:
        """A message is gone."""
        message.deleted = True
        if not message.only_for:
            events.message_deleted(self, message)
        self.changes.tell()

    def call(self, message: Message, allowed: JSON | None, default: tuple[str, ...] = mentions.ALL) -> mentions.Called:
        """Work out whom a message calls."""
        replied = self.messages.get(str((message.reference or {}).get("message_id")))
        author = replied.author.id if replied and message.type == Types.REPLY else None
        found = mentions.called(message.text, allowed, default, author)
        channel = self.channels[message.channel]
        able = access.may(self, message.author.id, channel, "mention_everyone")
        mentions.apply(message, found, may_call_everyone=able)
        return found

    def watch(self, where: str, message: Message, found: mentions.Called) -> None:
        """Raise an alarm for everything that would call people. Private and direct messages call their reader only."""
        if message.only_for or self.channels[message.channel].is_dm:
            return
        wanted = {*self.may_mention, self.bot.id}
        for live in mentions.live(found, wanted):
            alarm = Alarm(where, live, message.text)
            self.alarms += [alarm] if alarm not in self.alarms else []

    # what is seen

    def types(self, channel: Channel, user: User) -> None:
        """Somebody is typing there for ten seconds."""
        self.typing[channel.id, user.id] = self.clock.now() + TYPING_SECONDS
        events.typing(self, channel, user)
        self.changes.tell()

    def typists(self, channel: str) -> list[str]:
        """Who is typing there now."""
        now = self.clock.now()
        return [user for (place, user), until in self.typing.items() if place == channel and now < until]

    def name_of(self, user: str) -> str:
        """How people call a user."""
        return self.users[user].name if user in self.users else user

    def picture(self) -> str:
        """Everything that people see, as text."""
        from tests.simulators.discord import rendering

        return rendering.everything(self)
