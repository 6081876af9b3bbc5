"""People: what tests do in Discord, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from yarl import URL

from tests.simulators.discord import access, events, interactions, modals, oauth, posting, rendering, threads
from tests.simulators.discord.core import Core
from tests.simulators.discord.limits import CONTENT
from tests.simulators.discord.mentions import ALL
from tests.simulators.discord.model import Attachment, Channel, Interaction, Message, Modal, User
from tests.simulators.discord.protocol import JSON, PERMISSIONS, Kinds, Types
from tests.simulators.discord.registry import CHAT, MESSAGE
from tests.simulators.discord.routes.interactions import AUTOCOMPLETE, COMMAND, COMPONENT, SUBMISSION

Where = str | Channel
_COMPLAINTS = {
    COMMAND: "The application did not respond", COMPONENT: "This interaction failed",
    AUTOCOMPLETE: "Loading options failed", SUBMISSION: "Something went wrong. Try again.",
}  # fmt: skip


class Person:
    """``alex = guild.person("alex")``. What a person does with the app returns when the app has acknowledged it;
    with ``wait=False`` at once. ``warnings`` are the words Discord shows when the app did not within three seconds.
    """

    def __init__(self, core: Core, user: User) -> None:
        self.user = user
        self.warnings: list[str] = []
        self._core = core

    @property
    def id(self) -> str:
        """The user's id."""
        return self.user.id

    @property
    def mention(self) -> str:
        """How others mention this person."""
        return self.user.mention

    @property
    def dm(self) -> Channel:
        """The direct messages with the bot."""
        return self._core.dm(self.user)

    @property
    def modal(self) -> Modal:
        """The open form."""
        found = self._core.modals.get(self.user.id)
        assert found, f"{self.user.name} has no modal open"
        return found

    def sees(self, where: Where) -> str:
        """A channel, thread or the direct messages as this person sees them."""
        channel = self._place(where)
        assert access.sees(self._core, self.id, channel), f"{self.user.name} does not see #{channel.name}"
        return "\n".join(rendering.conversation(self._core, channel, self.id))

    def private(self, where: Where | None = None) -> list[Message]:
        """Ephemeral messages for this person."""
        place = self._place(where).id if where else None
        mine = [m for m in self._core.messages.values() if m.only_for == self.id and not m.deleted]
        return [m for m in mine if place in (None, m.channel)]

    def calls(self) -> list[Message]:
        """The messages that called this person."""
        return [m for m in self._core.messages.values() if self.id in m.mentions and m.author is not self.user]

    # messages

    async def says(
        self, where: Where, text: str, *, reply_to: Message | None = None, ping: bool = True,
        files: Mapping[str, bytes] | None = None,
    ) -> Message:  # fmt: skip
        """Post a message. A reply calls its author, unless ``ping`` is off."""
        channel = self._place(where)
        assert channel.kind != Kinds.FORUM, "in a forum people open posts"
        self._may(channel, access.speaking(channel))
        assert len(text) <= CONTENT, f"people can write {CONTENT} characters"
        locked = channel.thread and channel.thread.locked and not self._able(channel, "manage_threads")
        assert not locked, f"{channel.name} is locked"
        made = Message(self._core.ids.new(), channel.id, self.user, text, nonce=self._core.ids.new())
        made.attachments = self._files(channel, files)
        if reply_to:
            made.type, made.reference = Types.REPLY, posting.reply_to(reply_to, channel)
        self._core.call(made, {"parse": list(ALL), "replied_user": ping})
        return self._core.post(made)

    async def edits(self, message: Message, text: str) -> None:
        """Change an own message."""
        assert message.author is self.user, "people edit their own messages"
        message.versions.append(message.content)
        message.content, message.edited_at = text, self._core.clock.now()
        self._core.call(message, None)
        self._core.changed(message)

    async def deletes(self, message: Message) -> None:
        """Take an own message away, or any with the permission to."""
        channel = self._core.channels[message.channel]
        assert message.author is self.user or self._able(channel, "manage_messages"), "people delete their own messages"
        self._core.remove(message)

    async def reacts(self, message: Message, emoji: str) -> None:
        """Add a reaction."""
        users = message.reactions.setdefault(emoji, [])
        assert self.id not in users, "reacted already"
        users.append(self.id)
        events.reaction(self._core, "MESSAGE_REACTION_ADD", message, self.user, emoji)
        self._core.changes.tell()

    async def unreacts(self, message: Message, emoji: str) -> None:
        """Take the reaction back."""
        message.reactions[emoji].remove(self.id)
        if not message.reactions[emoji]:
            del message.reactions[emoji]
        events.reaction(self._core, "MESSAGE_REACTION_REMOVE", message, self.user, emoji)
        self._core.changes.tell()

    async def starts_typing(self, where: Where) -> None:
        """Others see that this person writes."""
        self._core.types(self._place(where), self.user)

    # threads

    async def opens_thread(self, at: Message | Where, name: str, *, private: bool = False) -> Channel:
        """A thread at a message, or at none in a channel."""
        if isinstance(at, Message):
            return threads.from_message(self._core, at, self.user, name)
        kind = Kinds.PRIVATE_THREAD if private else Kinds.PUBLIC_THREAD
        return threads.alone(self._core, self._place(at), self.user, name, kind)

    async def posts(
        self, forum: Where, title: str, text: str, *, tags: Iterable[str] = (),
        files: Mapping[str, bytes] | None = None, message_first: bool = False,
    ) -> Channel:  # fmt: skip
        """Open a post in a forum; its thread. The two events about it come in either order."""
        parent = self._place(forum)
        assert parent.kind == Kinds.FORUM, f"#{parent.name} is no forum"
        wanted = [parent.tag(each).id for each in tags]
        assert wanted or not parent.requires_tag, "this forum wants a tag"
        made = threads.begin(self._core, parent, self.user, title)
        assert made.thread
        made.thread.tags = wanted
        first = Message(made.id, made.id, self.user, text)
        first.attachments = self._files(made, files)
        self._core.call(first, None)
        if not message_first:
            events.thread_created(self._core, made)
        self._core.post(first)
        if message_first:
            events.thread_created(self._core, made)
        return made

    async def joins(self, thread: Channel) -> None:
        """Join a thread."""
        threads.join(self._core, thread, self.user)

    # interactions

    async def clicks(self, message: Message, what: str, choice: Any = None, *, wait: bool = True) -> Interaction:
        """Use a button or menu, by label or custom id. ``choice``: values or labels of options, people or channels.

        A deep copy of a message, kept from before a change, is a click that crossed that change on its way.
        """
        assert message.only_for in (None, self.id), "somebody else's private message"
        component = interactions.found(message, what)
        assert not component.get("disabled"), f"{what} is disabled"
        assert "url" not in component, f"{what} is a link to {component.get('url')}"
        channel = self._core.channels[message.channel]
        data = interactions.used(self._core, component, choice)
        return await self._interact(channel, COMPONENT, data, message, wait=wait)

    async def submits(self, modal: Modal, values: Mapping[str, Any] | None = None, *, wait: bool = True) -> Interaction:
        """Fill in a form, by custom id or label, and submit it."""
        rows = modal.data["components"]
        data = {"custom_id": modal.data["custom_id"], "components": modals.filled(rows, values or {})}
        channel = self._core.channels[modal.interaction.channel]
        made = await self._interact(channel, SUBMISSION, data, modal.interaction.message, wait=wait)
        if made.state != "given up" and self._core.modals.get(self.id) is modal:
            await self.closes(modal)
        return made

    async def closes(self, modal: Modal) -> None:
        """Close a form. Discord tells nobody."""
        assert self._core.modals.get(self.id) is modal, "it is closed already"
        del self._core.modals[self.id]
        self._core.changes.tell()

    async def runs(self, command: str, *, where: Where | None = None, wait: bool = True, **options: Any) -> Interaction:
        """Run a slash command (``/ask`` or ``/config show``), in the own direct messages if nothing else is said."""
        channel, found, path = self._command(command, where)
        data = interactions.chat(self._core, found, path, options, channel.guild)
        return await self._interact(channel, COMMAND, data, wait=wait)

    async def types_into(
        self, command: str, option: str, typed: str, *, where: Where | None = None, **options: Any
    ) -> list[JSON]:
        """Type into an option of a command; the choices that the app offers."""
        channel, found, path = self._command(command, where)
        data = interactions.chat(self._core, found, path, {**options, option: typed}, channel.guild, typed=option)
        return (await self._interact(channel, AUTOCOMPLETE, data)).choices

    async def uses_message_command(self, name: str, message: Message, *, wait: bool = True) -> Interaction:
        """Choose an app's entry in the menu of a message."""
        channel = self._core.channels[message.channel]
        found = self._permitted(interactions.command(self._core, channel.guild, name, MESSAGE), channel)
        data = interactions.on_message(self._core, found, message, channel.guild)
        return await self._interact(channel, COMMAND, data, wait=wait)

    # consent

    async def links(self, address: str, *, agrees: bool = True) -> str:
        """Open the app's consent page and agree to it; the address that the browser is sent back to."""
        url = URL(address)
        assert url.path.endswith("/oauth2/authorize"), f"not a consent page: {address}"
        return oauth.consent(self._core, self.user, url.query, agrees=agrees)

    # inside

    def _place(self, where: Where) -> Channel:
        if isinstance(where, Channel):
            return where
        if found := self._core.channels.get(where):
            return found
        for guild in self._core.guilds.values():
            if self.id in guild.members and (channel := _named(guild.core, guild.id, where.removeprefix("#"))):
                return channel
        raise AssertionError(f"no channel or thread named {where}")

    def _able(self, channel: Channel, *names: str) -> bool:
        return access.may(self._core, self.id, channel, *names)

    def _may(self, channel: Channel, *names: str) -> None:
        missing = [each for each in names if not self._able(channel, each)]
        assert not missing, f"{self.user.name} may not {', '.join(missing)} in #{channel.name}"

    def _files(self, channel: Channel, files: Mapping[str, bytes] | None) -> list[Attachment]:
        made = [Attachment(self._core.ids.new(), channel.id, name, content) for name, content in (files or {}).items()]
        self._core.attachments |= {each.id: each for each in made}
        return made

    def _command(self, command: str, where: Where | None) -> tuple[Channel, JSON, list[str]]:
        assert command.startswith("/"), "commands begin with /"
        name, *path = command[1:].split()
        channel = self._place(where) if where else self.dm
        found = interactions.command(self._core, channel.guild, name, CHAT)
        return channel, self._permitted(found, channel), path

    def _permitted(self, command: JSON, channel: Channel) -> JSON:
        """A command with default permissions is for members that have them."""
        self._may(channel, "use_application_commands")
        needed = int(command.get("default_member_permissions") or 0)
        if channel.guild and needed:
            names = [name for name, bit in PERMISSIONS.items() if needed & bit]
            self._may(channel, *names)
        return command

    async def _interact(
        self, channel: Channel, kind: int, data: JSON, message: Message | None = None, *, wait: bool = True
    ) -> Interaction:
        made = interactions.begin(self._core, self.user, channel, kind, data, message)
        done = self._core.errands.start(self._finish(made))
        if wait:
            await done
        return made

    async def _finish(self, made: Interaction) -> None:
        await self._core.changes.until(lambda: made.state != "waiting", self._core.picture)
        if made.state == "given up":
            self.warnings.append(_COMPLAINTS[made.type])
        self._core.changes.tell()


def _named(core: Core, guild: str, name: str) -> Channel | None:
    here = [each for each in core.channels.values() if each.guild == guild and not each.deleted]
    return next((each for each in here if each.name == name), None)
