"""``secrets``: values go in, only names come out (F081-F087)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from bot.commands.entry import fail, run

GRACE_SECONDS = 15.0

cli = typer.Typer(no_args_is_help=True)


@cli.command("set")
def set_secret(
    name: Annotated[str, typer.Argument(help="Name, such as STRIPE_API_KEY.")],
    value: Annotated[
        str | None, typer.Option(help="The value; asked for without echo when left out, or read from a pipe.")
    ] = None,
) -> None:
    """Store a secret, encrypted, or replace it. Its value is never shown again."""
    run(_set(name, value if value is not None else _read_value(name)))


@cli.command("list")
def list_secrets() -> None:
    """List the names, when each was set, and the actions that use it."""
    run(_list())


@cli.command("delete")
def delete_secret(
    name: str, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again.")] = False
) -> None:
    """Delete a secret for good and disable the actions that use it."""
    if not yes:
        typer.confirm(f"Delete the secret {name} for good? Actions that use it will be disabled", abort=True)
    run(_delete(name))


@cli.command("rotate")
def rotate_key(
    new_key: Annotated[
        str | None, typer.Option(metavar="FILE", help="A file with the new key, or - to read it from a pipe.")
    ] = None,
    keep_old: Annotated[
        bool, typer.Option("--keep-old", help="Leave the old key in the file, so that older backups open.")
    ] = False,
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds that running processes get to finish what they encrypted before.")
    ] = GRACE_SECONDS,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Every running process has both keys in DESKHAND_MASTER_KEY.")
    ] = False,
) -> None:
    """Encrypt all secrets under a new master key, then drop the old one.

    The service may run meanwhile. Stopped at any point, even by a power cut, it goes on when it is called again.
    """
    from bot.commands.rotation import Wish, rotate

    run(rotate(Wish(_read_key(new_key) if new_key else "", keep_old, wait, yes)))


def _read_key(file: str) -> str:
    try:
        return sys.stdin.read() if file == "-" else Path(file).read_text("ascii", "replace")
    except OSError as error:
        return fail(f"{file}: the new key cannot be read: {error.strerror}")


def _read_value(name: str) -> str:
    if sys.stdin.isatty():
        return str(typer.prompt(f"Value of {name}", hide_input=True))
    return sys.stdin.read().rstrip("\r\n")


async def _set(name: str, value: str) -> None:
    from bot.records import open_records
    from bot.settings import read_settings

    async with open_records(read_settings()) as records:
        await records.set_secret(name, value)
        waiting = [s.spec.slug for s in await records.catalogue.states() if name in s.spec.secrets]
    used_by = f" Used by: {', '.join(waiting)}." if waiting else ""
    typer.echo(f"Stored {name}.{used_by}")


async def _list() -> None:
    from bot.records import open_records
    from bot.settings import read_settings

    async with open_records(read_settings()) as records:
        secrets = await records.vault.listing()
        states = await records.catalogue.states()
    if not secrets:
        typer.echo("No secrets yet. Add one with: deskhand secrets set NAME")
    for secret in secrets:
        users = ", ".join(state.spec.slug for state in states if secret.name in state.spec.secrets)
        typer.echo(f"{secret.name:32} {secret.kept.value:12} {users and 'used by ' + users}".rstrip())


async def _delete(name: str) -> None:
    from bot.records import open_records
    from bot.settings import read_settings

    async with open_records(read_settings()) as records:
        disabled = await records.delete_secret(name)
    typer.echo(f"Deleted {name}." + (f" Disabled: {', '.join(disabled)}." if disabled else ""))
