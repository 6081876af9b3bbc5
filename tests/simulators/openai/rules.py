"""The vendor's rules for requests that our client relies on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

_FIELDS = """
model messages max_completion_tokens max_tokens temperature response_format tools tool_choice stream stream_options
parallel_tool_calls seed user store metadata reasoning_effort
"""
FIELDS = frozenset(_FIELDS.split())
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def complaint(body: Mapping[str, Any]) -> str:
    """What the vendor would refuse the request for; empty when it would not."""
    unknown = sorted(set(body) - FIELDS)
    if unknown:
        return f"Unrecognized request argument supplied: {unknown[0]}"
    if not body.get("messages") or not body.get("model"):
        return "you must provide model and messages"
    for tool in body.get("tools", ()):
        if not _NAME.fullmatch(tool["function"]["name"]):
            return "Invalid 'tools[0].function.name': string does not match pattern"
    form = body.get("response_format", {})
    if form.get("type") == "json_object" and "json" not in str(body["messages"]).lower():
        return "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
    if form.get("type") == "json_schema" and form["json_schema"].get("strict"):
        return next(_loose(form["json_schema"]["schema"]), "")
    return ""


def _loose(schema: Any) -> Iterator[str]:
    """Strict mode wants every object closed and every property required."""
    if isinstance(schema, list):
        for item in schema:
            yield from _loose(item)
    if isinstance(schema, dict):
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
            yield "Invalid schema for response_format: 'additionalProperties' is required and must be false."
        if schema.get("type") == "object" and sorted(schema.get("required", [])) != sorted(
            schema.get("properties", {})
        ):
            yield "Invalid schema for response_format: 'required' must include every key in properties."
        for item in schema.values():
            yield from _loose(item)
