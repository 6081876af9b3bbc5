"""``backup`` and ``restore``: copies of the database, made while the service runs and verified before they count."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.entry import run
from bot.errors import ConfigError, SecretError, StorageError

if TYPE_CHECKING:
    from bot.secrets.cipher import Encryption
    from bot.secrets.rotation import SealedRow, SealedRows
    from bot.settings import Settings
    from bot.storage.backup import Contents
    from bot.storage.restore import Draft


def register(cli: typer.Typer) -> None:
    """Add these commands to the command line."""
    cli.command("backup")(backup)
    cli.command("restore")(restore)


def backup(
    file: Annotated[
        Path | None, typer.Argument(help="File or folder to copy to.", show_default="backups/ in the data folder")
    ] = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="Afterwards delete older backups in that folder but this many.")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the file if it is an older backup.")] = False,
) -> None:
    """Copy the database, whole and checked, while the service runs. The key of the secrets is not in the copy."""
    run(_back_up(file, keep, replace))


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say whether it could be restored.")] = False,
    drop_unreadable: Annotated[
        bool, typer.Option("--drop-unreadable", help="Leave out secrets that the present key does not open.")
    ] = False,
) -> None:
    """Put a backup in the place of the database, once it is verified. The present database is kept aside."""
    run(_restore(file, dry_run=dry_run, drop=drop_unreadable))


async def _back_up(file: Path | None, keep: int | None, replace: bool) -> None:
    from bot.records import utc_now
    from bot.settings import read_settings
    from bot.storage.backup import back_up, backup_name, prune
    from bot.storage.occupancy import shared

    settings = _of_a_file(read_settings(), "pg_dump --format=custom --file=deskhand.dump")
    database = settings.data_dir / "deskhand.db"
    target = file or settings.data_dir / "backups"
    if file is None or await asyncio.to_thread(file.is_dir):
        target /= backup_name(utc_now())
    with shared(database):
        contents = await asyncio.to_thread(back_up, database, target, replace=replace)
    typer.echo(f"Backed up {database} to {target}.\n{_described(contents)}\n{_where_the_key_is(settings)}")
    for old in prune(target.parent, keep) if keep else ():
        typer.echo(f"Deleted {old}.")


def _of_a_file(settings: Settings, program: str) -> Settings:
    """Raises ConfigError where the database is no file."""
    if settings.database_url.get_secret_value():
        raise ConfigError(
            [f'DATABASE_URL: a PostgreSQL is backed up and restored by its own programs: {program} "$DATABASE_URL"']
        )
    return settings


def _described(contents: Contents) -> str:
    from bot.storage.backup import in_words

    rows = ", ".join(f"{name} {count}" for name, count in sorted(contents.rows.items()) if count) or "none"
    return f"  size {in_words(contents.size)}, schema {contents.revision}\n  rows: {rows}"


def _where_the_key_is(settings: Settings) -> str:
    given = bool(settings.master_key.get_secret_value())
    where = "in DESKHAND_MASTER_KEY" if given else f"in {settings.data_dir / 'master.key'}"
    return (
        f"The key of the secrets is not in it: that is {where}. "
        "Without the key this backup cannot open its secrets: keep a copy of it, in another place."
    )


async def _restore(file: Path, *, dry_run: bool, drop: bool) -> None:
    from bot.settings import read_settings
    from bot.storage.occupancy import alone, shared
    from bot.storage.restore import drafted

    settings = _of_a_file(read_settings(), "pg_restore --clean --if-exists --dbname")
    database = settings.data_dir / "deskhand.db"
    if dry_run:
        with shared(database), drafted(file, database) as draft:
            await _prepare(settings, draft, file, drop=drop)
        typer.echo("It can be restored. Nothing was changed.")
        return
    with alone(database) as nobody_else:
        if not nobody_else:
            raise StorageError(
                f"{database}: a process of Deskhand uses the database; stop every `deskhand run`, `web`, `gateway` and "
                "`chat`, then try again"
            )
        with drafted(file, database) as draft:
            await _prepare(settings, draft, file, drop=drop)
            _swap(draft, file, database)


def _swap(draft: Draft, file: Path, database: Path) -> None:
    from bot.records import utc_now
    from bot.storage.restore import put_in_place

    aside = put_in_place(draft.path, database, utc_now())
    typer.echo(f"Restored {file} to {database}.")
    if aside:
        typer.echo(f"The database that was there is kept. To go back: deskhand restore {shlex.quote(str(aside))}")


async def _prepare(settings: Settings, draft: Draft, file: Path, *, drop: bool) -> None:
    """Open the copy as the service does and see whether its secrets open. Raises SecretError if they do not."""
    from bot.domain.audit import AuditEvent
    from bot.records import sealed, utc_now
    from bot.secrets.keys import present_cipher
    from bot.secrets.rotation import unreadable
    from bot.storage.database import SqliteDatabase
    from bot.storage.storage import Storage

    typer.echo(f"{file} is whole.\n{_described(draft.found)}")
    async with SqliteDatabase.open(draft.path) as database:
        storage = Storage.over(database)
        cipher = present_cipher(settings.master_key.get_secret_value(), settings.data_dir / "master.key")
        lost = await unreadable(sealed(storage), cipher)
        if lost and not drop:
            raise SecretError(_lost_in_words(settings, cipher, lost))
        for family, row in lost:
            await family.remove(row)
            typer.echo(f"Left out: {family.kind} {row.place.name}. Set it again.")
        await storage.audit.record(AuditEvent(utc_now(), "operator", "database.restored", str(file)))


def _lost_in_words(settings: Settings, cipher: Encryption | None, lost: list[tuple[SealedRows, SealedRow]]) -> str:
    from bot.secrets.cipher import key_id_of

    names = ", ".join(f"{family.kind} {row.place.name}" for family, row in lost)
    keys = ", ".join(sorted({key_id_of(row.text) or "none" for _, row in lost}))
    present = f"the present key ({cipher.current})" if cipher else "no key, as there is none,"
    where = (
        "DESKHAND_MASTER_KEY, behind a comma"
        if settings.master_key.get_secret_value()
        else (f"{settings.data_dir / 'master.key'}, as a further line")
    )
    return (
        f"{present} does not open: {names} (stored under {keys}). Nothing was changed. "
        f"Bring that key back to {where}; or add --drop-unreadable to go on without them and set them again"
    )
