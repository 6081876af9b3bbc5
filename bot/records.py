"""What is kept, and the rules for changing it: enough for commands that run nothing."""

from __future__ import annotations

import asyncio
import secrets as randomness
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bot.actions.catalogue import LiveCatalogue
from bot.domain.action import ActionSpec, ActionState
from bot.domain.audit import AuditEvent
from bot.errors import ConfigError, DefinitionError, Fault, SecretError
from bot.ports import StoredAction, Switch
from bot.secrets.cipher import Encryption, Place, Sealing
from bot.secrets.masking import LiveMasking
from bot.secrets.rotation import SealedRow, SealedRows, used_keys
from bot.secrets.vault import Vault
from bot.settings import SECRET_PREFIX, VARIABLE_PREFIX, Settings, environment, prefixed
from bot.storage.installations import InstallationRows
from bot.storage.secrets import SecretRows
from bot.storage.storage import Storage, open_storage
from bot.storage.webhooks import WebhookRows
from bot.telemetry import configure_logs

if TYPE_CHECKING:
    from demo.world import World


def utc_now() -> datetime:
    """The time now."""
    return datetime.now(UTC)


def new_id() -> str:
    """32 hexadecimal digits: microseconds, then randomness, so that ids sort by time."""
    return f"{time.time_ns() // 1000:014x}{randomness.token_hex(9)}"


@dataclass(frozen=True, slots=True)
class Records:
    """What is kept, and the rules for changing it: enough for commands that run nothing."""

    settings: Settings
    storage: Storage
    vault: Vault
    catalogue: LiveCatalogue
    masking: LiveMasking
    variables: Mapping[str, str]
    sealing: Sealing
    """Encrypts what is no secret of actions but must not be read from the database, such as tokens of workspaces."""

    async def set_secret(self, name: str, value: str) -> None:
        """Store a secret. Raises SecretError if name or value breaks a rule, or a parameter has the name (F049)."""
        await self._refuse_conflict(name)
        await self.vault.set(name, value)
        await self._note("secret.set", name)

    async def delete_secret(self, name: str) -> list[str]:
        """Delete a secret and disable every action that uses it (F086); gives their slugs."""
        if not await self.vault.delete(name):
            raise ConfigError([f"There is no stored secret {name}. `deskhand secrets list` shows all."])
        users = [state.spec.slug for state in await self.catalogue.states() if name in state.spec.secrets]
        for slug in users:
            await self.storage.actions.switch(Switch(slug, False, f"its secret {name} was deleted"))
        await self._note("secret.deleted", name, {"disabled": ", ".join(users)})
        return users

    async def switch_action(self, spec: ActionSpec, *, on: bool) -> ActionState:
        """Enable or disable; gives the state it is in now."""
        await self.storage.actions.switch(Switch(spec.slug, on))
        await self._note("action.enabled" if on else "action.disabled", spec.slug)
        return next(state for state in await self.catalogue.states() if state.spec.slug == spec.slug)

    async def import_action(self, spec: ActionSpec, *, replace: bool, enable: bool) -> str:
        """Store a definition (Q16); gives why it is paused, or an empty text. New actions start paused (F148)."""
        known = next((state for state in await self.catalogue.states() if state.spec.slug == spec.slug), None)
        if known and known.spec.source.provisioned:
            raise _refused(
                spec, f"A file provides it: {known.spec.source.path}.", "Change that file, or use another slug."
            )
        if known and not replace:
            raise _refused(spec, "There is an action with this slug.", "Add --replace to replace it.")
        text = spec.source.text
        if not spec.source.path.endswith("json") or spec.source.format.value == "native":
            from bot.actions.formats import export_action

            text = export_action(spec)
        await self.storage.actions.save(StoredAction(spec.slug, spec.source.format.value, text))
        if not (known and replace) or enable:
            await self.storage.actions.switch(Switch(spec.slug, enable, "" if enable else "new, not enabled yet"))
        await self._note("action.imported", spec.slug)
        state = next(state for state in await self.catalogue.states() if state.spec.slug == spec.slug)
        return state.reason

    async def delete_action(self, spec: ActionSpec) -> None:
        """Delete a stored action with its runs (F158, F159)."""
        if spec.source.provisioned:
            raise _refused(spec, f"A file provides it: {spec.source.path}.", "Delete that file instead.")
        await self.storage.actions.remove(spec.slug)
        await self._note("action.deleted", spec.slug)

    async def _refuse_conflict(self, name: str) -> None:
        for state in await self.catalogue.states():
            if state.spec.parameter(name):
                problem = f"The action {state.spec.slug} has a parameter {name}; a secret cannot have the same name."
                raise ConfigError([problem])

    async def _note(self, kind: str, subject: str, details: Mapping[str, str] | None = None) -> None:
        await self.storage.audit.record(AuditEvent(utc_now(), "operator", kind, subject, details or {}))


