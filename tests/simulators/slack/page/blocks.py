"""Block Kit as HTML."""

from __future__ import annotations

import json
from collections.abc import Callable
from html import escape
from typing import Any

from tests.simulators.slack.page import words
from tests.simulators.slack.page.controls import control
from tests.simulators.slack.protocol import JSON
from tests.simulators.slack.workspace import Workspace

SIGNS = {"pending": "○", "in_progress": "", "complete": "✓", "error": "✗"}


class Blocks:
    """Paints the blocks of one message or view; ``target`` is what a click in it refers to."""

    def __init__(self, workspace: Workspace, target: str) -> None:
        self._workspace = workspace
        self._target = target
        self._painters: dict[str, Callable[[JSON], str]] = {
            "section": self._section, "divider": lambda _: "<hr>", "header": self._header, "image": self._image,
            "context": self._context, "actions": self._actions, "context_actions": self._actions,
            "input": self._input, "markdown": lambda block: f"<div class=md>{words.markdown(block['text'])}</div>",
            "rich_text": lambda block: self.rich(block["elements"]), "task_card": self.task, "plan": self._plan,
            "table": self._table, "data_table": self._table, "alert": self._alert, "card": self._card,
            "carousel": lambda block: f'<div class="carousel">{self.all(block["elements"])}</div>',
            "container": self._container,
        }  # fmt: skip

    def all(self, blocks: list[JSON]) -> str:
        """Every block in order."""
        return "".join(f'<div class="block {escape(each["type"])}">{self.one(each)}</div>' for each in blocks)

    def one(self, block: JSON) -> str:
        """One block; what has no painter shows its JSON."""
        painter = self._painters.get(block["type"])
        return painter(block) if painter else f"<pre>{escape(json.dumps(block, indent=1))}</pre>"

    def text(self, value: Any) -> str:
        """A text object, or a bare string."""
        if value is None:
            return ""
        if isinstance(value, str):
            return words.plain(value)
        if value.get("type") == "mrkdwn":
            return words.mrkdwn(self._workspace, value["text"])
        if value.get("type") == "rich_text":
            return self.rich(value["elements"])
        return words.plain(str(value.get("text", value.get("value", ""))))

    def _section(self, block: JSON) -> str:
        fields = "".join(f"<div>{self.text(each)}</div>" for each in block.get("fields", ()))
        beside = self._element(block, block["accessory"]) if "accessory" in block else ""
        grid = f"<div class=fields>{fields}</div>" if fields else ""
        return f"<div class=words>{self.text(block.get('text'))}{grid}</div><div class=beside>{beside}</div>"

    def _header(self, block: JSON) -> str:
        return f"<h3>{self.text(block['text'])}</h3>"

    def _image(self, block: JSON) -> str:
        title = f"<figcaption>{self.text(block['title'])}</figcaption>" if "title" in block else ""
        return f"<figure>{title}{_picture(block)}</figure>"

    def _context(self, block: JSON) -> str:
        shown = (_picture(e) if e["type"] == "image" else f"<span>{self.text(e)}</span>" for e in block["elements"])
        return "".join(shown)

    def _actions(self, block: JSON) -> str:
        return "".join(self._element(block, each) for each in block["elements"])

    def _element(self, block: JSON, element: JSON) -> str:
        if element["type"] == "image":
            return _picture(element)
        return control(element, self._target, block.get("block_id", ""))

    def _input(self, block: JSON) -> str:
        optional = " <small>(optional)</small>" if block.get("optional") else ""
        hint = f"<small>{self.text(block['hint'])}</small>" if "hint" in block else ""
        field = control(block["element"], "", block.get("block_id", ""), required=not block.get("optional"))
        return f"<label><b>{self.text(block['label'])}</b>{optional}{field}</label>{hint}"

    def task(self, task: JSON) -> str:
        """A task card, of a block or of a stream."""
        status = task.get("status", "pending")
        more = "".join(f"<div>{self.text(task[key])}</div>" for key in ("details", "output") if task.get(key))
        links = "".join(
            f'<a href="{escape(each["url"])}" target=_blank>{escape(each.get("text", each["url"]))}</a>'
            for each in task.get("sources") or ()
        )
        sources = f"<div class=sources>{links}</div>" if links else ""
        return (
            f'<div class="task {escape(status)}"><i>{SIGNS.get(status, "○")}</i>'
            f"<div><b>{self.text(task['title'])}</b>{more}{sources}</div></div>"
        )

    def _plan(self, block: JSON) -> str:
        return f"<b>{self.text(block['title'])}</b>" + "".join(self.task(each) for each in block.get("tasks", ()))

    def _table(self, block: JSON) -> str:
        head, *rest = [[self.text(cell) for cell in row] for row in block["rows"]]
        caption = f"<caption>{escape(block['caption'])}</caption>" if "caption" in block else ""
        top = "".join(f"<th>{cell}</th>" for cell in head)
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rest)
        return f"<table>{caption}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"

    def _alert(self, block: JSON) -> str:
        return f'<div class="alert {escape(block.get("level", "default"))}">{self.text(block["text"])}</div>'

    def _card(self, block: JSON) -> str:
        actions = "".join(self._element(block, each) for each in block.get("actions", ()))
        return (
            f"<b>{self.text(block.get('title'))}</b><small>{self.text(block.get('subtitle'))}</small>"
            f"<div>{self.text(block.get('body'))}</div><div>{actions}</div>"
        )

    def _container(self, block: JSON) -> str:
        inner = self.all(block["child_blocks"])
        title = self.text(block.get("title") or block.get("rich_text_title"))
        return f"<details open><summary>{title}</summary>{inner}</details>"

    def rich(self, elements: list[JSON]) -> str:
        """Rich text."""
        return "".join(self._rich(each) for each in elements)

    def _rich(self, part: JSON) -> str:
        kind = part["type"]
        if kind == "rich_text_list":
            tag = "ol" if part["style"] == "ordered" else "ul"
            return (
                f"<{tag}>"
                + "".join(f"<li>{self.rich(each['elements'])}</li>" for each in part["elements"])
                + f"</{tag}>"
            )
        tags = {"rich_text_preformatted": "pre", "rich_text_quote": "blockquote", "rich_text_section": "div"}
        if kind in tags:
            return f"<{tags[kind]}>{self.rich(part['elements'])}</{tags[kind]}>"
        return self._leaf(part)

    def _leaf(self, part: JSON) -> str:
        match part["type"]:
            case "user":
                return words.mention(self._workspace.name_of(part["user_id"]))
            case "usergroup":
                return words.mention(self._workspace.groups.get(part["usergroup_id"], (part["usergroup_id"], []))[0])
            case "broadcast":
                return words.mention(part["range"], "broadcast")
            case "emoji":
                return words.emoji(part["name"])
            case "link":
                label = escape(part.get("text") or part["url"])
                return f'<a href="{escape(part["url"])}" target="_blank" rel="noreferrer">{label}</a>'
        html = words.plain(str(part.get("text") or part.get("fallback") or part.get("channel_id", "")))
        for style, tag in (("bold", "b"), ("italic", "i"), ("strike", "s"), ("code", "code")):
            html = f"<{tag}>{html}</{tag}>" if part.get("style", {}).get(style) else html
        return html


def _picture(image: JSON) -> str:
    return f'<img src="{escape(image.get("image_url", ""))}" alt="{escape(image["alt_text"])}">'
