"""Sends each call to the executor of its kind."""

from __future__ import annotations

from collections.abc import Mapping

from bot.actions.api_call import ApiCallExecutor
from bot.actions.environment import built_ins, effective_variables
from bot.actions.python_code import PythonCodeExecutor
from bot.actions.template import TemplateError, Values, fill_text
from bot.domain.action import HttpCall
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult
from bot.ports import Emit, Given


class ActionExecutor:
    """``ports.Executor`` for both kinds of work."""

    def __init__(
        self, api: ApiCallExecutor, python: PythonCodeExecutor, variables: Mapping[str, str], guru_slug: str
    ) -> None:
        self._api = api
        self._python = python
        self._variables = variables
        self._guru_slug = guru_slug

    def idempotency_key(self, call: ActionCall, given: Given) -> str:
        """The filled key template; empty where the action has none or a value is missing. Secrets are no part of it."""
        template = call.spec.safety.idempotency_key
        variables = effective_variables(call.spec, self._variables)
        try:
            return fill_text(
                template,
                Values(
                    {**variables, **built_ins(given.asker, self._guru_slug), **call.arguments},
                    [parameter.name for parameter in call.spec.parameters],
                ),
            )[:255]
        except TemplateError:
            return ""

    async def execute(self, call: ActionCall, given: Given, emit: Emit) -> ActionResult:
        """Run it where its kind runs."""
        kind = self._api if isinstance(call.spec.work, HttpCall) else self._python
        return await kind.execute(call, given, emit)
