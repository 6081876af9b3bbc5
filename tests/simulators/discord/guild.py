"""One guild: roles, members, channels, and what tests ask of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, TypeVar

from tests.simulators.discord import events, shapes
from tests.simulators.discord.model import Channel, Member, Message, Role, Tag, User
from tests.simulators.discord.protocol import EVERYBODY, INVITED_WITH, Kinds, permissions
from tests.simulators.slack.clock import PATIENCE

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core
    from tests.simulators.discord.people import Person

T = TypeVar("T")
ChannelKind = Literal["text", "announcement", "forum"]
_KINDS = {"text": Kinds.TEXT, "announcement": Kinds.ANNOUNCEMENT, "forum": Kinds.FORUM}
Where = str | Channel


class Guild:
    """The model. Messages change in place; ``await guild.until(lambda g: …)`` waits for a change."""

    def __init__(self, core: Core, name: str, *, invited: bool = True) -> None:
        self.core = core
        self.name = name
        self.id = core.ids.guild()
        core.guilds[self.id] = self
        self.roles: dict[str, Role] = {}
        self.members: dict[str, Member] = {}
        self.everybody = Role(self.id, "@everyone", EVERYBODY, 0)
        self.roles[self.id] = self.everybody
        self.owner = self.join(core.add_user("owner")).user.id
        self.out = False
        """In an outage: listed, but not available."""
        self.bot_role: Role | None = None
        if invited:
            self.invite_bot()

    # who

    def invite_bot(self, allowed: int = INVITED_WITH) -> None:
        """Put the app into this guild, with a role of its own."""
        self.bot_role = self.role(self.core.bot.name, allowed)
        self.bot_role.managed_by = self.core.bot.id
        self.join(self.core.bot, [self.bot_role.id])
        events.guild_available(self.core, self)

    def join(self, user: User, roles: Iterable[str] = ()) -> Member:
        """Make a user a member."""
        made = self.members.setdefault(user.id, Member(user, [], self.core.clock.now()))
        made.roles = list(dict.fromkeys([*made.roles, *roles]))
        return made

    def person(
        self, name: str, roles: Iterable[str] = (), *, email: str | None = None, verified: bool = True,
        bot: bool = False,
    ) -> Person:  # fmt: skip
        """The person of that name, a member here; new when there was none."""
        from tests.simulators.discord.people import Person

        found = self.core.people.get(name)
        if found is None:
            user = self.core.add_user(name, bot=bot)
            user.email, user.verified = email or f"{name}@example.com", verified
            found = self.core.people[name] = Person(self.core, user)
        self.join(found.user, [self.role(each).id for each in roles])
        self.core.changes.tell()
        return found

    def role(self, name: str, allowed: int | None = None, *, mentionable: bool = False) -> Role:
        """The role of that name; new when there was none."""
        for each in self.roles.values():
            if each.name == name:
                return each
        made = Role(self.core.ids.new(), name, EVERYBODY if allowed is None else allowed, len(self.roles), mentionable)
        self.roles[made.id] = made
        events.role_event(self.core, self, "GUILD_ROLE_CREATE", {"role": shapes.role(made)})
        return made

    def give(self, person: Person, *roles: str) -> None:
        """Give roles to a member."""
        member = self.join(person.user, [self.role(each).id for each in roles])
        events.member_changed(self.core, self, member)

    def take(self, person: Person, *roles: str) -> None:
        """Take roles from a member."""
        member = self.members[person.user.id]
        member.roles = [each for each in member.roles if self.roles[each].name not in roles]
        events.member_changed(self.core, self, member)

    # where

    def channel(
        self, name: str, *, kind: ChannelKind = "text", tags: Iterable[str] = (), requires_tag: bool = False
    ) -> Channel:
        """The channel of that name; new when there was none."""
        plain = name.removeprefix("#")
        for each in self.core.channels.values():
            if each.guild == self.id and each.name == plain and not each.thread and not each.deleted:
                return each
        made = Channel(self.core.ids.new(), _KINDS[kind], plain, self.id, position=len(self.core.channels))
        made.tags = [Tag(self.core.ids.new(), each) for each in tags]
        made.requires_tag = requires_tag
        self.core.channels[made.id] = made
        events.channel_event(self.core, "CHANNEL_CREATE", made)
        self.core.changes.tell()
        return made

    def place(self, where: Where) -> Channel:
        """A channel, by itself, its id, its name, or the name of a thread."""
        if isinstance(where, Channel):
            return where
        plain = where.removeprefix("#")
        for each in self.core.channels.values():
            if each.guild == self.id and not each.deleted and plain in (each.id, each.name):
                return each
        raise AssertionError(f"no channel or thread named {where}")

    def threads(self, where: Where | None = None) -> list[Channel]:
        """The threads and posts of a channel, or all of them."""
        parent = self.place(where).id if where else None
        here = [each for each in self.core.channels.values() if each.guild == self.id and each.thread]
        return [each for each in here if not each.deleted and parent in (None, each.parent)]

    def deny(self, where: Where, *names: str) -> None:
        """Take permissions from the bot in one channel; ``view_channel`` hides it."""
        self._overwrite(where, 0, permissions(*names))

    def allow(self, where: Where, *names: str) -> None:
        """Give permissions to the bot in one channel."""
        self._overwrite(where, permissions(*names), 0)

    def _overwrite(self, where: Where, allow: int, deny: int) -> None:
        channel = self.place(where)
        _, allowed, denied = channel.overwrites.get(self.core.bot.id, (1, 0, 0))
        channel.overwrites[self.core.bot.id] = (1, allowed & ~deny | allow, denied & ~allow | deny)
        events.channel_event(self.core, "CHANNEL_UPDATE", channel)

    # messages

    def messages(self, where: Where) -> list[Message]:
        """What stands in a channel or thread, without anybody's private ones."""
        return self.core.history(self.place(where).id)

    def from_bot(self, where: Where | None = None) -> list[Message]:
        """What our bot wrote here and everybody may see; notices that a thread began are not what it wrote."""
        place = self.place(where).id if where else None
        mine = [m for m in self.core.messages.values() if m.author.id == self.core.bot.id and m.type not in (18, 21)]
        here = [m for m in mine if self.core.channels[m.channel].guild == self.id and place in (None, m.channel)]
        return [m for m in here if not m.only_for and not m.deleted]

    async def until(self, found: Callable[[Guild], T], patience: float = PATIENCE) -> T:
        """The first true answer of ``found``; it is asked at every change, never by the clock."""
        return await self.core.changes.until(lambda: found(self), self.core.picture, patience)
