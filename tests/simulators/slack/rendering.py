"""What a person sees, as plain text: for tests to read and for failures to show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tests.simulators.slack.protocol import JSON, unescape

if TYPE_CHECKING:
    from tests.simulators.slack.model import Message, View
    from tests.simulators.slack.workspace import Workspace

_MARKUP = re.compile(r"<([^<>\s][^<>]*)>")
_KEYS = "title rich_text_title subtitle text body fields elements child_blocks accessory actions"
_SHOWN_KEYS = _KEYS.split()
_SIGNS = {"pending": "○", "in_progress": "◐", "complete": "✓", "error": "✗"}


def workspace(found: Workspace) -> str:
    """All conversations, Homes and modals."""
    lines = []
    for channel in found.channels.values():
        lines += [f"#{channel.name}" + (" (archived)" if channel.archived else ""), *conversation(found, channel.id)]
    for user, stack in found.modals.items():
        for view in stack:
            lines += [
                f"modal of {found.name_of(user)}",
                *(f"  {each}" for each in view_lines(found, found.views[view])),
            ]
    for user, home in found.homes.items():
        lines += [f"home of {found.name_of(user)}", *(f"  {each}" for each in view_lines(found, home))]
    open_post = [f"{each.kind} {each.event.get('type', '')} sent {each.sent}x" for each in found.core.post.open()]
    return "\n".join([*lines, *(["not acknowledged:", *open_post] if open_post else [])])


def conversation(found: Workspace, channel: str, viewer: str | None = None, thread: str | None = None) -> Iterator[str]:
    """A channel with its threads. With no viewer everything is shown, private messages marked."""
    here = [m for m in found.messages if m.channel == channel and (viewer is None or m.only_for in (None, viewer))]
    for root in (m for m in here if m.root == m.ts and thread in (None, m.ts)):
        yield from message(found, root, viewer)
        for reply in (m for m in here if m.thread_ts == root.ts and m is not root):
            yield from (f"  {line}" for line in message(found, reply, viewer))
        if status := found.status(channel, root.ts):
            yield f"  … {found.bot.name} {status}"


def message(found: Workspace, shown: Message, viewer: str | None = None) -> Iterator[str]:
    """One message: its author, words, blocks, files and reactions."""
    private = f" (only {found.name_of(shown.only_for)} sees this)" if shown.only_for else ""
    lines = list(body(found, shown, viewer)) or [""]
    yield f"{found.name_of(shown.user)}{private}: {lines[0]}{' (edited)' if shown.edited else ''}"
    yield from (f"    {line}" for line in lines[1:])
    for each in shown.files:
        yield f"    [file {found.files[each].title or found.files[each].name}]"
    if shown.reactions:
        yield "    " + " ".join(f":{name}: {len(users)}" for name, users in shown.reactions.items())


def body(found: Workspace, shown: Message, viewer: str | None = None) -> Iterator[str]:
    """The lines of a message. Blocks are shown in place of the text, as in Slack."""
    if shown.stream:
        yield from stream(found, shown, viewer)
    elif shown.blocks:
        yield from blocks(found, shown.blocks)
    elif shown.markdown:
        yield from shown.markdown.splitlines()
    else:
        yield from mrkdwn(found, shown.text).splitlines()
    for each in shown.attachments:
        yield from mrkdwn(found, str(each.get("text", ""))).splitlines()
        yield from blocks(found, each.get("blocks", []))


def stream(found: Workspace, shown: Message, viewer: str | None) -> Iterator[str]:
    """A message that is or was written live. Before its end only the recipient sees it grow."""
    assert shown.stream
    written = shown.stream
    watching = viewer in (None, written.recipient) or found.channels[shown.channel].kind == "im"
    if written.state == "live" and not watching:
        yield from written.first.splitlines()
        return
    if written.plan:
        yield written.plan
    for task in written.tasks.values():
        yield task_line(task)
    yield from written.text.splitlines()
    yield from blocks(found, [*written.blocks, *shown.blocks])
    if written.state != "done":
        yield f"({written.state})"


def task_line(task: Mapping[str, Any]) -> str:
    """One task card."""
    said = " ".join(str(task[key]) for key in ("details", "output") if isinstance(task.get(key), str) and task[key])
    sources = ", ".join(each.get("text", each.get("url", "")) for each in task.get("sources") or ())
    return " ".join(
        filter(None, [_SIGNS.get(task.get("status", "pending"), "○"), task.get("title", ""), said, sources])
    )


def blocks(found: Workspace, shown: list[JSON]) -> Iterator[str]:
    """Block Kit as lines."""
    for block in shown:
        yield from block_lines(found, block)


def block_lines(found: Workspace, block: Mapping[str, Any]) -> Iterator[str]:
    """One block; what is not known by name shows its texts."""
    kind = block["type"]
    if kind == "divider":
        yield "---"
    elif kind == "markdown":
        yield from block["text"].splitlines()
    elif kind == "task_card":
        yield task_line({**block, "details": "", "output": ""})
        yield from _texts(found, [block.get("details"), block.get("output")])
    elif kind == "plan":
        yield block["title"]
        yield from (task_line(each) for each in block.get("tasks", ()))
    elif kind in ("table", "data_table"):
        yield from (" | ".join(" ".join(_texts(found, cell)) for cell in row) for row in block["rows"])
    elif kind in ("actions", "context_actions"):
        yield " ".join(_control(found, each) for each in block["elements"])
    elif kind == "rich_text":
        yield from "".join(_rich(found, block["elements"])).splitlines()
    elif kind == "input":
        yield f"{block['label']['text']}: {_control(found, block['element'])}"
    elif kind == "image":
        yield f"[image {block['alt_text']}]"
    else:
        yield from (line for text in _texts(found, block) for line in text.splitlines())


def view_lines(found: Workspace, view: View) -> Iterator[str]:
    """A modal or Home."""
    title = view.view.get("title", {}).get("text")
    if title:
        yield title
    yield from blocks(found, view.view["blocks"])
    yield from (f"! {words}" for words in view.errors.values())
    if "submit" in view.view:
        yield f"[{view.view['submit']['text']}]"


def mrkdwn(found: Workspace, text: str) -> str:
    """Slack's own markup as a person reads it."""
    return unescape(_MARKUP.sub(lambda markup: _spoken(found, markup[1]), text))


