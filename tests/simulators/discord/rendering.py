"""What a person sees, as plain text: for tests to read and for failures to show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.simulators.discord.modals import fields, label_of
from tests.simulators.discord.model import Attachment, Channel, Message, Modal
from tests.simulators.discord.protocol import JSON, Kinds, Types

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core

_MENTION = re.compile(r"<(@!?|@&|#)(\d+)>")
_COMMAND = re.compile(r"</([^:>]+):\d+>")
_TIME = re.compile(r"<t:(\d+)(?::\w)?>")
_NOTICES = {Types.JOIN: "joined the server", Types.THREAD_CREATED: "started a thread", Types.THREAD_STARTER: ""}
_QUOTE = 60


def everything(core: Core) -> str:
    """All channels, threads, direct messages and open forms, with what the app has not answered."""
    lines: list[str] = []
    for channel in core.channels.values():
        if not channel.deleted:
            lines += [title(channel), *conversation(core, channel)]
    for modal in core.modals.values():
        lines += [f"modal of {core.name_of(modal.user)}", *(f"  {each}" for each in form(modal))]
    waiting = [each for each in core.interactions.values() if each.state == "waiting"]
    lines += [f"not acknowledged: interaction {each.type} of {each.user.name}" for each in waiting]
    lines += [f"alarm: {each.live} in {each.where}" for each in core.alarms]
    return "\n".join(lines)


def title(channel: Channel) -> str:
    """A channel's name, and how a thread stands."""
    if channel.is_dm:
        return channel.name
    state = channel.thread
    more = [word for word, on in (("archived", state and state.archived), ("locked", state and state.locked)) if on]
    return f"{'  thread ' if state else '#'}{channel.name}" + (f" ({', '.join(more)})" if more else "")


def conversation(core: Core, channel: Channel, viewer: str | None = None) -> Iterator[str]:
    """A channel as it stands. With no viewer everything is shown, private messages marked."""
    if channel.kind == Kinds.FORUM:
        posts = [each for each in core.channels.values() if each.parent == channel.id and not each.deleted]
        yield from (_post(channel, each) for each in posts)
        return
    for each in core.messages.values():
        if each.channel == channel.id and not each.deleted and (viewer is None or each.only_for in (None, viewer)):
            yield from message(core, each)
    for user in core.typists(channel.id):
        yield f"… {core.name_of(user)} is typing"


def _post(forum: Channel, post: Channel) -> str:
    assert post.thread
    names = {each.id: each.name for each in forum.tags}
    tags = "".join(f" [{names[each]}]" for each in post.thread.tags)
    return f"{post.name}{tags} ({post.thread.sent} replies)"


def message(core: Core, shown: Message) -> Iterator[str]:
    """One message: whom it answers, its author, words, components, files, reactions and thread."""
    if shown.type == Types.REPLY and shown.reference:
        yield _quoted(core, shown.reference)
    private = f" (only {core.name_of(shown.only_for)} sees this)" if shown.only_for else ""
    lines = list(body(core, shown)) or [""]
    yield f"{shown.author.name}{private}: {lines[0]}{' (edited)' if shown.edited_at else ''}"
    yield from (f"    {line}" for line in lines[1:])
    if shown.reactions:
        yield "    " + " ".join(f"{name} {len(users)}" for name, users in shown.reactions.items())
    if shown.thread and (thread := core.channels.get(shown.thread)) and not thread.deleted and thread.thread:
        yield f"    thread: {thread.name} ({thread.thread.sent} messages)"


def _quoted(core: Core, reference: JSON) -> str:
    found = core.messages.get(str(reference.get("message_id")))
    if found is None or found.deleted:
        return "  ┌ the original message was deleted"
    first = (found.text.splitlines() or ["…"])[0]
    return f"  ┌ {found.author.name}: {spoken(core, first)[:_QUOTE]}"


def body(core: Core, shown: Message) -> Iterator[str]:
    """The lines of a message."""
    if shown.type in _NOTICES:
        yield f"({_NOTICES[shown.type]} {shown.content})" if shown.type != Types.THREAD_STARTER else "(thread begins)"
        return
    if shown.loading:
        yield "is thinking…"
        return
    yield from spoken(core, shown.content).splitlines()
    for embed in shown.embeds:
        yield from _embed(core, embed)
    if not shown.v2:
        yield from (file_line(each) for each in shown.attachments)
    for each in shown.components:
        yield from component(core, shown, each)


def file_line(found: Attachment) -> str:
    """A file or picture."""
    kind = "image" if found.media_type.startswith("image/") else "file"
    return f"[{kind} {found.name}]"


def _embed(core: Core, embed: JSON) -> Iterator[str]:
    texts = [embed.get("title"), embed.get("description")]
    texts += [f"{each['name']}: {each['value']}" for each in embed.get("fields") or ()]
    texts.append((embed.get("footer") or {}).get("text"))
    for text in texts:
        yield from (f"│ {line}" for line in spoken(core, text or "").splitlines())


def component(core: Core, shown: Message, found: JSON) -> Iterator[str]:
    """A component and what is in it."""
    kind = found["type"]
    if kind == 1:
        yield " ".join(control(each) for each in found["components"])
    elif kind in (9, 17):
        for each in [*found["components"], *([found["accessory"]] if "accessory" in found else ())]:
            yield from component(core, shown, each)
    elif kind == 10:
        yield from spoken(core, found["content"]).splitlines()
    elif kind == 12:
        yield from (f"[image {_name(each['media']['url'])}]" for each in found["items"])
    else:
        yield _leaf(found)


def _leaf(found: JSON) -> str:
    match found["type"]:
        case 11:
            return f"[image {_name(found['media']['url'])}]"
        case 13:
            return f"[file {_name(found['file']['url'])}]"
        case 14:
            return "---"
    return control(found)


def _name(url: str) -> str:
    return url.removeprefix("attachment://").partition("?")[0].rpartition("/")[2]


def control(found: JSON) -> str:
    """A button or menu; disabled ones in round brackets."""
    if found["type"] == 2:
        label = " ".join(filter(None, [(found.get("emoji") or {}).get("name"), found.get("label")]))
        link = f" → {found['url']}" if found.get("url") else ""
    else:
        options = " / ".join(each["label"] for each in found.get("options") or ())
        label, link = " ".join(filter(None, [found.get("placeholder"), options])), ""
    return f"({label}{link})" if found.get("disabled") else f"[{label}{link}]"


def form(modal: Modal) -> Iterator[str]:
    """A modal."""
    rows = modal.data["components"]
    yield modal.title
    yield from (line for each in rows if each["type"] == 10 for line in each["content"].splitlines())
    for each in fields(rows):
        shown = each.get("value") or " / ".join(option["label"] for option in each.get("options") or ())
        yield f"{label_of(rows, each)}: [{shown}]"


def spoken(core: Core, text: str) -> str:
    """Mentions as people read them."""
    text = _MENTION.sub(lambda found: _called(core, found[1], found[2]), text)
    return _TIME.sub(r"(time \1)", _COMMAND.sub(r"/\1", text))


def _called(core: Core, sign: str, key: str) -> str:
    if sign == "#":
        channel = core.channels.get(key)
        return f"#{channel.name if channel else 'unknown'}"
    if sign == "@&":
        roles = [each.roles[key].name for each in core.guilds.values() if key in each.roles]
        return f"@{roles[0] if roles else 'unknown-role'}"
    return f"@{core.name_of(key)}"
