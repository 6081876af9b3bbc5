"""``sandbox``: builds the image that Python actions run in."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.commands.entry import run

cli = typer.Typer(no_args_is_help=True)


@cli.callback()
def group() -> None:
    """Containers for Python actions."""


@cli.command("build")
def build(
    variant: Annotated[str, typer.Argument(help="slim (requests, httpx) or full (all packages).")] = "slim",
) -> None:
    """Build the image if its inputs changed, showing progress."""
    run(_build(variant))


async def _build(variant: str) -> None:
    from bot.app import build_sandbox_image
    from bot.settings import read_settings

    async def say(line: str) -> None:
        typer.echo(line.rstrip())

    await build_sandbox_image(read_settings(sandbox_image=variant), say)
