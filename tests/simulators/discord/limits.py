"""Limits of whole messages: what may be said, in which form, and what an edit may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.simulators.discord import components
from tests.simulators.discord.model import Attachment, Message
from tests.simulators.discord.problems import Problems
from tests.simulators.discord.protocol import JSON, Flags, refused

CONTENT = 2000
EMBED_TOTAL = 6000
_EMBED_TEXTS = {("title",): 256, ("description",): 4096, ("footer", "text"): 2048, ("author", "name"): 256}
_LEGACY = ("content", "embeds", "poll", "sticker_ids")


def check_new(body: JSON, files: set[str], *, sendable: int = Flags.MAY_BE_SENT) -> None:
    """A message that is to be created."""
    problems, flags = Problems(), int(body.get("flags") or 0)
    if flags & ~sendable:
        problems.at("flags").add("MESSAGE_FLAGS_INVALID", "These flags cannot be set.")
    problems.at("nonce").length(_text(body.get("nonce")), 0, 25)
    v2 = bool(flags & Flags.COMPONENTS_V2)
    _check_form(body, files, problems, v2=v2)
    if v2:
        _refuse_legacy(body, problems)
    problems.refuse()
    if v2 and not body.get("components"):
        raise refused(50006)
    if not v2 and not files and not any(body.get(each) for each in (*_LEGACY, "components")):
        raise refused(50006)


def check_edit(message: Message, body: JSON, files: set[str]) -> None:
    """What an edit makes of a message: V2 cannot be taken back, and has no room for text beside it."""
    problems = Problems()
    flags = int(body["flags"]) if body.get("flags") is not None else message.flags
    v2 = bool(flags & Flags.COMPONENTS_V2)
    if message.v2 and not v2:
        problems.at("flags").add("MESSAGE_FLAGS_INVALID", "IS_COMPONENTS_V2 cannot be removed from a message.")
    after: JSON = {"content": message.content, "embeds": message.embeds, "components": message.components}
    after |= {key: body[key] for key in (*after, "poll", "sticker_ids") if key in body}
    _check_form({**after, "allowed_mentions": body.get("allowed_mentions")}, files, problems, v2=v2 or message.v2)
    if v2:
        _refuse_legacy(after, problems)
    problems.refuse()
    if not files and not any(after.get(each) for each in ("content", "embeds", "components")):
        raise refused(50006)


def _check_form(body: JSON, files: set[str], problems: Problems, *, v2: bool) -> None:
    problems.at("content").length(_text(body.get("content")), 0, CONTENT)
    check_embeds(body.get("embeds") or [], problems.at("embeds"))
    components.check(body.get("components") or [], problems.at("components"), v2=v2, files=files)
    check_allowed_mentions(body.get("allowed_mentions"), problems.at("allowed_mentions"))
    if len(files) > 10:
        problems.at("attachments").add("BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")


def _refuse_legacy(body: JSON, problems: Problems) -> None:
    for key in _LEGACY:
        if body.get(key):
            code = "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"
            text = f"The '{key}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            problems.at(key).add(code, text)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def check_embeds(embeds: list[JSON], problems: Problems) -> None:
    """Embeds, each and all together."""
    if len(embeds) > 10:
        problems.add("BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    total = 0
    for place, each in enumerate(embeds):
        total += _check_embed(each, problems.at(place))
    if total > EMBED_TOTAL:
        problems.add("MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBED_TOTAL}")


def _check_embed(embed: Mapping[str, Any], problems: Problems) -> int:
    total = 0
    for path, most in _EMBED_TEXTS.items():
        value: Any = embed
        for key in path:
            value = (value or {}).get(key)
        problems.at(*path).length(value, 0, most)
        total += len(value or "")
    found = embed.get("fields") or []
    problems.at("fields").count(found, 0, 25)
    for place, each in enumerate(found):
        problems.at("fields", place, "name").length(each.get("name"), 1, 256)
        problems.at("fields", place, "value").length(each.get("value"), 1, 1024)
        total += len(str(each.get("name", ""))) + len(str(each.get("value", "")))
    return total


def check_allowed_mentions(allowed: Any, problems: Problems) -> None:
    """A kind is parsed, or its ids are listed, not both."""
    if not isinstance(allowed, dict):
        return
    parse = allowed.get("parse") or []
    for place, each in enumerate(parse):
        problems.at("parse", place).among(each, "everyone", "roles", "users")
    for kind in ("roles", "users"):
        ids = allowed.get(kind) or []
        problems.at(kind).count(ids, 0, 100)
        if ids and kind in parse:
            text = f"parse:[{kind!r}] and {kind}: [ids...] are mutually exclusive."
            problems.add("MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", text)


def check_name(name: Any, problems: Problems) -> None:
    """The name of a thread."""
    problems.length(name, 1, 100)


def names(kept: list[Attachment], new: Mapping[str, bytes]) -> set[str]:
    """What ``attachment://`` may refer to."""
    return {each.name for each in kept} | set(new)
