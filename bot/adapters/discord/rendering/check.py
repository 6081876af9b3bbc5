"""Finds what Discord would refuse in a message. It knows Discord's rules, not how our messages are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from discord import ui

from bot.adapters.discord.press import Press
from bot.adapters.discord.rendering import limits
from bot.adapters.discord.rendering.post import Post
from bot.adapters.markup.measure import size
from bot.domain.run import Document

Component = Mapping[str, Any]
_ROW, _BUTTON, _TEXT, _GALLERY, _FILE, _SEPARATOR, _CONTAINER = 1, 2, 10, 12, 13, 14, 17
_ADDRESS = "attachment://"
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


def faults(post: Post) -> list[str]:
    """Each limit that a message exceeds; empty when Discord would take it, and its plain words as well."""
    view: Any = post.view()
    components: Sequence[Component] = view.to_components()
    return [
        *_fresh(view, post.view()),
        *_all(components),
        *(fault for component in components for fault in _component(component)),
        *_files(components, post.documents),
        *_words(post.words),
    ]


def _fresh(view: ui.LayoutView, other: ui.LayoutView) -> Iterator[str]:
    if view is other or {*map(id, view.walk_children())} & {*map(id, other.walk_children())}:
        yield "view: not a new one at each call"
    if view.timeout is not None:
        yield "view: it has a timeout"
    if any(item.is_dispatchable() and not isinstance(item, Press) for item in view.walk_children()):
        yield "view: a control that is no Press"


def _all(components: Sequence[Component]) -> Iterator[str]:
    everything = list(_walk(components))
    texts = [str(each.get("content", "")) for each in everything if each["type"] == _TEXT]
    ids = [each["custom_id"] for each in everything if "custom_id" in each]
    yield from _within("components", len(everything), limits.COMPONENTS, 1)
    yield from _within("all text", sum(map(size, texts)), limits.TEXT)
    if len(ids) != len(set(ids)):
        yield "custom_id: not unique"


def _component(component: Component) -> Iterator[str]:
    check = _CHECKS.get(component["type"])
    yield from check(component) if check else (f"unknown component {component['type']}",)


def _container(container: Component) -> Iterator[str]:
    inner = container["components"]
    yield from _within("container", len(inner), limits.COMPONENTS, 1)
    yield from _within("accent_color", container.get("accent_color") or 0, 0xFFFFFF)
    for each in inner:
        yield from ("a container in a container",) if each["type"] == _CONTAINER else _component(each)


def _row(row: Component) -> Iterator[str]:
    yield from _within("row", len(row["components"]), limits.BUTTONS, 1)
    for each in row["components"]:
        yield from _button(each) if each["type"] == _BUTTON else (f"component {each['type']} in a row",)


def _button(button: Component) -> Iterator[str]:
    yield from _within("label", size(button.get("label") or ""), limits.BUTTON_LABEL)
    yield from _within("custom_id", size(button.get("custom_id") or ""), limits.CUSTOM_ID, 1)
    if not button.get("label") and not button.get("emoji"):
        yield "button: neither label nor emoji"


def _text(text: Component) -> Iterator[str]:
    content = str(text["content"])
    yield from _within("text", size(content.strip()), limits.TEXT, 1)
    if content.count("```") % 2:
        yield "text: a fence is not closed"


def _gallery(gallery: Component) -> Iterator[str]:
    yield from _within("gallery", len(gallery["items"]), limits.PICTURES, 1)
    for item in gallery["items"]:
        yield from _within("description", size(item.get("description") or ""), limits.PICTURE_WORDS)


def _nothing(_component: Component) -> Iterator[str]:
    yield from ()


def _files(components: Sequence[Component], documents: Sequence[Document]) -> Iterator[str]:
    names = [document.name for document in documents]
    yield from _within("attachments", len(names), limits.ATTACHMENTS)
    yield from _within("bytes", sum(len(document.data) for document in documents), limits.ATTACHMENT_BYTES)
    if sorted(_addresses(components)) != sorted(f"{_ADDRESS}{name}" for name in names):
        yield "attachments: not those that the view refers to"
    if len({name.lower() for name in names}) != len(names):
        yield "attachments: two of one name"
    for name in names:
        if not set(name) <= _NAME or name.startswith((".", "_", "SPOILER_")) or not name:
            yield f"attachments: Discord would change the name {name!r}"


def _words(words: str) -> Iterator[str]:
    yield from _within("words", size(words), limits.CONTENT)
    yield from _within("words that can be seen", size(words.strip()), limits.CONTENT, 1)
    if words.count("```") % 2:
        yield "words: a fence is not closed"


def _addresses(components: Sequence[Component]) -> Iterator[str]:
    for each in _walk(components):
        yield from (str(item["media"]["url"]) for item in each.get("items", ()))
        yield from (str(each["file"]["url"]),) if each["type"] == _FILE else ()


def _walk(components: Sequence[Component]) -> Iterator[Component]:
    for each in components:
        yield each
        yield from _walk(each.get("components", ()))


def _within(name: str, found: int, most: int, least: int = 0) -> Iterator[str]:
    if not least <= found <= most:
        yield f"{name}: {found}, allowed are {least} to {most}"


_CHECKS: Mapping[int, Callable[[Component], Iterator[str]]] = {
    _ROW: _row,
    _TEXT: _text,
    _GALLERY: _gallery,
    _FILE: _nothing,
    _SEPARATOR: _nothing,
    _CONTAINER: _container,
}
