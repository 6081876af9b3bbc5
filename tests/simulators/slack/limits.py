"""Limits of whole messages, chunks and views, refused in Slack's words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulators.slack import blocks
from tests.simulators.slack.elements import plain
from tests.simulators.slack.protocol import JSON, Refused
from tests.simulators.slack.shapes import by_type, choice, fault, flag, listing, record, string, url

MOST_TEXT = 40_000
UPDATE_TEXT = 4_000
VIEW_BYTES = 250_000
_ATTACHMENTS = 100
_CHUNK_TEXT = 256

_TASK = record({"id": string(255), "title": string(_CHUNK_TEXT)}, {
    "status": choice("pending", "in_progress", "complete", "error"), "details": string(_CHUNK_TEXT, 0),
    "output": string(_CHUNK_TEXT, 0),
    "sources": listing(by_type({"url": record({"url": url(), "text": string(255)})}), 50, 0),
})  # fmt: skip
CHUNK = by_type({
    "markdown_text": record({"text": string(blocks.MARKDOWN)}),
    "task_update": _TASK,
    "plan_update": record({"title": string(_CHUNK_TEXT)}),
    "blocks": record({"blocks": listing(by_type(blocks.BLOCKS), 50)}),
})  # fmt: skip
_VIEW = {
    "blocks": listing(by_type(blocks.BLOCKS), 100), "private_metadata": string(3000, 0), "callback_id": string(255, 0),
    "external_id": string(255, 0),
}  # fmt: skip
_MODAL = record({"title": plain(24), "blocks": _VIEW["blocks"]}, {
    **_VIEW, "submit": plain(24), "close": plain(24), "clear_on_close": flag, "notify_on_close": flag,
    "submit_disabled": flag,
})  # fmt: skip
VIEWS = {"modal": by_type({"modal": _MODAL}), "home": by_type({"home": record({"blocks": _VIEW["blocks"]}, _VIEW)})}


def check_blocks(value: Any) -> list[JSON]:
    """The blocks of a message, or ``invalid_blocks`` with every reason."""
    if value in (None, ""):
        return []
    wrong = blocks.faults(value)
    if wrong:
        raise Refused("invalid_blocks", *wrong, errors=[each.removeprefix("[ERROR] ") for each in wrong])
    found: list[JSON] = value
    if blocks.too_long(found):
        raise Refused("msg_blocks_too_long")
    if blocks.too_many_charts(found):
        raise Refused("invalid_blocks", fault("no more than 2 data_visualization blocks allowed", "/blocks"))
    return blocks.named(found)


def check_attachments(value: Any) -> list[JSON]:
    """Attachments, with the blocks inside."""
    found: list[JSON] = value or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Refused("invalid_attachments")
    if len(found) > _ATTACHMENTS:
        raise Refused("too_many_attachments")
    for each in found:
        check_blocks(each.get("blocks"))
    return found


def check_content(arguments: Mapping[str, Any]) -> None:
    """Something to show, in one way only."""
    if arguments.get("markdown_text") is not None:
        if arguments.get("text") or arguments.get("blocks"):
            raise Refused("markdown_text_conflict")
        if len(str(arguments["markdown_text"])) > blocks.MARKDOWN:
            raise Refused("msg_too_long")
    if not any(arguments.get(key) for key in ("text", "blocks", "attachments", "markdown_text")):
        raise Refused("no_text")
    metadata = arguments.get("metadata")
    if metadata and not (isinstance(metadata, dict) and {"event_type", "event_payload"} <= metadata.keys()):
        raise Refused("invalid_metadata_format")


def check_update_text(text: str) -> None:
    """An edit's text is counted in bytes, escaped."""
    if len(text.encode()) > UPDATE_TEXT:
        raise Refused("msg_too_long")


def check_chunks(value: Any) -> list[JSON]:
    """The chunks of one streaming call."""
    wrong = list(listing(CHUNK, 1000, 0)(value or [], "/chunks"))
    if wrong:
        long = any("must be less than 12001" in each for each in wrong)
        raise Refused("msg_too_long" if long else "invalid_chunks", *wrong)
    found: list[JSON] = value or []
    return found


def check_view(value: Any, *kinds: str) -> JSON:
    """A modal or a Home."""
    if isinstance(value, dict) and len(json.dumps(value).encode()) > VIEW_BYTES:
        raise Refused("view_too_large")
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in kinds:
        raise Refused("invalid_arguments", fault(f"unsupported type: {kind}", "/view/type"))
    wrong = list(VIEWS[kind](value, "/view")) or blocks.faults(value["blocks"], 100, "/view/blocks")
    wrong.extend(_without_submit(value))
    if wrong:
        raise Refused("invalid_arguments", *wrong)
    return {**value, "blocks": blocks.named(value["blocks"])}


def _without_submit(view: JSON) -> Iterator[str]:
    inputs = any(isinstance(each, dict) and each.get("type") == "input" for each in view.get("blocks", ()))
    if view["type"] == "modal" and inputs and "submit" not in view:
        yield fault("missing required field: submit", "/view")


def shown(text: str) -> str:
    """What Slack keeps of a message's text: it cuts at 40,000 characters."""
    return text[:MOST_TEXT]
