"""``actions``: see, check, test, import, export and switch them (F153-F162)."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.entry import fail, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.action import ActionSpec, ActionState
    from bot.domain.run import ActionResult, Document
    from bot.errors import Fault

cli = typer.Typer(no_args_is_help=True)

Slug = Annotated[str, typer.Argument(help="Slug or name of the action.")]


@cli.command("list")
def list_actions(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """List all actions and whether each may run."""
    states = run(_states())
    if as_json:
        typer.echo(json.dumps([_as_json(state) for state in states], ensure_ascii=False, indent=2))
        return
    for state in states:
        spec = state.spec
        mark = "on " if state.enabled else "off"
        origin = "file" if spec.source.provisioned else "store"
        typer.echo(f"{mark} {spec.slug:28} {spec.effect.value:5} {origin:5} {state.reason or spec.condition}")
    typer.echo(f"{sum(state.enabled for state in states)} of {len(states)} actions enabled")


@cli.command("check")
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="Folder or file of definitions.", show_default="actions.d")
    ] = None,
) -> None:
    """Check every definition of a folder; each fault names file, key and mend. Exit code 1 if there is any."""
    from bot.settings import read_settings

    place = folder or read_settings().actions_dir
    if not place.exists():
        fail(f"{place} does not exist. Name the folder that holds your action definitions.")
    specs, faults = _read(place)
    for fault in faults:
        typer.echo(str(fault))
    files = len({fault.file for fault in faults})
    typer.echo(f"{len(specs)} actions are fine" + (f"; {len(faults)} faults in {files} files" if faults else ""))
    if faults:
        raise typer.Exit(1)


@cli.command("test")
def try_out(
    name: Slug,
    parameters: Annotated[
        list[str] | None, typer.Option("-p", "--parameter", help="A value, as name=value; may be repeated.")
    ] = None,
    email: Annotated[str | None, typer.Option(help="E-mail of the person it runs for.")] = None,
    save: Annotated[Path | None, typer.Option(help="Folder for the files that it makes.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Run one action now with given values, enabled or not, and show its masked result and details.

    A write really writes: this command is the confirmation.
    """
    outcome = run(_test(name, parameters or [], email))
    if as_json:
        made = [
            {"name": item.name, "media_type": item.media_type, "size": len(item.data)} for item in outcome.documents
        ]
        told = {**asdict(replace(outcome, documents=())), "documents": made}
        typer.echo(json.dumps(told, default=str, ensure_ascii=False, indent=2))
    else:
        typer.echo(outcome.output or "(nothing was printed)")
        detail = f" - {outcome.detail}" if outcome.detail else ""
        typer.echo(f"\n{outcome.name}: {outcome.label} in {outcome.seconds:.2f} s{detail}", err=True)
        for note in outcome.notes:
            typer.echo(note, err=True)
    tell_files(outcome.documents, save)
    raise typer.Exit(0 if outcome.succeeded else 1)


@cli.command("import")
def import_action(
    file: Annotated[Path, typer.Argument(help="A definition: JSON or YAML, either form.")],
    replace: Annotated[bool, typer.Option("--replace", help="Replace a stored action of the same slug.")] = False,
    enable: Annotated[bool, typer.Option("--enable", help="Let it run at once; new actions start paused.")] = False,
) -> None:
    """Add an action to the store from a file."""
    if not file.is_file():
        fail(f"{file} is not a file.")
    run(_import(file, replace=replace, enable=enable))


@cli.command("export")
def export(
    name: Slug,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; standard output without it.")
    ] = None,
) -> None:
    """Print an action's definition in the form that it came in."""
    text = run(_export(name))
    if output:
        output.write_text(text, encoding="utf-8")
    else:
        typer.echo(text)


@cli.command("enable")
def enable(name: Slug) -> None:
    """Let an action run."""
    run(_switch(name, on=True))


@cli.command("disable")
def disable(name: Slug) -> None:
    """Keep an action from running; a run in flight ends normally."""
    run(_switch(name, on=False))


