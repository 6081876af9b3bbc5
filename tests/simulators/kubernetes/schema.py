"""The API's own schema, as the client library carries it: finds misspelt and mistyped fields of an object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kubernetes_asyncio import client

_GENERIC = re.compile(r"(list|dict)[\[(](?:str, )?(.+)[\])]")
_PLAIN: dict[str, Any] = {
    "str": str,
    "int": int,
    "bool": bool,
    "float": (int, float),
    "object": object,
    "datetime": str,
}


def faults(value: Any, kind: str, path: str = "") -> Iterator[str]:
    """Paths of ``value`` that the type ``kind``, such as ``V1Job``, does not have or has otherwise."""
    generic = _GENERIC.fullmatch(kind)
    if generic:
        yield from _generic_faults(value, generic[1], generic[2], path)
    elif kind in _PLAIN:
        if not isinstance(value, _PLAIN[kind]) or (kind == "int" and isinstance(value, bool)):
            yield f"{path} must be {kind}"
    elif not isinstance(value, dict):
        yield f"{path} must be an object"
    else:
        yield from _object_faults(value, kind, path)


def _generic_faults(value: Any, shape: str, inner: str, path: str) -> Iterator[str]:
    if not isinstance(value, list if shape == "list" else dict):
        yield f"{path} must be a {shape}"
        return
    for key, item in enumerate(value) if isinstance(value, list) else value.items():
        yield from faults(item, inner, f"{path}[{key}]")


def _object_faults(value: dict[str, Any], kind: str, path: str) -> Iterator[str]:
    model = getattr(client, kind)
    fields = {told: model.openapi_types[name] for name, told in model.attribute_map.items()}
    for key, item in value.items():
        if key in fields:
            yield from faults(item, fields[key], f"{path}.{key}")
        else:
            yield f"unknown field {path}.{key}"
