"""Channels, forums and messages as HTML, for one person."""

from __future__ import annotations

import time
from html import escape

from tests.simulators.discord import components as parts
from tests.simulators.discord.core import Core
from tests.simulators.discord.model import Channel, Message
from tests.simulators.discord.page import words
from tests.simulators.discord.page.components import Painter, file
from tests.simulators.discord.people import Person
from tests.simulators.discord.protocol import JSON, Kinds, Types, moment_of
from tests.simulators.discord.registry import MESSAGE

_NOTICES = {
    Types.JOIN: "joined the server", Types.THREAD_CREATED: "started a thread:", Types.PINNED: "pinned a message",
    Types.CHANNEL_RENAME: "renamed this:", Types.THREAD_STARTER: "",
}  # fmt: skip


class View:
    """What this person sees."""

    def __init__(self, core: Core, viewer: Person) -> None:
        self._core = core
        self._viewer = viewer

    def channel(self, channel: Channel) -> str:
        """The messages of a channel, or the posts of a forum."""
        if channel.kind == Kinds.FORUM:
            return self._forum(channel)
        shown = [m for m in self._core.messages.values() if m.channel == channel.id and not m.deleted]
        html = "".join(self.message(each) for each in shown if each.only_for in (None, self._viewer.id))
        typists = [self._core.name_of(each) for each in self._core.typists(channel.id) if each != self._viewer.id]
        return html + (f'<div class="typing"><i></i>{escape(", ".join(typists))} is typing…</div>' if typists else "")

    def _forum(self, forum: Channel) -> str:
        posts = [each for each in self._core.channels.values() if each.parent == forum.id and not each.deleted]
        names = {each.id: each.name for each in forum.tags}
        cards = []
        for each in reversed(posts):
            assert each.thread
            tags = "".join(f"<em>{escape(names[tag])}</em>" for tag in each.thread.tags)
            first = self._core.messages.get(each.id)
            text = escape(first.text[:160]) if first else ""
            cards.append(
                f'<button class="post" data-channel="{each.id}"><b>{escape(each.name)}</b>{tags}'
                f"<span>{text}</span><small>{each.thread.sent} replies</small></button>"
            )
        return "".join(cards) or '<p class="empty">Nothing was posted here yet.</p>'

    def message(self, shown: Message) -> str:
        """One message."""
        if shown.type in _NOTICES:
            return self._notice(shown)
        private = '<div class="private">Only you can see this</div>' if shown.only_for else ""
        edited = '<span class="edited">(edited)</span>' if shown.edited_at else ""
        when = time.strftime("%H:%M", time.gmtime(moment_of(shown.id)))
        app = "<em>APP</em>" if shown.author.bot else ""
        ping = " called" if self._viewer.id in shown.mentions or shown.mention_everyone else ""
        return (
            f'<article class="message{ping}{" ephemeral" if shown.only_for else ""}" data-id="{shown.id}">'
            f"{self._quote(shown)}<div class=main>{_face(shown)}<div class=body>"
            f"<header><b>{escape(shown.author.name)}</b>{app}<time>{when}</time></header>{self._content(shown)}{edited}{self._reactions(shown)}"
            f"{self._thread(shown)}{private}</div></div>{self._tools(shown)}</article>"
        )

    def _notice(self, shown: Message) -> str:
        original = (shown.reference or {}).get("message_id") if shown.type == Types.THREAD_STARTER else None
        if original and (first := self._core.messages.get(str(original))):
            return f'<div class="starter">{self.message(first)}</div>' if not first.deleted else ""
        words_ = f"<b>{escape(shown.author.name)}</b> {_NOTICES[shown.type]} {escape(shown.content)}"
        return f'<p class="notice">{words_}{self._thread(shown)}</p>'

    def _quote(self, shown: Message) -> str:
        if shown.type != Types.REPLY or not shown.reference:
            return ""
        found = self._core.messages.get(str(shown.reference.get("message_id")))
        if found is None or found.deleted:
            return '<div class="quote">The original message was deleted</div>'
        line = (found.text.splitlines() or ["…"])[0][:80]
        return f'<div class="quote"><b>{escape(found.author.name)}</b> {escape(line)}</div>'

    def _content(self, shown: Message) -> str:
        if shown.loading:
            return '<div class="thinking"><i></i>is thinking…</div>'
        html = f'<div class="md">{words.markdown(self._core, shown.content)}</div>' if shown.content else ""
        html += "".join(self._embed(each) for each in shown.embeds)
        if not shown.v2:
            html += "".join(file(each) for each in shown.attachments)
        return html + Painter(self._core, shown).all(shown.components)

    def _embed(self, embed: JSON) -> str:
        title = f"<b>{escape(embed['title'])}</b>" if embed.get("title") else ""
        text = words.markdown(self._core, embed["description"]) if embed.get("description") else ""
        fields = "".join(
            f"<div><b>{escape(each['name'])}</b>{words.markdown(self._core, each['value'])}</div>"
            for each in embed.get("fields") or ()
        )
        footer = f"<small>{escape(embed['footer']['text'])}</small>" if embed.get("footer") else ""
        style = f' style="border-left-color:#{int(embed["color"]):06x}"' if embed.get("color") is not None else ""
        return f'<div class="container embed"{style}>{title}{text}<div class=fields>{fields}</div>{footer}</div>'

    def _reactions(self, shown: Message) -> str:
        own = self._viewer.id
        chips = "".join(
            f'<button class="chip{" on" if own in users else ""}" data-react="{escape(name)}">'
            f"{escape(name)} {len(users)}</button>"
            for name, users in shown.reactions.items()
        )
        return f'<div class="reactions">{chips}</div>' if chips else ""

    def _thread(self, shown: Message) -> str:
        found = self._core.channels.get(shown.thread or "")
        if found is None or found.deleted or not found.thread:
            return ""
        return (
            f'<button class="to-thread" data-channel="{found.id}">↳ <b>{escape(found.name)}</b> '
            f"{found.thread.sent} messages</button>"
        )

    def _tools(self, shown: Message) -> str:
        channel = self._core.channels[shown.channel]
        if shown.only_for:
            return ""
        tools = [("react", "👍"), ("react", "👎"), ("reply", "Reply")]
        if not channel.thread and not channel.is_dm and not shown.thread:
            tools.append(("thread", "Thread"))
        if shown.author is self._viewer.user:
            tools += [("edit", "Edit"), ("delete", "Delete")]
        html = "".join(
            f'<button data-react="{name}">{name}</button>'
            if deed == "react"
            else f"<button data-do={deed}>{name}</button>"
            for deed, name in tools
        )
        menu = [each["name"] for each in self._core.registry.visible(channel.guild) if each["type"] == MESSAGE]
        html += "".join(f'<button data-menu="{escape(each)}">{escape(each)}</button>' for each in menu)
        return f'<div class="tools">{html}</div>'


def _face(shown: Message) -> str:
    kind = "app" if shown.author.bot else f"f{int(shown.author.id) % 6}"
    return f'<div class="face {kind}">{escape(shown.author.name[:1].upper())}</div>'


def usable(message: Message, key: str) -> JSON:
    """The component that was used on the page."""
    for each in parts.walk(message.components):
        if each.get("custom_id") == key:
            return each
    raise AssertionError("this is not there any more")
