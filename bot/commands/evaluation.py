"""``plan``: the planner alone, JSON lines in and out, for evaluation."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.commands.entry import fail, run

if TYPE_CHECKING:
    from datetime import datetime

    from bot.conversation.planner import Planner
    from bot.domain.action import ActionSpec
    from bot.domain.plan import Plan
    from bot.domain.turn import Context, Turn


def register(cli: typer.Typer) -> None:
    """Add this command to the command line."""
    cli.command("plan")(plan)


def plan(
    actions: Annotated[
        Path | None, typer.Option("--actions", help="Folder of action definitions.", show_default="actions.d")
    ] = None,
    source: Annotated[Path | None, typer.Argument(help="File of JSON lines; standard input without it.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON lines out; the only form there is.")] = True,
) -> None:
    """Plan without running anything.

    Reads lines of `{"id", "messages": [{"role", "content"}], "actions": […]}`; `actions` is optional and holds names
    from the folder or whole definitions. Writes lines of `{"id", "calls": [{"action", "arguments"}], "question"}`.
    """
    run(_plan_all(actions, source))


async def _plan_all(given: Path | None, source: Path | None) -> None:
    from bot.actions.folder import read_folder
    from bot.app import open_planner
    from bot.settings import read_settings

    settings = read_settings()
    loaded = await asyncio.to_thread(read_folder, given or settings.actions_dir)
    for fault in loaded.faults:
        typer.echo(str(fault), err=True)
    offline = not settings.openai_api_key.get_secret_value()
    async with open_planner(settings) as planner:
        for number, line in enumerate(_lines(source), 1):
            answer = await _answer(planner, line, number, loaded.specs, planner if offline else None)
            typer.echo(json.dumps(answer, ensure_ascii=False))


def _lines(source: Path | None) -> Iterator[str]:
    if source and not source.is_file():
        fail(f"{source} is not a file")
    with source.open(encoding="utf-8") if source else sys.stdin as stream:
        yield from (line for line in stream if line.strip())


async def _answer(
    planner: Planner, line: str, number: int, known: Sequence[ActionSpec], replay: Planner | None
) -> dict[str, Any]:
    from bot.errors import DeskhandError

    try:
        case = json.loads(line)
        specs = _chosen(case.get("actions"), known)
        context = await _context(case["messages"], specs, replay)
    except (ValueError, KeyError, TypeError, AttributeError, DeskhandError) as error:
        return {"id": number, "calls": [], "question": None, "error": f"line {number}: {error!r}"}
    try:
        made = await planner.plan(context, specs)
    except DeskhandError as error:
        return {"id": case.get("id", number), "calls": [], "question": None, "error": str(error)}
    return {"id": case.get("id", number), **_as_json(made, specs)}


def _as_json(made: Plan, specs: Sequence[ActionSpec]) -> dict[str, Any]:
    from bot.conversation.composer import ask_for

    return {
        "calls": [
            {"action": call.spec.slug, "name": call.spec.name, "arguments": dict(call.arguments)} for call in made.calls
        ],
        "question": ask_for(made.open_calls, {spec.slug: spec for spec in specs}) or None,
        "mode": made.mode,
    }


def _chosen(given: Sequence[Any] | None, known: Sequence[ActionSpec]) -> Sequence[ActionSpec]:
    """The actions of one line: all that are known, some of them by name, or definitions of its own."""
    from bot.actions.manifest import parse_action

    if given is None:
        return known
    by_name = {name: spec for spec in known for name in (spec.slug, spec.name)}
    return [
        by_name[item] if isinstance(item, str) else parse_action(json.dumps(item), f"actions[{position}].json")
        for position, item in enumerate(given)
    ]


async def _context(
    messages: Sequence[Mapping[str, str]], specs: Sequence[ActionSpec], replay: Planner | None
) -> Context:
    """The last message is the new one; those before it are the memory, reply joined to question.

    What an earlier turn ran or asked for is not in the messages, so rules work it out again where ``replay`` is given.
    """
    from datetime import UTC, datetime

    from bot.domain.turn import Context

    now = datetime.now(UTC)
    memory: list[Turn] = []
    for question, answer in _exchanges(messages[:-1]):
        context = Context("evaluation", question, "user", "", now, tuple(memory))
        plan = await replay.plan(context, specs) if replay and question else None
        memory.append(_remembered(question, answer, plan, now, len(memory)))
    return Context("evaluation", messages[-1]["content"], "user", "", now, tuple(memory))


def _exchanges(messages: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    said: list[str] = []
    for message in [*messages, {"role": "assistant", "content": ""}]:
        if message["role"] != "assistant":
            said.append(message["content"])
        elif said or message["content"]:
            yield "\n".join(said), message["content"]
            said = []


def _remembered(question: str, answer: str, plan: Plan | None, now: datetime, number: int) -> Turn:
    from bot.domain.turn import Remembered, Turn, TurnState

    calls = plan.calls if plan else ()
    return Turn(
        f"t{number}", f"m{number}", "evaluation", "user", "user", question, now, TurnState.DONE, reply=answer,
        results=tuple(Remembered(c.spec.slug, c.spec.name, dict(c.arguments), "success", "") for c in calls),
        open_calls=plan.open_calls if plan else (),
    )  # fmt: skip
