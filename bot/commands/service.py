"""``run``, ``web``, ``gateway``, ``worker`` and ``migrate``: the processes of the service."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot.commands.entry import run

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
    run(_serve("run", host, port))


def web(host: Host = None, port: Port = None) -> None:
    """Serve the web chat and the HTTP API alone."""
    run(_serve("web", host, port))


def gateway() -> None:
    """Connect to Slack (Socket Mode) and Discord and nothing else; Slack's events over HTTP come to `deskhand web`."""
    run(_serve("gateway"))


def worker() -> None:
    """Do what the web and gateway processes keep: answer, run actions, post. As many as you like, on PostgreSQL."""
    run(_serve("worker"))


def migrate() -> None:
    """Bring the database to the newest form. The other commands do so when they start."""
    run(_migrate())


async def _serve(name: str, host: str | None = None, port: int | None = None) -> None:
    from bot.app import open_service
    from bot.commands.roles import Role, faces_of, key_notice
    from bot.commands.serving import serve
    from bot.settings import read_settings

    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings, role = read_settings(**given), Role(name)
    if settings.dyno and "host" not in settings.model_fields_set:
        settings = read_settings(**given, host="0.0.0.0")  # noqa: S104 - where Heroku sends requests
    prompt = role is Role.ALL and sys.stdin.isatty() and sys.stdout.isatty()
    faces = faces_of(role, settings, prompt=prompt)
    async with open_service(settings) as service:
        if notice := key_notice(role, settings):
            typer.echo(notice)
        await serve(service, faces)


async def _migrate() -> None:
    from bot.records import open_records
    from bot.settings import read_settings
    from bot.work import prepare_queue

    settings = read_settings()
    async with open_records(settings):
        await prepare_queue(settings.database_url.get_secret_value())
    where = "in PostgreSQL" if settings.shares_database else f"in {settings.data_dir}"
    typer.echo(f"The database {where} is up to date.")
