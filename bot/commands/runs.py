"""``deskhand runs``: what ran, what it says, and what a person can do about it, from any process."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.entry import fail, run
from bot.domain.run import RunState
from bot.domain.run_log import Resolution

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bot.app import Service
    from bot.domain.progress import Progress
    from bot.domain.run import Run
    from bot.domain.run_log import PlacedEntry
    from bot.storage.storage import Storage

_PAGE = 200
"""Entries that are read at a time."""
_ENDED = (RunState.DONE, RunState.ERROR, RunState.STOPPED, RunState.UNKNOWN)

cli = typer.Typer(no_args_is_help=True)

RunId = Annotated[str, typer.Argument(help="The run's id, as `deskhand runs list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of words.")]


@cli.command("list")
def show_all(
    state: Annotated[RunState | None, typer.Option(help="Only runs that stand so, such as unknown.")] = None,
    action: Annotated[str, typer.Option(help="Only runs of this action, by slug.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    as_json: AsJson = False,
) -> None:
    """List runs, newest first."""
    found = run(_listed(state, action, limit))
    for each in found:
        typer.echo(json.dumps(asdict(each), default=str) if as_json else _line(each))
    if not found and not as_json:
        typer.echo("No such runs.")


@cli.command("show")
def show(run_id: RunId, as_json: AsJson = False) -> None:
    """Show one run: what it was given, how it stands, what it gave."""
    found = run(_one(run_id))
    if as_json:
        typer.echo(json.dumps(asdict(found), default=str))
        return
    told = {
        "state": found.state.value,
        "action": f"{found.name} ({found.action})",
        "asked by": found.asker,
        "because of": found.trigger,
        "question": found.question,
        "inputs": ", ".join(f"{name}={value}" for name, value in found.inputs.items()),
        "detail": found.detail,
        "output": found.output,
    }
    for name, value in told.items():
        typer.echo(f"{name}: {value}")
    if found.state is RunState.UNKNOWN:
        typer.echo(_advice(run_id))


@cli.command("log")
def follow(
    run_id: RunId,
    live: Annotated[bool, typer.Option("--follow", "-f", help="Go on until the run ends.")] = False,
) -> None:
    """Show what a run says of its steps."""
    run(_followed(run_id, live))


@cli.command("stop")
def stop(run_id: RunId) -> None:
    """Stop a run, in whichever process it is, within seconds. A write that was sent may have been done."""
    if not run(_stopped(run_id)):
        fail(f"The run {run_id} is not under way. `deskhand runs show {run_id}` tells how it stands.")
    typer.echo("It is being stopped.")


@cli.command("resolve")
def resolve(
    run_id: RunId,
    how: Annotated[Resolution, typer.Argument(help="What you found out: done, not-done, or again to run it now.")],
) -> None:
    """Settle a run whose end is not known. Look first at the system that it writes to."""
    settled = run(_resolved(run_id, how))
    if settled is None:
        fail(f"The end of the run {run_id} is not in doubt. `deskhand runs list --state unknown` shows those that are.")
    typer.echo(_line(settled))


@cli.command("delete")
def delete(run_id: RunId) -> None:
    """Delete a run that has ended, with its log and its files."""
    if not run(_deleted(run_id)):
        fail(f"There is no run {run_id} that has ended. `deskhand runs stop {run_id}` ends one that is under way.")
    typer.echo("Deleted.")


def _line(each: Run) -> str:
    took = "" if each.seconds is None else f"{each.seconds:.2f} s"
    started = each.started_at.strftime("%Y-%m-%d %H:%M:%S")
    return f"{each.id}  {started}  {each.state.value:<8} {took:>9}  {each.name}  {each.detail}".rstrip()


def _advice(run_id: str) -> str:
    return f"Look whether it was done, then: deskhand runs resolve {run_id} done | not-done | again"


@asynccontextmanager
async def _storage() -> AsyncIterator[Storage]:
    from bot.records import open_records
    from bot.settings import read_settings

    async with open_records(read_settings()) as records:
        yield records.storage


@asynccontextmanager
async def _service() -> AsyncIterator[Service]:
    from bot.app import open_service
    from bot.settings import read_settings

    async with open_service(read_settings()) as service:
        yield service


async def _listed(state: RunState | None, action: str, limit: int) -> Sequence[Run]:
    from bot.ports import Sought

    async with _storage() as storage:
        sought = Sought(action=action, state=state.value if state else "")
        return await storage.run_pages.page(sought, limit) or ()


async def _one(run_id: str) -> Run:
    async with _storage() as storage:
        return await _known(storage, run_id)


async def _known(storage: Storage, run_id: str) -> Run:
    found = await storage.runs.get(run_id)
    if found is None:
        fail(f"There is no run {run_id}. `deskhand runs list` shows the ids.")
    return found


async def _followed(run_id: str, live: bool) -> None:
    import asyncio

    async with _storage() as storage:
        place = 0
        while True:
            ended = (await _known(storage, run_id)).state in _ENDED
            while entries := await storage.run_log.after(run_id, place, _PAGE):
                place = entries[-1].place
                typer.echo("\n".join(map(_said, entries)))
            if ended or not live:
                return
            await asyncio.sleep(0.5)


def _said(placed: PlacedEntry) -> str:
    entry = placed.entry
    return f"{entry.at.strftime('%H:%M:%S')} {entry.kind.value:<5} {entry.text.rstrip()}"


async def _stopped(run_id: str) -> bool:
    async with _service() as service:
        return await service.runs.stop(run_id, service.person)


async def _resolved(run_id: str, how: Resolution) -> Run | None:
    async with _service() as service:
        return await service.runs.resolve(run_id, how, service.person, _told)


async def _deleted(run_id: str) -> bool:
    async with _service() as service:
        return await service.runs.delete(run_id, service.person)


async def _told(progress: Progress) -> None:
    """The result is shown when it is there."""
