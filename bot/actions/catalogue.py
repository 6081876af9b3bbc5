"""The actions as they are now: files and store together, with what keeps each from running."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bot.actions.folder import Folder, read_folder
from bot.actions.formats.writing import ending_of
from bot.actions.manifest import parse_action
from bot.actions.rules import unset_variables
from bot.domain.action import ActionSpec, ActionState, Format, Source
from bot.errors import DefinitionError, Fault
from bot.ports import ActionStore, SecretNames, StoredAction, Switch

log = logging.getLogger(__name__)


class LiveCatalogue:
    """``ports.Catalogue`` over a folder that may change at any time and the definitions of the store."""

    def __init__(
        self, folder: Path, store: ActionStore, secrets: SecretNames, variables: Mapping[str, str] | None = None
    ) -> None:
        self._folder = folder
        self._store = store
        self._secrets = secrets
        self._variables = dict(variables or {})
        self._files = Folder((), ())
        self._good: dict[str, ActionSpec] = {}
        self._stored: tuple[tuple[StoredAction, ...], tuple[ActionSpec, ...]] = ((), ())

    @property
    def faults(self) -> Sequence[Fault]:
        """What is wrong in the folder as it was last read."""
        return self._files.faults

    async def states(self) -> Sequence[ActionState]:
        """All actions, sorted by slug; a file stands before a stored action of the same slug."""
        switches = await self._store.switches()
        names = frozenset(await self._secrets.names())
        specs = {spec.slug: spec for spec in (*await self._stored_specs(), *self._good.values())}
        return [self._state(specs[slug], switches.get(slug), names) for slug in sorted(specs)]

    async def reload(self) -> None:
        """Read the folder again. A file that broke keeps its last good definition while it is broken."""
        self._files = await asyncio.to_thread(read_folder, self._folder)
        broken = {fault.file for fault in self._files.faults}
        kept = {slug: spec for slug, spec in self._good.items() if spec.source.path in broken}
        self._good = kept | {spec.slug: spec for spec in self._files.specs}
        for fault in self._files.faults:
            log.warning("action definition: %s", fault)

    async def watch(self, stop: asyncio.Event) -> None:
        """Reload on every change of the folder until ``stop`` is set, even if the folder is removed and made anew."""
        from watchfiles import awatch

        while not stop.is_set():
            if await asyncio.to_thread(self._folder.is_dir):
                async for _ in awatch(self._folder, stop_event=stop, debounce=200, rust_timeout=1000):
                    await self.reload()
            await self.reload()
            try:
                await asyncio.wait_for(stop.wait(), 1)
            except TimeoutError:
                continue

    def _state(self, spec: ActionSpec, switch: Switch | None, secrets: frozenset[str]) -> ActionState:
        missing = [f"the secret {name}" for name in spec.secrets if name not in secrets]
        missing += [f"the variable {name}" for name in unset_variables(spec) if not self._variables.get(name)]
        if missing:
            return ActionState(spec, False, "needs " + " and ".join(missing))
        if switch:
            return ActionState(spec, switch.enabled, "" if switch.enabled else switch.reason or "disabled")
        return ActionState(spec, spec.enabled, "" if spec.enabled else "disabled in its file")

    async def _stored_specs(self) -> Sequence[ActionSpec]:
        rows = tuple(await self._store.definitions())
        if rows != self._stored[0]:
            self._stored = (rows, tuple(filter(None, map(_parsed, rows))))
        return self._stored[1]


def _parsed(row: StoredAction) -> ActionSpec | None:
    try:
        spec = parse_action(row.text, row.slug + ending_of(Source(Format(row.format), "", row.text)))
    except (DefinitionError, ValueError) as error:
        log.warning("stored action %s: %s", row.slug, error)
        return None
    return replace(spec, slug=row.slug)


def fingerprint(spec: ActionSpec) -> str:
    """A hash of all that a definition says: an approval of another one is void."""
    return hashlib.sha256(repr(replace(spec, enabled=True, source=Source(Format.NATIVE, "", ""))).encode()).hexdigest()
