"""People: what tests do in Slack, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tests.simulators.slack import events, interactions, limits, rendering
from tests.simulators.slack.delivery import Delivery, Kind
from tests.simulators.slack.methods.files import new_file
from tests.simulators.slack.methods.views import push_view, replace_view
from tests.simulators.slack.model import Channel, Message, User, View
from tests.simulators.slack.protocol import JSON, composed, rich_text
from tests.simulators.slack.response_urls import respond
from tests.simulators.slack.workspace import Workspace

Where = str | Channel


class Person:
    """``alex = workspace.person("alex")``. What a person does returns when the app has acknowledged it;
    with ``wait=False`` at once. ``warnings`` are the words Slack shows when the app did not.
    """

    def __init__(self, workspace: Workspace, user: User) -> None:
        self.user = user
        self.warnings: list[str] = []
        self._workspace = workspace
        self._core = workspace.core

    @property
    def mention(self) -> str:
        """How others mention this person."""
        return f"<@{self.user.id}>"

    @property
    def dm(self) -> Channel:
        """The direct messages with the bot."""
        return self._workspace.dm(self.user)

    @property
    def modal(self) -> View:
        """The modal on top."""
        stack = self._workspace.modals.get(self.user.id)
        assert stack, f"{self.user.name} has no modal open"
        return self._workspace.views[stack[-1]]

    @property
    def home(self) -> View:
        """The app's Home."""
        return self._workspace.homes[self.user.id]

    def sees(self, where: Where, thread: Message | None = None) -> str:
        """A conversation, or one thread of it, as this person sees it."""
        root = thread.root if thread else None
        return "\n".join(rendering.conversation(self._workspace, self._place(where).id, self.user.id, root))

    def private(self, where: Where | None = None) -> list[Message]:
        """Ephemeral messages for this person."""
        place = self._place(where).id if where else None
        return [m for m in self._workspace.messages if m.only_for == self.user.id and place in (None, m.channel)]

    # messages

    async def says(
        self, where: Where, text: str, *, thread: Message | str | None = None,
        files: Mapping[str, bytes] | None = None, broadcast: bool = False,
    ) -> Message:  # fmt: skip
        """Post a message. The app hears of it later, once or twice, in any order."""
        channel = self._place(where)
        assert not channel.archived, f"#{channel.name} is archived"
        assert channel.kind != "im" or self._core.config.messages_tab, "messages_tab_disabled"
        channel.members.add(self.user.id)
        message = self._message(channel, composed(text), thread.root if isinstance(thread, Message) else thread)
        message.broadcast = broadcast
        message.subtype = "thread_broadcast" if broadcast else "file_share" if files else None
        for name, content in (files or {}).items():
            made = new_file(self._workspace, name, len(content), self.user.id)
            made.content, made.shared = content, True
            message.files.append(made.id)
        return self._workspace.post(message)

    async def edits(self, message: Message, text: str) -> None:
        """Change an own message."""
        assert message.user == self.user.id, "people edit their own messages"
        previous = message.as_json(self._workspace.files)
        message.text = composed(text)
        message.blocks = rich_text(message.text)
        message.edited = {"user": self.user.id, "ts": self._core.ids.ts()}
        self._workspace.change(message, previous)

    async def deletes(self, message: Message) -> None:
        """Take an own message away."""
        assert message.user == self.user.id, "people delete their own messages"
        self._workspace.remove(message)

    async def reacts(self, message: Message, emoji: str) -> None:
        """Add a reaction."""
        message.reactions.setdefault(emoji, []).append(self.user.id)
        self._react("reaction_added", message, emoji)

    async def unreacts(self, message: Message, emoji: str) -> None:
        """Take the reaction back."""
        message.reactions[emoji].remove(self.user.id)
        self._react("reaction_removed", message, emoji)

    # interactions

    async def clicks(
        self, target: Message | View, action_id: str, choice: Any = None, *, wait: bool = True
    ) -> Delivery:
        """Use a button, menu or feedback (``choice``: an option's value, ``negative`` for thumbs down).

        A deep copy of a message, kept from before a change, is what a person with a slow client still sees.
        """
        if isinstance(target, View):
            block, element = interactions.found(target.view["blocks"], action_id)
            body = interactions.on_view(self._workspace, self.user, target, block, element, choice)
        else:
            assert target.only_for in (None, self.user.id), "somebody else's private message"
            shown = [*target.blocks, *(target.stream.blocks if target.stream else ())]
            shown += [each for attachment in target.attachments for each in attachment.get("blocks", ())]
            block, element = interactions.found(shown, action_id)
            body = interactions.on_message(self._workspace, self.user, target, block, element, choice)
        return await self._interact("interactive", body, wait=wait)

    async def submits(self, view: View, values: Mapping[str, Any] | None = None, *, wait: bool = True) -> Delivery:
        """Fill in a modal (by action or block id) and submit it."""
        assert "submit" in view.view, "this modal has no submit button"
        body = interactions.submission(self._workspace, self.user, view, values or {})
        return await self._interact("interactive", body, lambda said: self._submitted(view, said), wait=wait)

    async def closes(self, view: View) -> None:
        """Close a modal."""
        self._workspace.modals[self.user.id].remove(view.id)
        if view.view.get("notify_on_close"):
            await self._interact("interactive", interactions.closing(self._workspace, self.user, view))

    async def runs(self, command: str, text: str = "", *, where: Where | None = None, wait: bool = True) -> Delivery:
        """Run a slash command, in the own direct messages if nothing else is said. There is no running in a thread."""
        installed = self._core.installation(self._workspace.team)
        assert command in self._core.config.commands, f"{command} is not a valid command"
        assert installed, "the app is not installed"
        assert "commands" in installed.scopes, "the app may not have commands"
        channel = self._place(where) if where else self.dm
        form, key = interactions.command(self._workspace, self.user, command, text, channel)

        def answered(said: JSON) -> None:
            if said.get("text") or said.get("blocks"):
                respond(self._workspace, self._core.response_urls[key][1], said)

        return await self._interact("slash_commands", form, answered, wait=wait)

    async def uses_shortcut(self, callback_id: str, message: Message | None = None, *, wait: bool = True) -> Delivery:
        """Use a global shortcut, or one on a message."""
        body = interactions.shortcut(self._workspace, self.user, callback_id, message)
        return await self._interact("interactive", body, wait=wait)

    async def searches(self, view: View, action_id: str, typed: str) -> list[JSON]:
        """Type into an external select; the options that the app offers."""
        _, element = interactions.found(view.view["blocks"], action_id)
        body = interactions.suggestion(self._workspace, self.user, element, typed, view)
        found: list[JSON] = ((await self._interact("interactive", body)).answer or {}).get("options", [])
        return found

    # the app's own places

    async def opens_home(self) -> None:
        """Look at the app's Home."""
        assert self._core.config.home_tab, "the app has no Home"
        self._workspace.emit("app_home_opened", events.home_opened(self._workspace, self.user.id, self.dm, "home"))

    async def opens_messages(self) -> None:
        """Look at the direct messages with the app."""
        self._workspace.emit("app_home_opened", events.home_opened(self._workspace, self.user.id, self.dm, "messages"))

    async def opens_assistant(self, beside: Where | None = None) -> Message:
        """Open the old side panel; the root of its thread."""
        root = Message(self.dm.id, self._core.ids.ts(), self._workspace.bot.id, "New chat", self._workspace.team,
                       bot_id=self._workspace.bot_id, subtype="assistant_app_thread")  # fmt: skip
        root.thread_ts = root.ts
        self._workspace.messages.append(root)
        self._assistant("assistant_thread_started", root, beside)
        return root

    async def looks_at(self, channel: Where, root: Message | None = None) -> None:
        """Go to a channel while the agent is open beside it; with ``root`` in the old side panel."""
        if root:
            self._assistant("assistant_thread_context_changed", root, channel)
            return
        place = self._place(channel).id
        event = events.context_changed(self._workspace, self.user.id, self.dm, place)
        self._workspace.emit("app_context_changed", event)

    async def stops(self, message: Message) -> None:
        """Press Stop in a thread: its live streams end, and the app is told."""
        live = [
            m for m in self._workspace.thread(message.channel, message.root) if m.stream and m.stream.state == "live"
        ]
        for each in live:
            assert each.stream
            each.stream.state = "stopped"
        found = events.session_stopped(
            self._workspace, message.channel, message.root, self.user.id, [each.ts for each in live]
        )
        self._workspace.emit("agent_session_stopped", found)

    async def joins(self, where: Where) -> None:
        """Join a channel."""
        channel = self._place(where)
        channel.members.add(self.user.id)
        event = events.membership(self._workspace, "member_joined_channel", channel, self.user.id)
        self._workspace.emit("member_joined_channel", event)
        joined = self._message(channel, f"{self.mention} has joined the channel", None)
        joined.subtype = "channel_join"
        self._workspace.post(joined)

    # inside

    def _place(self, where: Where) -> Channel:
        if isinstance(where, Channel):
            return where
        return self._workspace.channels.get(where) or self._workspace.channel(where)

    def _message(self, channel: Channel, text: str, thread: str | None) -> Message:
        return Message(
            channel.id, self._core.ids.ts(), self.user.id, text, self.user.team, blocks=rich_text(text),
            thread_ts=thread, client_msg_id=self._core.ids.new("client-"),
        )  # fmt: skip

    def _react(self, name: str, message: Message, emoji: str) -> None:
        self._core.changes.tell()
        self._workspace.emit(name, events.reaction(self._workspace, name, message, self.user.id, emoji))

    def _assistant(self, name: str, root: Message, beside: Where | None) -> None:
        place = self._place(beside).id if beside else None
        self._workspace.emit(name, events.assistant_thread(self._workspace, name, self.user.id, root, place))

    async def _interact(
        self, kind: Kind, body: JSON, answered: Callable[[JSON], None] | None = None, *, wait: bool = True
    ) -> Delivery:
        assert kind == "slash_commands" or self._core.config.interactivity, "interactivity is off"
        delivery = self._core.send(kind, body)
        done = self._core.post.follow(self._finish(delivery, answered))
        if wait:
            await done
        return delivery

    async def _finish(self, delivery: Delivery, answered: Callable[[JSON], None] | None) -> None:
        await self._core.changes.until(lambda: delivery.state != "waiting", self._workspace.picture)
        if delivery.state == "given up":
            late = delivery.attempts[-1].reason in ("timeout", "http_timeout")
            self.warnings.append("operation_timeout" if late else "dispatch_failed")
        elif answered:
            answered(delivery.answer or {})
        self._core.changes.tell()

    def _submitted(self, view: View, said: JSON) -> None:
        """What the acknowledgement of a submission asks for."""
        match said.get("response_action"):
            case "errors":
                known = {each.get("block_id") for each in view.view["blocks"] if each["type"] == "input"}
                assert set(said["errors"]) <= known, f"errors for blocks that are not there: {said['errors']}"
                view.errors = dict(said["errors"])
            case "update":
                replace_view(self._workspace, view, limits.check_view(said["view"], "modal"))
            case "push":
                push_view(self._workspace, self.user.id, limits.check_view(said["view"], "modal"))
            case "clear":
                self._workspace.modals[self.user.id] = []
            case None:
                self._workspace.modals[self.user.id].remove(view.id)
