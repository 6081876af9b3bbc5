"""``secrets``: values go in, only names come out (F081-F087)."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot.commands.entry import run

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