@cli.command("delete")
def delete(name: Slug, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask again.")] = False) -> None:
    """Delete a stored action, its runs with it. This cannot be undone."""
    if not yes:
        typer.confirm(f"Delete {name} and all its runs for good?", abort=True)
    run(_delete(name))


def _read(place: Path) -> tuple[Sequence[ActionSpec], Sequence[Fault]]:
    from bot.actions.folder import read_file, read_folder
    from bot.errors import DefinitionError

    if place.is_dir():
        loaded = read_folder(place)
        return loaded.specs, loaded.faults
    try:
        return [read_file(place)], []
    except DefinitionError as error:
        return [], error.faults


def find(states: Sequence[ActionState], name: str) -> ActionState:
    """The action of that slug or name; an ambiguous or unknown one ends the command and says what there is."""
    found = [state for state in states if state.spec.slug == name] or [
        state for state in states if state.spec.name.casefold() == name.casefold()
    ]
    if len(found) == 1:
        return found[0]
    if found:
        slugs = ", ".join(state.spec.slug for state in found)
        fail(f"Several actions are called {name!r}; use a slug: {slugs}")
    return fail(f"There is no action {name!r}. There are: {', '.join(state.spec.slug for state in states) or 'none'}")


async def _states() -> Sequence[ActionState]:
    from bot.records import open_records
    from bot.settings import read_settings

    async with open_records(read_settings()) as records:
        states = await records.catalogue.states()
        for fault in records.catalogue.faults:
            typer.echo(str(fault), err=True)
        return states


async def _test(name: str, given: Sequence[str], email: str | None) -> ActionResult:
    from bot.app import open_service
    from bot.settings import read_settings

    async with open_service(read_settings()) as service:
        spec = find(await service.records.catalogue.states(), name).spec
        person = service.person if email is None else replace(service.person, email=email)
        return await service.run_by_hand(spec, values_of(given), person)


def tell_files(documents: Sequence[Document], folder: Path | None) -> None:
    """Save the files that a run made, or say that there are some."""
    for document in documents:
        if folder is None:
            typer.echo(f"It made {document.name} ({len(document.data)} bytes); --save FOLDER keeps it.", err=True)
            continue
        folder.mkdir(parents=True, exist_ok=True)
        (folder / document.name).write_bytes(document.data)
        typer.echo(f"Saved {folder / document.name}.", err=True)


def values_of(given: Sequence[str]) -> Mapping[str, str]:
    pairs = [text.partition("=") for text in given]
    wrong = next((name for name, equals, _ in pairs if not equals or not name), None)
    if wrong is not None:
        fail(f"{wrong!r} is no value; write -p name=value")
    return {name: value for name, _, value in pairs}


async def _import(file: Path, *, replace: bool, enable: bool) -> None:
    from bot.records import open_records
    from bot.settings import read_settings

    spec = read_one(file)
    async with open_records(read_settings()) as records:
        reason = await records.import_action(spec, replace=replace, enable=enable)
    typer.echo(f"Imported {spec.slug}. " + (f"It is paused: {reason}." if reason else "It is enabled."))


def read_one(file: Path) -> ActionSpec:
    """The definition in a file. Raises DefinitionError."""
    from bot.actions.folder import read_file

    return read_file(file)


async def _export(name: str) -> str:
    from bot.actions.formats import export_action

    return export_action(find(await _states(), name).spec)


async def _switch(name: str, *, on: bool) -> None:
    from bot.records import open_records
    from bot.settings import read_settings

    async with open_records(read_settings()) as records:
        spec = find(await records.catalogue.states(), name).spec
        state = await records.switch_action(spec, on=on)
    typer.echo(f"{spec.slug} is {'enabled' if state.enabled else 'off: ' + (state.reason or 'disabled')}.")


async def _delete(name: str) -> None:
    from bot.records import open_records
    from bot.settings import read_settings

    async with open_records(read_settings()) as records:
        spec = find(await records.catalogue.states(), name).spec
        await records.delete_action(spec)
    typer.echo(f"Deleted {spec.slug} and its runs.")


def _as_json(state: ActionState) -> dict[str, object]:
    spec = state.spec
    return {
        "slug": spec.slug,
        "name": spec.name,
        "condition": spec.condition,
        "effect": spec.effect.value,
        "enabled": state.enabled,
        "reason": state.reason,
        "parameters": [asdict(parameter) for parameter in spec.parameters],
        "secrets": spec.secrets,
        "source": spec.source.path or "store",
    }
