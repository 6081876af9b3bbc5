"""``webhooks``: secret addresses by which other programs start actions (F172, F173)."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.commands.actions import values_of
from bot.commands.entry import fail, run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.webhook import Webhook
    from bot.webhooks import GivenOut, Switchboard

T = TypeVar("T")

cli = typer.Typer(no_args_is_help=True)

Id = Annotated[str, typer.Argument(help="Id of the webhook, as `deskhand webhooks list` shows it.")]

_ADD = """Give an action a secret address; any program that knows it starts the action with one HTTP request.

The address is shown once. Only a hash of it is kept, so a lost one is replaced with `deskhand webhooks rotate`.

A call is JSON or a form. Its keys are the parameters of the action; where they are called otherwise, say where each
value is: `--map order_number=order.id --map email=customer.emails.0`. With `--sign`, calls must carry a signature by
the Standard Webhooks specification. The answer is 202 with the id of the run, or says what to mend.

Example: `deskhand webhooks add order-lookup --map order_number=order.id --to slack:C0123ABC`, and then

`curl -X POST -H 'Content-Type: application/json' -d '{"order": {"id": "12345"}}' ADDRESS`
"""


@cli.command("add", help=_ADD)
def add(
    action: Annotated[str, typer.Argument(help="Slug of the action.")],
    paths: Annotated[list[str] | None, typer.Option("--map", help="parameter=path.in.the.body; repeatable.")] = None,
    given: Annotated[list[str] | None, typer.Option("-p", help="name=value for what a call leaves out.")] = None,
    sign: Annotated[bool, typer.Option("--sign", help="Take signed calls only.")] = False,
    allow_writes: Annotated[
        bool, typer.Option("--allow-writes", help="Run an action that would ask for a yes in a chat.")
    ] = False,
    to: Annotated[list[str] | None, typer.Option("--to", help="Where results are posted; repeatable.")] = None,
    style: Annotated[str, typer.Option(help="raw, template or digest.")] = "raw",
    post: Annotated[str, typer.Option(help="always, changed or nonempty.")] = "always",
    owner: Annotated[str, typer.Option(help="Who is told when it fails again and again.")] = "",
) -> None:
    from bot.commands.naming import named
    from bot.commands.places import Wish, delivery_of
    from bot.webhooks import Draft

    delivery, faults = delivery_of(run(named(Wish(tuple(to or ()), style, None, post, owner))))
    told = tuple(map(str, faults))
    draft = Draft(action, _paths(paths or []), values_of(given or ()), sign, allow_writes, delivery, told)
    _hand_out(run(_on_board(lambda board: board.add(draft))))


@cli.command("list")
def list_webhooks(as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False) -> None:
    """List all webhooks; never their addresses."""
    webhooks = run(_on_board(lambda board: board.all()))
    if as_json:
        typer.echo(json.dumps([_as_json(webhook) for webhook in webhooks], ensure_ascii=False, indent=2))
        return
    for webhook in webhooks:
        traits = [name for name, has in _traits(webhook).items() if has]
        typer.echo(f"{webhook.id}  {webhook.action:28} {', '.join(traits)}".rstrip())
    if not webhooks:
        typer.echo("No webhooks yet. Add one with: deskhand webhooks add ACTION")


@cli.command("show")
def show(webhook_id: Id) -> None:
    """Show one webhook and when it was called last; never its address."""
    webhook, called = run(_shown(webhook_id))
    typer.echo(json.dumps({**_as_json(webhook), "last_call": called}, ensure_ascii=False, indent=2))


@cli.command("rotate")
def rotate(webhook_id: Id) -> None:
    """Give a webhook a new address, and a new signing secret where it has one. The old ones are refused at once."""
    _hand_out(run(_on_board(lambda board: board.rotate(webhook_id))))


@cli.command("pause")
def pause(webhook_id: Id) -> None:
    """Refuse its calls, with a plain word, until it is resumed."""
    webhook = run(_on_board(lambda board: board.pause(webhook_id, paused=True)))
    typer.echo(f"Calls of {webhook.id} ({webhook.action}) are refused until you resume it.")


@cli.command("resume")
def resume(webhook_id: Id) -> None:
    """Take its calls again."""
    webhook = run(_on_board(lambda board: board.pause(webhook_id, paused=False)))
    typer.echo(f"Calls of {webhook.id} ({webhook.action}) are taken again.")


@cli.command("remove")
def remove(webhook_id: Id, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again.")] = False) -> None:
    """Remove a webhook for good; its runs stay in the history."""
    if not yes:
        typer.confirm(f"Remove the webhook {webhook_id} for good?", abort=True)
    webhook = run(_on_board(lambda board: board.remove(webhook_id)))
    typer.echo(f"Removed {webhook.id} ({webhook.action}).")


@cli.command("test")
def try_out(
    webhook_id: Id,
    body: Annotated[str, typer.Argument(help="A body as it would be sent, in JSON.")] = "{}",
) -> None:
    """Show what a call would run, with which values, or what is wrong with it. Nothing runs."""
    for name, value in run(_tried(webhook_id, body)).items():
        typer.echo(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    typer.echo("This call would be taken. Nothing was run.")


async def _on_board(act: Callable[[Switchboard], Awaitable[T]]) -> T:
    from bot.records import open_records
    from bot.settings import read_settings
    from bot.webhooks import Switchboard

    async with open_records(read_settings()) as records:
        return await act(Switchboard(records))


async def _shown(webhook_id: str) -> tuple[Webhook, str]:
    from bot.records import open_records
    from bot.settings import read_settings
    from bot.webhooks import Switchboard

    async with open_records(read_settings()) as records:
        webhook = await Switchboard(records).find(webhook_id)
        called = await records.storage.arrivals.latest(webhook.id)
        return webhook, called.isoformat() if called else "never"


async def _tried(webhook_id: str, body: str) -> Mapping[str, object]:
    return await _on_board(lambda board: board.tried(webhook_id, body))


def _hand_out(given: GivenOut) -> None:
    """The one time that the address is seen."""
    webhook, once = given.webhook, "shown this once"
    typer.echo(f"Webhook {webhook.id} starts {webhook.action}. Its address, {once}:\n\n  {given.url}\n")
    if given.signing_secret:
        typer.echo(f"Calls must be signed (Standard Webhooks). The secret, {once}:\n\n  {given.signing_secret}\n")
    else:
        typer.echo(f"Try it:\n\n  curl -X POST -H 'Content-Type: application/json' -d '{{}}' {given.url}\n")
    typer.echo("Keep it as you keep a password: whoever knows it can start the action.")


def _paths(given: list[str]) -> Mapping[str, str]:
    pairs = [text.partition("=") for text in given]
    if wrong := [name for name, equals, path in pairs if not (name and equals and path)]:
        fail(f"--map {wrong[0]}: write --map parameter=path.in.the.body")
    return {name: path for name, _, path in pairs}


def _traits(webhook: Webhook) -> Mapping[str, bool]:
    posts = bool(webhook.delivery.targets)
    return {"paused": webhook.paused, "signed": bool(webhook.signing), "writes": webhook.allow_writes, "posts": posts}


def _as_json(webhook: Webhook) -> dict[str, object]:
    targets = [f"{one.platform}:{'@' if one.person else ''}{one.channel}" for one in webhook.delivery.targets]
    return {
        "id": webhook.id,
        "action": webhook.action,
        "created_at": webhook.created_at.isoformat(),
        "map": dict(webhook.paths),
        "values": dict(webhook.values),
        **_traits(webhook),
        "to": targets,
    }
