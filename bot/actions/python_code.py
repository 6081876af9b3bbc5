"""Carries out a Python action: its values go in as environment, what it prints is the result (F004, F026, F077)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from bot.actions.environment import built_ins, environment_of, revealed
from bot.actions.results import Ended, named
from bot.actions.template import TemplateError
from bot.domain.action import Json, PythonCode
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Outcome, Response
from bot.errors import SandboxError, SecretError
from bot.ports import Clock, Emit, Given, Sandbox, SandboxJob, SandboxResult, Secrets

_LONGEST_DETAIL = 200
"""Characters of an exception's line that are told."""


class PythonCodeExecutor:
    """Runs actions of the kind PYTHON_CODE.

    ``variables`` are the operator's, standing before those of each action.
    """

    def __init__(
        self, sandbox: Sandbox, secrets: Secrets, variables: Mapping[str, str], guru_slug: str, clock: Clock
    ) -> None:
        self._sandbox = sandbox
        self._secrets = secrets
        self._variables = variables
        self._guru_slug = guru_slug
        self._clock = clock

    async def execute(self, call: ActionCall, given: Given, emit: Emit) -> ActionResult:
        """One run in a fresh container. Whatever keeps it from running is a result too."""
        work = call.spec.work
        assert isinstance(work, PythonCode)
        started_at = self._clock()
        try:
            secrets = await revealed(call.spec, self._secrets)
            environment = environment_of(call, secrets, self._variables, built_ins(given.asker, self._guru_slug))
            job = SandboxJob(given.run_id, work.code, environment, work.timeout_seconds, work.allowed_hosts)
            result = await self._sandbox.run(job, emit)
        except (SandboxError, SecretError, TemplateError) as error:
            seconds = (self._clock() - started_at).total_seconds()
            return named(call, Ended(Outcome.ERROR, detail=str(error)), started_at, seconds)
        return named(call, _ended(result, work.timeout_seconds), started_at, result.seconds)


def _ended(result: SandboxResult, limit: float) -> Ended:
    """How a run ended, with the files that it left."""
    return replace(_way_it_ended(result, limit), documents=result.documents)


def _way_it_ended(result: SandboxResult, limit: float) -> Ended:
    """A script stopped from outside has no response that named outcomes could look at."""
    output, status = result.output.strip("\n"), result.exit_code
    notes = (*_dropped(result), *(f"left out {line}" for line in result.left_out))
    if result.timed_out:
        return Ended(Outcome.TIMED_OUT, output, f"timed out after {limit:g} s", status, notes=notes)
    if result.out_of_memory:
        return Ended(Outcome.ERROR, output, "needed more memory than it may have", status, notes=notes)
    if status is None:
        return Ended(Outcome.ERROR, output, "was stopped from outside", notes=notes)
    response = Response(status, _parsed(output), {})
    if status != 0:
        return Ended(Outcome.ERROR, output, _last_line(result), status, response, notes)
    return Ended(Outcome.SUCCESS, output or _silent(result), "", status, response, notes)


def _dropped(result: SandboxResult) -> tuple[str, ...]:
    return (f"{result.dropped_bytes} bytes of output were dropped",) if result.dropped_bytes else ()


def _silent(result: SandboxResult) -> str:
    names = ", ".join(document.name for document in result.documents)
    return f"(It made {names}.)" if names else "(It ran without printing anything.)"


def _last_line(result: SandboxResult) -> str:
    """The line that names the exception; the lines before it are for the author's eyes."""
    lines = [line.strip() for line in result.error_output.splitlines() if line.strip()]
    line = lines[-1] if lines else f"ended with exit code {result.exit_code}"
    return line if len(line) <= _LONGEST_DETAIL else line[: _LONGEST_DETAIL - 1] + "…"


def _parsed(output: str) -> Json:
    try:
        value: Json = json.loads(output)
    except (ValueError, RecursionError):
        return output
    return value
