"""Messages, threads, Homes and modals as HTML, for one person."""

from __future__ import annotations

import time
from html import escape

from tests.simulators.slack.methods import streams
from tests.simulators.slack.model import Channel, Message, View
from tests.simulators.slack.page import words
from tests.simulators.slack.page.blocks import Blocks
from tests.simulators.slack.page.controls import THUMB
from tests.simulators.slack.people import Person
from tests.simulators.slack.protocol import JSON
from tests.simulators.slack.workspace import Workspace

PICTURES = ("png", "jpg", "jpeg", "gif", "svg", "webp")


class Painter:
    """What this person sees."""

    def __init__(self, workspace: Workspace, viewer: Person) -> None:
        self._workspace = workspace
        self._viewer = viewer.user.id
        streams.expire(workspace.messages, workspace.core.clock.now())

    def channel(self, channel: Channel) -> str:
        """The messages in the channel itself, with a line to each thread."""
        roots = [m for m in self._visible(channel) if m.root == m.ts or m.broadcast]
        return "".join(self.message(each) + self._line_to_thread(each) for each in roots)

    def thread(self, channel: Channel, root: str) -> str:
        """A thread, with the bot's status line."""
        shown = [self.message(each) for each in self._visible(channel) if each.root == root]
        status = self._workspace.status(channel.id, root)
        line = f'<div class="status"><i></i>{escape(self._workspace.bot.name)} {escape(status)}</div>' if status else ""
        return "".join(shown) + line

    def home(self, view: View | None) -> str:
        """The app's Home."""
        if view is None:
            return '<p class="empty">The app has not published a Home yet.</p>'
        return Blocks(self._workspace, f"view:{view.id}").all(view.view["blocks"])

    def modal(self, view: View) -> str:
        """A modal with its form."""
        content = view.view
        close = escape(content.get("close", {}).get("text", "Close"))
        submit = f"<button class=primary>{escape(content['submit']['text'])}</button>" if "submit" in content else ""
        wrong = "".join(f'<p class="wrong">{escape(each)}</p>' for each in view.errors.values())
        return (
            f"<h2>{escape(content['title']['text'])}</h2>"
            f"<div class=form>{Blocks(self._workspace, f'view:{view.id}').all(content['blocks'])}{wrong}</div>"
            f"<footer><button type=button data-close='{view.id}'>{close}</button>{submit}</footer>"
        )

    def message(self, message: Message) -> str:
        """One message with its author."""
        author = self._workspace.users[message.user]
        private = '<div class="private">Only visible to you</div>' if message.only_for else ""
        app = "<em>APP</em>" if author.is_bot else ""
        edited = ' <small class="edited">(edited)</small>' if message.edited else ""
        at = time.strftime("%H:%M", time.localtime(float(message.ts)))
        face = "app" if author.is_bot else f"f{sum(map(ord, author.id)) % 6}"
        kind = "message ephemeral" if private else "message"
        return (
            f'<article class="{kind}" data-ts="{message.ts}" data-root="{message.root}">'
            f'<div class="face {face}">{escape(author.name[:1].upper())}</div><div class="body">'
            f"{private}<header><b>{escape(author.name)}</b>{app}<time>{at}</time></header>"
            f'<div class="content">{self._content(message)}{edited}</div>'
            f"{self._files(message)}{self._reactions(message)}</div>{self._tools(message)}</article>"
        )

    def _visible(self, channel: Channel) -> list[Message]:
        return [m for m in self._workspace.messages if m.channel == channel.id and m.only_for in (None, self._viewer)]

    def _content(self, message: Message) -> str:
        target = f"message:{message.channel}:{message.ts}"
        blocks = Blocks(self._workspace, target)
        if message.stream:
            return self._stream(message, blocks)
        attached = "".join(self._attached(each, blocks) for each in message.attachments)
        if message.blocks:
            return blocks.all(message.blocks) + attached
        if message.markdown:
            return f"<div class=md>{words.markdown(message.markdown)}</div>{attached}"
        return words.mrkdwn(self._workspace, message.text) + attached

    def _attached(self, attachment: JSON, blocks: Blocks) -> str:
        text = words.mrkdwn(self._workspace, attachment.get("text", ""))
        return f"<div class=attached>{text}{blocks.all(attachment.get('blocks', []))}</div>"

    def _stream(self, message: Message, blocks: Blocks) -> str:
        """The others in a channel see its beginning, then its end."""
        stream = message.stream
        assert stream
        watching = self._viewer == stream.recipient or self._workspace.channels[message.channel].kind == "im"
        if stream.state == "live" and not watching:
            return f"<div class=md>{words.markdown(stream.first)}</div><i class=caret></i>"
        tasks = "".join(blocks.task(each) for each in stream.tasks.values())
        title = f"<b>{escape(stream.plan)}</b>" if stream.plan else ""
        caret = "<i class=caret></i>" if stream.state == "live" else ""
        tail = blocks.all([*stream.blocks, *message.blocks])
        box = f"<div class=tasks>{title}{tasks}</div>" if tasks else ""
        return f"{box}<div class=md>{words.markdown(stream.text)}</div>{caret}{tail}"

    def _files(self, message: Message) -> str:
        shown = []
        for file in (self._workspace.files[each] for each in message.files):
            name, title = escape(f"/ui/files/{file.id}"), escape(file.title or file.name)
            if file.name.rpartition(".")[2].lower() in PICTURES:
                shown.append(f'<figure><figcaption>{title}</figcaption><img src="{name}" alt="{title}"></figure>')
            else:
                shown.append(
                    f'<a class="file" href="{name}" target="_blank">📄 {title}<small>{file.length} bytes</small></a>'
                )
        return "".join(shown)

    def _reactions(self, message: Message) -> str:
        shown = "".join(f"<span>{words.emoji(name)} {len(who)}</span>" for name, who in message.reactions.items())
        return f'<div class="reactions">{shown}</div>' if shown else ""

    def _tools(self, message: Message) -> str:
        if message.only_for:
            return ""
        shortcuts = "".join(
            f'<button data-shortcut="{escape(key)}">{escape(label)}</button>'
            for key, label in self._workspace.core.config.message_shortcuts
        )
        react = f'<button data-react="+1" title="React">{THUMB.format("up")}</button>'
        return f'<div class="tools">{react}<button data-reply>Reply in thread</button>{shortcuts}</div>'

    def _line_to_thread(self, message: Message) -> str:
        replies = [m for m in self._workspace.thread(message.channel, message.ts) if m.ts != message.ts]
        status = self._workspace.status(message.channel, message.ts)
        if not replies and not status:
            return ""
        count = f"{len(replies)} {'reply' if len(replies) == 1 else 'replies'}" if replies else ""
        working = (
            f'<span class="status"><i></i>{escape(self._workspace.bot.name)} {escape(status)}</span>' if status else ""
        )
        return f'<button class="to-thread" data-thread="{message.ts}">{count} {working}</button>'