def database_file(settings: Settings) -> Path:
    """Where SQLite keeps everything, unless PostgreSQL does."""
    return settings.data_dir / "deskhand.db"


@asynccontextmanager
async def open_records(settings: Settings, world: World | None = None) -> AsyncIterator[Records]:
    """Open the database, the vault and the catalogue. Raises ConfigError, StorageError or SecretError."""
    if world is None and settings.demo:
        from demo.world import attached

        world = attached(["127.0.0.1"], settings.demo_port)
    masked = configure_logs(settings.log_level)
    given = environment()
    async with open_storage(database_file(settings), settings.database_url.get_secret_value()) as storage:
        cipher = await fitting_cipher(settings, storage)
        overlay = {**(world.secrets if world else {}), **prefixed(given, SECRET_PREFIX)}
        vault = Vault(storage.secrets, cipher, now=utc_now, new_id=new_id, overlay=overlay)
        masking = LiveMasking(vault, monotonic=time.monotonic)
        masked.mask = (await masking.current()).mask
        variables = {**(world.variables if world else {}), **settings.variables, **prefixed(given, VARIABLE_PREFIX)}
        catalogue = LiveCatalogue(settings.actions_dir, storage.actions, vault, variables)
        await catalogue.reload()
        yield Records(settings, storage, vault, catalogue, masking, variables, Sealing(cipher))


async def fitting_cipher(settings: Settings, storage: Storage) -> Encryption:
    """The cipher that opens what is stored. Raises SecretError if there is none."""
    from bot.secrets.keys import open_cipher

    master, path, families = settings.master_key.get_secret_value(), settings.data_dir / "master.key", sealed(storage)
    used = await used_keys(families)
    try:
        return await asyncio.to_thread(open_cipher, master, path, used)
    except SecretError:
        if (used_now := await used_keys(families)) == used:
            raise
    return await asyncio.to_thread(open_cipher, master, path, used_now)  # a rotation ended between rows and keys


def sealed(storage: Storage) -> Sequence[SealedRows]:
    """All that is stored encrypted; what is missing here would be lost with the next rotation of the key."""
    return (
        _SealedSecrets(storage.secrets),
        _SealedInstallations(storage.installations),
        _SealedWebhooks(storage.webhooks),
    )


class _SealedSecrets:
    """``SealedRows`` of the vault."""

    kind = "secret"

    def __init__(self, rows: SecretRows) -> None:
        self._rows = rows

    async def all(self) -> Sequence[SealedRow]:
        return [SealedRow(Place(row.name, row.id), row.ciphertext) for row in await self._rows.all()]

    async def exchange(self, row: SealedRow, text: str) -> bool:
        return await self._rows.exchange(row.place.name, row.text, text)

    async def remove(self, row: SealedRow) -> object:
        return await self._rows.remove(row.place.name)


class _SealedInstallations:
    """``SealedRows`` of workspaces."""

    kind = "installation"

    def __init__(self, rows: InstallationRows) -> None:
        self._rows = rows

    async def all(self) -> Sequence[SealedRow]:
        return [SealedRow(Sealing.place(key), text) for key, text in (await self._rows.all()).items()]

    async def exchange(self, row: SealedRow, text: str) -> bool:
        return await self._rows.exchange(row.place.name, row.text, text)

    async def remove(self, row: SealedRow) -> object:
        return await self._rows.delete(row.place.name)


class _SealedWebhooks:
    """``SealedRows`` of the secrets that calls are signed with."""

    kind = "webhook"

    def __init__(self, rows: WebhookRows) -> None:
        self._rows = rows

    async def all(self) -> Sequence[SealedRow]:
        signed = [webhook for webhook in await self._rows.all() if webhook.signing]
        return [SealedRow(Sealing.place(f"webhook/{webhook.id}"), webhook.signing) for webhook in signed]

    async def exchange(self, row: SealedRow, text: str) -> bool:
        return await self._rows.exchange(_webhook_id(row), row.text, text)

    async def remove(self, row: SealedRow) -> object:
        return await self._rows.remove(_webhook_id(row))


def _webhook_id(row: SealedRow) -> str:
    return row.place.name.removeprefix("webhook/")


def _refused(spec: ActionSpec, problem: str, mend: str) -> DefinitionError:
    return DefinitionError([Fault(spec.slug, "slug", problem, mend)])