def _spoken(found: Workspace, markup: str) -> str:
    target, _, label = markup.partition("|")
    if target[0] == "@":
        return f"@{found.name_of(target[1:])}"
    if target[0] == "#":
        channel = found.channels.get(target[1:])
        return f"#{channel.name if channel else target[1:]}"
    if target.startswith("!subteam^"):
        return f"@{found.groups.get(target[9:], (target[9:], []))[0]}"
    if target.startswith("!date^"):
        return label
    return f"@{target[1:]}" if target[0] == "!" else label or target


def _texts(found: Workspace, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield mrkdwn(found, value)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(found, each)
    elif isinstance(value, dict):
        yield from _object(found, value)


def _object(found: Workspace, value: Mapping[str, Any]) -> Iterator[str]:
    kind = value.get("type")
    if kind in ("plain_text", "raw_text"):
        yield str(value["text"])
    elif kind in ("mrkdwn", "raw_number"):
        yield mrkdwn(found, str(value.get("text", value.get("value"))))
    elif kind == "rich_text":
        yield "".join(_rich(found, value["elements"]))
    elif "action_id" in value or kind in ("button", "overflow"):
        yield _control(found, value)
    elif kind == "image":
        yield f"[image {value['alt_text']}]"
    else:
        for key in _SHOWN_KEYS:
            yield from _texts(found, value.get(key))


def _control(found: Workspace, element: Mapping[str, Any]) -> str:
    if element["type"] == "feedback_buttons":
        return f"[{element['positive_button']['text']['text']}] [{element['negative_button']['text']['text']}]"
    label = element.get("text") or element.get("placeholder") or {"text": element.get("initial_value", "")}
    options = element.get("options") or []
    chosen = " / ".join(mrkdwn(found, each["text"]["text"]) for each in options)
    return f"[{label['text'] or chosen}]"


def _rich(found: Workspace, elements: list[JSON]) -> Iterator[str]:
    for each in elements:
        kind = each["type"]
        if kind == "rich_text_list":
            for item in each["elements"]:
                yield "• " + "".join(_rich(found, item["elements"])) + "\n"
        elif kind.startswith("rich_text"):
            yield from _rich(found, each["elements"])
            yield "\n"
        else:
            yield _rich_leaf(found, each)


def _rich_leaf(found: Workspace, element: JSON) -> str:
    match element["type"]:
        case "user":
            return f"@{found.name_of(element['user_id'])}"
        case "usergroup":
            return f"@{found.groups.get(element['usergroup_id'], (element['usergroup_id'], []))[0]}"
        case "broadcast":
            return f"@{element['range']}"
        case "channel":
            return f"#{element['channel_id']}"
        case "emoji":
            return f":{element['name']}:"
    return str(element.get("text") or element.get("url") or element.get("fallback") or "")
