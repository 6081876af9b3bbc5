"""Sends each call to the executor of its kind."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from bot.actions.api_call import ApiCallExecutor
from bot.actions.environment import built_ins, effective_variables
from bot.actions.python_code import PythonCodeExecutor
from bot.actions.template import MissingValue, Values, fill_text
from bot.domain.action import HttpCall
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult
from bot.ports import Emit, Given

_LONGEST_KEY = 255
"""Characters, as Stripe and others take it."""


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
        """The filled key template, fit for a header; empty where the action has none or a value is missing (Q14).

        Secrets are no part of it. A key that is too long, or not plain ASCII, is replaced by its hash.
        """
        variables = effective_variables(call.spec, self._variables)
        known = {**call.arguments, **variables, **built_ins(given.asker, self._guru_slug)}
        values = Values(known, [parameter.name for parameter in call.spec.parameters])
        try:
            key = fill_text(call.spec.safety.idempotency_key, values).strip()
        except MissingValue:
            return ""
        plain = key.isascii() and key.isprintable() and len(key) <= _LONGEST_KEY
        return key if plain else hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()

    async def execute(self, call: ActionCall, given: Given, emit: Emit) -> ActionResult:
        """Run it where its kind runs."""
        kind = self._api if isinstance(call.spec.work, HttpCall) else self._python
        return await kind.execute(call, given, emit)
