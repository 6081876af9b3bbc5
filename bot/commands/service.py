"""``run``, ``web``, ``gateway``, ``worker`` and ``migrate``: the processes of the service."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.entry import fail, run
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.commands.serving import Faces

Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")]
Port = Annotated[int | None, typer.Option(help="Port of the web chat; 0 takes a free one.", show_default="8080")]


def register(cli: typer.Typer) -> None:
    """Add these commands to the command line."""
    cli.command("run")(run_all)
    cli.command("web")(web)
    cli.command("gateway")(gateway)
    cli.command("worker")(worker)
    cli.command("migrate")(migrate)


def run_all(host: Host = None, port: Port = None) -> None:
    """Run all that is configured: the web chat, and a prompt where there is a terminal."""
    from bot.commands.serving import Faces

    run(_serve(host, port, Faces(prompt=sys.stdin.isatty() and sys.stdout.isatty())))


def web(host: Host = None, port: Port = None) -> None:
    """Serve the web chat and the HTTP API alone."""
    from bot.commands.serving import Faces

    run(_serve(host, port, Faces(platforms=False)))


def gateway() -> None:
    """Connect to Slack (Socket Mode) and Discord and nothing else; Slack's events over HTTP come to `deskhand web`."""
    from bot.commands.serving import Faces

    run(_serve(None, None, Faces(web=False)))


def worker() -> None:
    """Work for other processes; not needed while one process does everything."""
    fail("Work is done inside `deskhand run` and `deskhand web`; there is no queue to work on.")


def migrate() -> None:
    """Bring the database to the newest form. The other commands do so when they start."""
    run(_migrate())


async def _serve(host: str | None, port: int | None, faces: Faces) -> None:
    from bot.app import open_service
    from bot.commands.serving import serve
    from bot.settings import read_settings

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = read_settings(**given)
    if not faces.web and not (settings.slack_is_set or settings.discord_is_set):
        named = "DESKHAND_SLACK_BOT_TOKEN or DESKHAND_DISCORD_BOT_TOKEN"
        raise ConfigError([f"{named}: no chat platform is configured, so there is nothing to connect to"])
    async with open_service(settings) as service:
        await serve(service, faces)


async def _migrate() -> None:
    from bot.records import open_records
    from bot.settings import read_settings

    settings = read_settings()
    async with open_records(settings):
        typer.echo(f"The database in {settings.data_dir} is up to date.")
