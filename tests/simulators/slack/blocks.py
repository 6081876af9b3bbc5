"""Block Kit's blocks. Limits: docs.slack.dev/reference/block-kit/blocks."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.simulators.slack.elements import (
    ACCESSORY,
    ACTION,
    CONTEXT,
    CONTEXT_ACTION,
    ELEMENTS,
    ID,
    IMAGE,
    INPUT,
    plain,
    select_has_options,
    text,
)
from tests.simulators.slack.protocol import JSON
from tests.simulators.slack.shapes import (
    Check,
    anything,
    by_type,
    choice,
    either,
    fault,
    flag,
    listing,
    number,
    record,
    string,
    url,
)

MARKDOWN = 12_000
MOST_TEXT = 13_200
TABLE_TEXT = 10_000
_RICH_PARTS = ("rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote")
_RICH_LEAF: dict[str, Check] = {
    "text": record({"text": string(12_000)}, {"style": anything}),
    "link": record({"url": url()}, {"text": string(12_000), "style": anything, "unsafe": flag}),
    "user": record({"user_id": string(20)}, {"style": anything}),
    "usergroup": record({"usergroup_id": string(20)}, {"style": anything}),
    "broadcast": record({"range": choice("here", "channel", "everyone")}, {"style": anything}),
    "channel": record({"channel_id": string(20)}, {"style": anything}),
    "emoji": record({"name": string(100)}, {"unicode": anything, "skin_tone": anything, "style": anything}),
    "date": record({"timestamp": anything, "format": string(200)}, {"url": url(), "fallback": string(200)}),
    "color": record({"value": string(20)}),
}
_RICH: dict[str, Check] = {
    "rich_text_section": record({"elements": listing(by_type(_RICH_LEAF), 1000, 0)}),
    "rich_text_preformatted": record({"elements": listing(by_type(_RICH_LEAF), 1000)}, {
        "border": number(0, 1), "language": string(50),
    }),
    "rich_text_quote": record({"elements": listing(by_type(_RICH_LEAF), 1000)}, {"border": number(0, 1)}),
}  # fmt: skip
_RICH["rich_text_list"] = record(
    {"style": choice("bullet", "ordered"), "elements": listing(by_type({"rich_text_section": anything}), 1000)},
    {"indent": number(0, 8), "offset": number(0, 100_000), "border": number(0, 1)},
)
_SOURCE = record({"url": url(), "text": string(255)})
_RICH_TEXT = record({"elements": listing(by_type(_RICH), 1000)}, {"block_id": ID})
_CELL = by_type({
    "raw_text": record({"text": string(10_000)}),
    "raw_number": record({"value": number(-1e300, 1e300)}, {"text": string(100)}),
    "rich_text": _RICH_TEXT,
})  # fmt: skip
_TASK = {
    "status": choice("pending", "in_progress", "complete", "error"), "details": _RICH_TEXT, "output": _RICH_TEXT,
    "sources": listing(by_type({"url": _SOURCE}), 50, 0), "block_id": ID,
}  # fmt: skip
TASK_CARD = record({"task_id": ID, "title": string(255)}, _TASK)
_CARD = record({}, {
    "title": either(text(150), string(150)), "subtitle": either(text(150), string(150)),
    "body": either(text(200), string(200)), "icon": anything,
    "hero_image": anything, "actions": listing(ACTION, 3), "block_id": ID, "slack_icon": anything, "subtext": anything,
})  # fmt: skip
BLOCKS: dict[str, Check] = {
    "section": record({}, {
        "text": text(3000), "fields": listing(text(2000), 10), "accessory": ACCESSORY, "block_id": ID, "expand": flag,
    }),
    "divider": record({}, {"block_id": ID}),
    "header": record({"text": plain(150)}, {"block_id": ID, "level": number(1, 6)}),
    "image": record({"alt_text": string(2000)}, {
        "title": plain(2000), "image_url": url(), "slack_file": anything, "block_id": ID,
    }),
    "context": record({"elements": listing(CONTEXT, 10)}, {"block_id": ID}),
    "actions": record({"elements": listing(ACTION, 25)}, {"block_id": ID}),
    "context_actions": record({"elements": listing(CONTEXT_ACTION, 5)}, {"block_id": ID}),
    "input": record({"label": plain(2000), "element": INPUT}, {
        "block_id": ID, "hint": plain(2000), "optional": flag, "dispatch_action": flag,
    }),
    "markdown": record({"text": string(MARKDOWN)}, {"block_id": anything}),
    "rich_text": _RICH_TEXT,
    "file": record({"external_id": string(255), "source": choice("remote")}, {"block_id": ID}),
    "video": record({"alt_text": string(2000), "title": plain(200), "thumbnail_url": url(), "video_url": url()}, {
        "block_id": ID, "description": plain(200), "author_name": string(50), "provider_name": string(50),
        "provider_icon_url": url(), "title_url": url(),
    }),
    "task_card": TASK_CARD,
    "plan": record({"title": string(255)}, {"tasks": listing(TASK_CARD, 50, 0), "block_id": ID, "plan_id": ID}),
    "table": record({"rows": listing(listing(_CELL, 20), 100)}, {
        "block_id": ID, "column_settings": listing(anything, 20),
    }),
    "data_table": record({"caption": string(255), "rows": listing(listing(_CELL, 20), 101, 2)}, {
        "block_id": ID, "page_size": number(1, 100), "row_header_column_index": number(0, 19),
    }),
    "data_visualization": record({}, {
        "block_id": ID, "title": anything, "chart": anything, "data": anything, "caption": anything,
    }),
    "alert": record({"text": either(text(3000), string(3000))}, {
        "block_id": ID, "level": choice("default", "info", "warning", "error", "success"),
    }),
    "card": _CARD,
    "carousel": record({"elements": listing(by_type({"card": _CARD}), 10)}, {"block_id": ID}),
    "auth_provider": anything,
}  # fmt: skip
BLOCKS["container"] = record({"child_blocks": listing(by_type(BLOCKS), 10)}, {
    "title": plain(150), "rich_text_title": _RICH_TEXT, "subtitle": text(150), "width": string(20), "icon": IMAGE,
    "is_collapsible": flag, "default_collapsed": flag, "has_header_divider": flag, "block_id": ID,
})  # fmt: skip
_IDS = itertools.count(1)


def faults(blocks: Any, most: int = 50, pointer: str = "/blocks") -> list[str]:
    """Everything that Slack has against these blocks."""
    found = list(listing(by_type(BLOCKS), most, 0)(blocks, pointer))
    return found or list(_together(blocks, pointer))


def _together(blocks: list[JSON], pointer: str) -> Iterator[str]:
    """What only the whole list shows."""
    ids = Counter(each["block_id"] for each in blocks if each.get("block_id") and each["type"] != "markdown")
    for block_id in (each for each, count in ids.items() if count > 1):
        yield fault(f'`block_id` "{block_id}" already exists', pointer)
    for place, block in enumerate(blocks):
        yield from _whole(block, f"{pointer}/{place}")


def _whole(block: JSON, pointer: str) -> Iterator[str]:
    if block["type"] == "section" and not {"text", "fields"} & block.keys():
        yield fault("missing required field: text or fields", pointer)
    if block["type"] == "image" and not {"image_url", "slack_file"} & block.keys():
        yield fault("missing required field: image_url or slack_file", pointer)
    if block["type"] == "data_table" and len({len(row) for row in block["rows"]}) > 1:
        yield fault("all rows must have the same length", f"{pointer}/rows")
    actions = Counter(each["action_id"] for each in interactive([block]) if each.get("action_id"))
    for action_id in (each for each, count in actions.items() if count > 1):
        yield fault(f'`action_id` "{action_id}" already exists', f"{pointer}/elements")
    for each in interactive([block]):
        yield from select_has_options(each, pointer)


def interactive(blocks: Iterable[Mapping[str, Any]]) -> Iterator[JSON]:
    """Every element that a person can use, in reading order."""
    for block in blocks:
        for key in ("accessory", "element"):
            if key in block:
                yield block[key]
        for key in ("elements", "actions", "child_blocks"):
            inner = [each for each in block.get(key, ()) if isinstance(each, dict)]
            if block.get("type") in ("actions", "context_actions") or key == "actions":
                yield from inner
            elif block.get("type") in ("container", "carousel"):
                yield from interactive(inner)


def named(blocks: list[JSON]) -> list[JSON]:
    """A copy in which everything has the id that Slack gives to what came without one."""
    return [_named(each) for each in blocks]


def _named(block: JSON) -> JSON:
    found: JSON = _with_actions(block)
    if "child_blocks" in found:
        found["child_blocks"] = named(found["child_blocks"])
    return found if found["type"] == "markdown" else {"block_id": f"b{next(_IDS):04x}", **found}


def _with_actions(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_actions(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {key: _with_actions(each) for key, each in value.items()}
    return {"action_id": f"a{next(_IDS):04x}", **found} if found.get("type") in ELEMENTS else found


def too_long(blocks: Iterable[Mapping[str, Any]]) -> bool:
    """More than one message holds, all blocks together."""
    found = list(blocks)
    markdown: int = sum(len(each["text"]) for each in found if each.get("type") == "markdown")
    tables: int = sum(sum(map(len, strings(each.get("rows")))) for each in found if "rows" in each)
    whole: int = sum(_size(each) for each in found)
    return markdown > MARKDOWN or tables > TABLE_TEXT or whole > MOST_TEXT


def too_many_charts(blocks: Iterable[Mapping[str, Any]]) -> bool:
    """At most two in a message."""
    return len([each for each in blocks if each.get("type") == "data_visualization"]) > 2


def _size(block: Mapping[str, Any]) -> int:
    return len(block["text"]) if block.get("type") == "markdown" else sum(map(len, strings(block)))


def strings(value: Any) -> Iterator[str]:
    """The texts that a person reads in it."""
    if isinstance(value, list):
        for each in value:
            yield from strings(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "text" and isinstance(each, str):
                yield each
            elif isinstance(each, (dict, list)):
                yield from strings(each)
