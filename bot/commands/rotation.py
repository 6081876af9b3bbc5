"""The work of ``secrets rotate``: a new key goes first, everything moves to it, the old one is dropped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import typer

from bot.domain.audit import AuditEvent
from bot.errors import SecretError
from bot.records import fitting_cipher, sealed, utc_now
from bot.secrets.cipher import Encryption
from bot.secrets.keys import keep_first, new_key, parse_key, parse_keys, put_first, read_keys
from bot.secrets.rotation import Moved, move, used_keys
from bot.settings import Settings, read_settings
from bot.storage import occupancy
from bot.storage.storage import Storage, open_storage

_BY_ENVIRONMENT = """\
the master key comes from DESKHAND_MASTER_KEY, so only you can change it:
  1. make a new key: openssl rand -base64 32
  2. set DESKHAND_MASTER_KEY=<new key>,<old key> for every process of Deskhand, and start them anew
  3. run `deskhand secrets rotate` with the same setting
  4. take the old key out of DESKHAND_MASTER_KEY; keep it as long as you keep backups made before"""
_OTHERS_RUN = (
    "another process of Deskhand runs; was it started with both keys in DESKHAND_MASTER_KEY? Without the new one it "
    "could not open its secrets any more. Start it anew, then run this again with --yes"
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the operator asks for."""

    given: str = field(default="", repr=False)
    """The new key; empty to have one made."""
    keep_old: bool = False
    wait: float = 0.0
    """Seconds from the change of the key file until the old key may go, should other processes run."""
    yes: bool = False


async def rotate(wish: Wish) -> None:
    """Carry it out, or go on with one that was stopped. Raises SecretError or StorageError."""
    settings = read_settings()
    with ExitStack() as stack:
        if not stack.enter_context(occupancy.alone(_key_file(settings))):
            raise SecretError("another rotation of the master key is under way; wait until it is done")
        if master := settings.master_key.get_secret_value().strip():
            await _rotate_environment(settings, wish, parse_keys(master))
        else:
            await _rotate_file(settings, wish)


def _opened(settings: Settings) -> AbstractAsyncContextManager[Storage]:
    return open_storage(_database(settings), settings.database_url.get_secret_value())


@contextmanager
def _alone(settings: Settings) -> Iterator[bool]:
    """Whether nobody else uses the database; of a server that is not known."""
    with occupancy.alone(_database(settings)) as nobody_else:
        yield nobody_else and not settings.database_url.get_secret_value()


async def _rotate_environment(settings: Settings, wish: Wish, keys: list[bytes]) -> None:
    if wish.given or len(keys) == 1:
        raise SecretError(_BY_ENVIRONMENT)
    with _alone(settings) as nobody_else:
        if not nobody_else and not wish.yes:
            raise SecretError(_OTHERS_RUN)
    async with _opened(settings) as storage:
        cipher = await fitting_cipher(settings, storage)
        await _finished(storage, cipher, await move(sealed(storage), cipher))
    typer.echo("Take the old key out of DESKHAND_MASTER_KEY now; keep it as long as you keep backups made before.")


async def _rotate_file(settings: Settings, wish: Wish) -> None:
    key_file = _key_file(settings)
    async with _opened(settings) as storage:
        await fitting_cipher(settings, storage)  # before anything changes
    with _alone(settings) as nobody_else:
        _begin(key_file, wish)
    async with _opened(settings) as storage:
        cipher = await fitting_cipher(settings, storage)
        moved = await move(sealed(storage), cipher)
        if not nobody_else and not wish.keep_old:
            await _others_finish(key_file, wish.wait)
            late = await move(sealed(storage), cipher)
            moved = Moved(moved.rows + late.rows, late.lost)
        await _finished(storage, cipher, moved)
    _end(key_file, wish)


def _begin(key_file: Path, wish: Wish) -> None:
    """Several keys in the file are a rotation that was stopped: it goes on, unless a key is given."""
    keys = read_keys(key_file)
    if wish.given:
        given = parse_key(wish.given)
        if given != keys[0]:
            put_first(key_file, given)
    elif len(keys) == 1:
        put_first(key_file, new_key())
    else:
        typer.echo("Going on with the rotation that was stopped.")


async def _others_finish(key_file: Path, wait: float) -> None:
    """A process that looked at the key file just before it changed may still be about to store what it encrypted."""
    left = wait - max(time.time() - (await asyncio.to_thread(key_file.stat)).st_mtime, 0)
    if left > 0:
        typer.echo(f"Other processes run: waiting {left:.0f} s before the old key goes. Stopping is safe.")
        await asyncio.sleep(left)


async def _finished(storage: Storage, cipher: Encryption, moved: Moved) -> None:
    """Raises SecretError if the old key is still needed."""
    if moved.lost:
        raise SecretError(
            f"these records cannot be read with any key: {', '.join(moved.lost)}. All others are under the new key. "
            "Set or delete them, then run `deskhand secrets rotate` again to drop the old key"
        )
    assert await used_keys(sealed(storage)) <= {cipher.current}
    await storage.audit.record(
        AuditEvent(utc_now(), "operator", "secrets.rotated", cipher.current, {"rows": str(moved.rows)})
    )
    typer.echo(f"All secrets are under the key {cipher.current} now; {moved.rows} were encrypted anew.")


def _end(key_file: Path, wish: Wish) -> None:
    if wish.keep_old:
        typer.echo(f"{key_file} still holds the old key. `deskhand secrets rotate` drops it.")
        return
    keep_first(key_file)
    typer.echo(f"The old key is gone from {key_file}. Backups made before open only with a copy of the file as it was.")


def _key_file(settings: Settings) -> Path:
    return settings.data_dir / "master.key"


def _database(settings: Settings) -> Path:
    return settings.data_dir / "deskhand.db"
