"""The pages that an answer rests on, found where the author of an action says that they are (F242). Pure."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from bot.conversation.redaction import REDACTED, redacted_text
from bot.domain.action import ActionSpec, SourceFields
from bot.domain.message import Source, distinct
from bot.domain.run import ActionResult

MOST_OF_ONE = 5
"""Pages of one action."""
_MOST_NODES = 2_000
"""Objects and lists of an output that are looked at."""
_LONGEST_LABEL, _LONGEST_URL = 80, 2_000


def sources_of(result: ActionResult, spec: ActionSpec) -> tuple[Source, ...]:
    """The first pages in a result, from the outside in; none of one that failed, or from fields that are redacted."""
    fields = spec.source_fields
    if fields is None or not result.succeeded:
        return ()
    nodes = _nodes(_parsed(result.output, spec))
    found = (_source(node, fields) for node in nodes if isinstance(node, dict))
    return distinct(filter(None, found), MOST_OF_ONE)


def _parsed(output: str, spec: ActionSpec) -> Any:
    try:
        return json.loads(redacted_text(output, spec.safety.redact_fields))
    except (ValueError, RecursionError):
        return None


def _nodes(value: Any) -> Iterator[Any]:
    """Breadth first: what a service lists stands near the outside."""
    waiting = deque([value])
    for _ in range(_MOST_NODES):
        if not waiting:
            return
        node = waiting.popleft()
        yield node
        children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
        inner = (child for child in children if isinstance(child, dict | list))
        waiting.extend(islice(inner, _MOST_NODES - len(waiting)))


def _source(node: dict[str, Any], fields: SourceFields) -> Source | None:
    url, title = _text(node, fields.url), _text(node, fields.title)
    host = _host(url)
    label = _label(title) if title != REDACTED else ""
    return Source(label or host, url) if host else None


def _text(node: dict[str, Any], field: str) -> str:
    value = node.get(field) if field else None
    return value if isinstance(value, str) else ""


def _host(url: str) -> str:
    """Of an address that may be a link; empty for one that may not, such as one whose user part poses as a host."""
    if len(url) > _LONGEST_URL or not url.isprintable() or " " in url or "\\" in url:
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    sound = parts.scheme in ("http", "https") and "@" not in parts.netloc
    return (parts.hostname or "") if sound else ""


def _label(title: str) -> str:
    """On one line, cut, and without what nobody sees."""
    line = " ".join(title[: 8 * _LONGEST_LABEL].split())
    seen = "".join(filter(str.isprintable, line)).strip()
    return seen if len(seen) <= _LONGEST_LABEL else seen[: _LONGEST_LABEL - 1].rstrip() + "…"
