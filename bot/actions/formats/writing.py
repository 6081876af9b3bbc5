"""Writes an action back as the text that it came from, self-contained."""

from __future__ import annotations

import json
from typing import Any

import yaml

from bot.actions.formats.reading import read_mapping
from bot.domain.action import ActionSpec, Format, PythonCode, Source
from bot.errors import DefinitionError


def export_action(spec: ActionSpec) -> str:
    """The definition in its original form. Code that stood in ``main.py`` is put inside, so that one file is enough.

    Secrets appear by name only, as a definition never holds a value (F157).
    """
    ending = ending_of(spec.source)
    data = read_mapping(spec.source.text, ending)
    data.setdefault("slug", spec.slug)
    if isinstance(spec.work, PythonCode):
        data["config"] = {**(data.get("config") or {}), "code": spec.work.code}
    return _as_yaml(data) if ending == ".yaml" else json.dumps(data, indent=2, ensure_ascii=False)


def ending_of(source: Source) -> str:
    """``.json`` or ``.yaml``: the integration form comes in both."""
    if source.format is not Format.INTEGRATION:
        return ".yaml" if source.format is Format.NATIVE else ".json"
    try:
        read_mapping(source.text, ".json")
    except DefinitionError:
        return ".yaml"
    return ".json"


class _Dumper(yaml.SafeDumper):
    """Longer texts as readable blocks."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _block)


def _as_yaml(data: dict[str, Any]) -> str:
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
