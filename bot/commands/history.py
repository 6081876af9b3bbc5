"""``history``: what ran, for whom, with what result (F203, F204)."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.actions import tell_files
from bot.commands.entry import fail, run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.run import Run


def register(cli: typer.Typer) -> None:
    """Add this command to the command line."""
    cli.command("history")(history)


def history(
    action: Annotated[str, typer.Option(help="Only runs of this action, by slug.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    only: Annotated[
        list[str] | None, typer.Option("--run", help="One run in full, by its id; may be repeated.")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Folder for the files of the runs that --run names.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Show inputs and outputs too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines, one run each.")] = False,
) -> None:
    """List past runs: question, inputs, outcome, duration and who asked."""
    if only:
        run(_shown(only, save))
        return
    runs = run(_latest(limit, action))
    if as_json:
        for record in runs:
            typer.echo(json.dumps(asdict(record), default=str, ensure_ascii=False))
    elif runs:
        _table(runs, full=full)
    else:
        typer.echo("No runs yet.")


async def _latest(limit: int, action: str) -> Sequence[Run]:
    from bot.records import open_records
    from bot.settings import read_settings

    async with open_records(read_settings()) as records:
        return await records.storage.runs.latest(limit, action)


async def _shown(ids: Sequence[str], folder: Path | None) -> None:
    """Each run with its output, and its files."""
    from bot.records import open_records
    from bot.settings import read_settings

    async with open_records(read_settings()) as records:
        runs = records.storage.runs
        for run_id in ids:
            found = await runs.get(run_id)
            if found is None:
                fail(f"There is no run {run_id}. `deskhand history --json` shows the ids.")
            _table([found], full=True)
            kept = [await runs.document(file.run_id, file.place) for file in await runs.files([run_id])]
            tell_files([document for document in kept if document], folder)


def _table(runs: Sequence[Run], *, full: bool) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("started", "action", "outcome", "took", "asked by", "question", box=box.SIMPLE_HEAD)
    for record in runs:
        took = "" if record.seconds is None else f"{record.seconds:.2f} s"
        outcome = record.outcome or record.state.value
        started = record.started_at.strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(started, record.name, outcome, took, record.asker, escape(record.question[:60]))
        if full:
            inputs = ", ".join(f"{name}={value}" for name, value in record.inputs.items())
            table.add_row("", escape(inputs), escape(record.detail), "", record.trigger, escape(record.output[:2000]))
    Console().print(table)
