"""Carries out a Python action: its values go in as environment, what it prints is the result (F004, F026, F077)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bot.actions.environment import built_ins, environment_of
from bot.actions.results import Ended, named
from bot.domain.action import Json, PythonCode
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Outcome, Response
from bot.errors import SandboxError, SecretError
from bot.ports import Clock, Emit, Given, Sandbox, SandboxJob, SandboxResult, Secrets


class PythonCodeExecutor:
    """Runs actions of the kind PYTHON_CODE."""

    def __init__(
        self, sandbox: Sandbox, secrets: Secrets, variables: Mapping[str, str], guru_slug: str, clock: Clock
    ) -> None:
        self._sandbox = sandbox
        self._secrets = secrets
        self._variables = variables
        self._guru_slug = guru_slug
        self._clock = clock

    async def execute(self, call: ActionCall, given: Given, emit: Emit) -> ActionResult:
        """One run in a fresh container."""
        assert isinstance(call.spec.work, PythonCode)
        started_at = self._clock()
        try:
            secrets = await self._secrets.reveal(call.spec.secrets)
            people = built_ins(given.asker, self._guru_slug)
            environment = environment_of(call, secrets, self._variables, people)
            job = SandboxJob(given.run_id, call.spec.work.code, environment, call.spec.work.timeout_seconds)
            result = await self._sandbox.run(job, emit)
        except (SandboxError, SecretError) as error:
            seconds = (self._clock() - started_at).total_seconds()
            return named(call, Ended(Outcome.ERROR, detail=str(error)), started_at, seconds)
        return named(call, _ended(result, call.spec.work.timeout_seconds), started_at, result.seconds)


def _ended(result: SandboxResult, limit: float) -> Ended:
    output = result.output.strip("\n")
    notes = (f"{result.dropped_bytes} bytes of output were dropped",) if result.dropped_bytes else ()
    if result.timed_out:
        return Ended(Outcome.TIMED_OUT, output, f"timed out after {limit:g} s", notes=notes)
    if result.out_of_memory:
        return Ended(Outcome.ERROR, output, "needed more than 512 MB of memory", result.exit_code, notes=notes)
    if result.exit_code != 0:
        return Ended(Outcome.ERROR, output, _last_line(result), result.exit_code, notes=notes)
    response = Response(0, _parsed(output), {})
    return Ended(Outcome.SUCCESS, output or "(It ran and printed nothing.)", "", 0, response, notes)


def _last_line(result: SandboxResult) -> str:
    lines = [line.strip() for line in result.error_output.splitlines() if line.strip()]
    return lines[-1][:300] if lines else f"ended with exit code {result.exit_code}"


def _parsed(output: str) -> Json:
    try:
        value: Json = json.loads(output)
    except (ValueError, RecursionError):
        return output
    return value
