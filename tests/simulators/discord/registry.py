"""The application commands that are registered, globally and per guild, and how often they were written."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulators.discord.problems import Problems
from tests.simulators.discord.protocol import JSON, Ids, refused
from tests.simulators.slack.clock import Changes

_NAME = re.compile(r"^[-_'\w]{1,32}$")
_MOST = {1: 100, 2: 15, 3: 15}
CHAT, MESSAGE = 1, 3


@dataclass(frozen=True)
class Sync:
    """One bulk overwrite."""

    guild: str | None
    names: tuple[str, ...]
    at: float = 0.0


class Registry:
    """``registry.syncs`` counts the bulk overwrites; ``registry.visible(guild)`` is what people there can run."""

    def __init__(self, ids: Ids, changes: Changes, application: str) -> None:
        self.syncs: list[Sync] = []
        self._ids = ids
        self._changes = changes
        self._application = application
        self._commands: dict[str | None, dict[tuple[int, str], JSON]] = {}

    def listed(self, guild: str | None) -> list[JSON]:
        """The commands of one scope, as the API tells them."""
        return list(self._commands.get(guild, {}).values())

    def visible(self, guild: str | None) -> Iterator[JSON]:
        """The guild's own commands and the global ones; in direct messages only the global ones."""
        if guild is not None:
            yield from self.listed(guild)
        yield from self.listed(None)

    def overwrite(self, guild: str | None, commands: Any) -> list[JSON]:
        """Put: what is not named is gone; what keeps its name keeps its id."""
        if not isinstance(commands, list):
            raise refused(50109)
        problems = Problems()
        for place, each in enumerate(commands):
            check(each, problems.at(place))
        for kind, most in _MOST.items():
            if sum(each.get("type", CHAT) == kind for each in commands) > most:
                problems.add("BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")
        names = [(each.get("type", CHAT), each.get("name")) for each in commands]
        if len(set(names)) < len(names):
            problems.add("APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        problems.refuse()
        old = self._commands.get(guild, {})
        self._commands[guild] = {
            self._key(each): self._told(guild, each, old.get(self._key(each))) for each in commands
        }
        self.syncs.append(Sync(guild, tuple(each["name"] for each in commands)))
        self._changes.tell()
        return self.listed(guild)

    def add(self, guild: str | None, command: JSON) -> JSON:
        """Post: one more, or the one of that name anew."""
        problems = Problems()
        check(command, problems)
        problems.refuse()
        scope = self._commands.setdefault(guild, {})
        scope[self._key(command)] = self._told(guild, command, scope.get(self._key(command)))
        self._changes.tell()
        return scope[self._key(command)]

    def remove(self, guild: str | None, key: str) -> None:
        """Delete one."""
        scope = self._commands.get(guild, {})
        for name, each in scope.items():
            if each["id"] == key:
                del scope[name]
                return
        raise refused(10063)

    def _key(self, command: JSON) -> tuple[int, str]:
        return command.get("type", CHAT), command["name"]

    def _told(self, guild: str | None, command: JSON, old: JSON | None) -> JSON:
        defaults = {
            "type": CHAT, "description": "", "options": [], "default_member_permissions": None, "nsfw": False,
            "contexts": None, "integration_types": [0],
        }  # fmt: skip
        made = {
            **defaults, **command, "id": old["id"] if old else self._ids.new(), "application_id": self._application,
            "version": self._ids.new(),
        }  # fmt: skip
        return {**made, "guild_id": guild} if guild else made


def check(command: Any, problems: Problems) -> None:
    """One command as it is registered."""
    kind, name = command.get("type", CHAT), str(command.get("name", ""))
    if kind == CHAT:
        _check_name(name, problems.at("name"))
        problems.at("description").length(command.get("description"), 1, 100)
        _check_options(command.get("options") or [], problems.at("options"))
    else:
        problems.at("name").length(name, 1, 32)
        if command.get("description"):
            problems.at("description").add("APPLICATION_COMMAND_DESCRIPTION", "Context menus have no description")


def _check_name(name: str, problems: Problems) -> None:
    if not _NAME.match(name) or name != name.lower():
        problems.add("APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_options(options: Sequence[JSON], problems: Problems) -> None:
    problems.count(options, 0, 25)
    late = False
    for place, each in enumerate(options):
        here = problems.at(place)
        _check_name(str(each.get("name", "")), here.at("name"))
        here.at("description").length(each.get("description"), 1, 100)
        here.at("choices").count(each.get("choices") or [], 0, 25)
        if each.get("autocomplete") and each.get("choices"):
            here.add("APPLICATION_COMMAND_AUTOCOMPLETE_AND_CHOICES", "Autocomplete options have no choices")
        if each.get("type") in (1, 2):
            _check_options(each.get("options") or [], here.at("options"))
        elif each.get("required") and late:
            here.add("APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Required options must be placed before others")
        late = late or not each.get("required")
