"""A language model behind any OpenAI-compatible server: ``ports.LanguageModel`` on chat completions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import openai

from bot.domain.action import ActionSpec, Effect, HttpCall
from bot.domain.plan import Draft, Proposal
from bot.domain.run import ActionResult
from bot.domain.turn import Context
from bot.errors import InvalidPlan, ModelMisconfigured, ModelRefused, ModelUnavailable
from bot.llm.plan_schema import plan_schema, read_plan, read_tool_calls, tools_of
from bot.llm.prompts import answer_request, plan_request, planner_prompt, writer_prompt
from bot.llm.wire import translated
from bot.ports import Composition, Emit

log = logging.getLogger(__name__)

MODES = ("schema", "tools", "json")
"""The ways to ask for a plan, best first."""
PING = ActionSpec("ping", "Ping", "When the user says ping", Effect.READ, HttpCall("GET", "https://ping.example"))
"""A harmless action to plan with when a server is tried."""
PLAN_TOKENS = 1_500
ANSWER_TOKENS = 2_000


class OpenAIModel:
    """One model on one server. ``mode`` is one of ``MODES`` or ``auto``; close it when done."""

    def __init__(self, key: str, base_url: str, model: str, mode: str = "auto", timeout_seconds: float = 25.0) -> None:
        self._client = openai.AsyncOpenAI(
            api_key=key, base_url=base_url or None, timeout=timeout_seconds, max_retries=1
        )
        self._model = model
        self._modes = list(MODES if mode == "auto" else (mode,))
        self._budget = 2 * timeout_seconds + 5
        self._limit_name = "max_completion_tokens"
        self._temperature: dict[str, Any] = {"temperature": 0}

    @property
    def name(self) -> str:
        """The model and the way it is asked, such as ``gpt-5-mini (schema)``."""
        return f"{self._model} ({self._modes[0]})"

    async def probe(self) -> str:
        """Plan once with one harmless action; steps down to a way the server knows. Raises ModelError."""
        await self.plan(Context("probe", "ping", "operator", "", datetime.now(UTC)), [PING])
        return self._modes[0]

    async def plan(self, context: Context, actions: Sequence[ActionSpec]) -> Draft:
        """Ask for a plan. A way that the server does not know is given up for good in favour of the next."""
        while True:
            try:
                async with asyncio.timeout(self._budget):
                    proposals = await self._planned(self._modes[0], context, actions)
                return Draft(proposals, self.name, by_model=True)
            except _NotSupported as error:
                if len(self._modes) == 1:
                    raise ModelUnavailable("the server knows no way to plan that we know") from error
                log.warning("plan mode %s is not supported, using %s", self._modes.pop(0), self._modes[0])
            except TimeoutError as error:
                raise ModelUnavailable("the language model took too long") from error

    async def compose(
        self, context: Context, results: Sequence[ActionResult], capabilities: Sequence[str], emit: Emit
    ) -> Composition:
        """Stream the answer. No actions are offered, so nothing in a result can start one."""
        messages = _messages(writer_prompt(capabilities), answer_request(context, results))
        pieces: list[str] = []
        try:
            async with asyncio.timeout(self._budget), translated():
                stream = await self._ask(messages, ANSWER_TOKENS, stream=True)
                async with stream:
                    async for chunk in stream:
                        delta = chunk.choices[0].delta if chunk.choices else None
                        if delta and getattr(delta, "refusal", None):
                            raise ModelRefused(str(delta.refusal))
                        if delta and delta.content:
                            pieces.append(delta.content)
                            await emit(delta.content)
        except TimeoutError as error:
            raise ModelUnavailable("the language model took too long") from error
        text = "".join(pieces).strip()
        if not text:
            raise ModelUnavailable("the language model wrote nothing")
        return Composition(text, self.name)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    async def _planned(self, mode: str, context: Context, actions: Sequence[ActionSpec]) -> tuple[Proposal, ...]:
        messages = _messages(planner_prompt(actions, as_json=mode == "json"), plan_request(context))
        if mode == "tools":
            return await self._planned_with_tools(messages, actions)
        schema = {"name": "plan", "strict": True, "schema": plan_schema(actions)}
        form = {"type": "json_schema", "json_schema": schema} if mode == "schema" else {"type": "json_object"}
        text = await self._text(messages, response_format=form)
        try:
            return read_plan(text)
        except InvalidPlan as wrong:
            repair = f"That was not a plan: {wrong}. Answer again with only the JSON object."
            turns = [*messages, {"role": "assistant", "content": text[:4000]}, {"role": "user", "content": repair}]
            return read_plan(await self._text(turns, response_format=form))

    async def _planned_with_tools(
        self, messages: list[dict[str, str]], actions: Sequence[ActionSpec]
    ) -> tuple[Proposal, ...]:
        tools, names = tools_of(actions)
        message = await self._message(messages, tools=tools)
        calls = [
            (c.function.name, c.function.arguments or "") for c in message.tool_calls or () if c.type == "function"
        ]
        if not calls and '"action"' in (message.content or ""):
            return read_plan(message.content)
        return read_tool_calls(calls, names)

    async def _text(self, messages: list[dict[str, str]], **form: Any) -> str:
        return (await self._message(messages, **form)).content or ""

    async def _message(self, messages: list[dict[str, str]], **form: Any) -> Any:
        async with translated():
            answer = await self._ask(messages, PLAN_TOKENS, **form)
        choices = getattr(answer, "choices", None)
        if not choices or choices[0].message is None:
            raise InvalidPlan("the answer is empty")
        message = choices[0].message
        if getattr(message, "refusal", None):
            raise ModelRefused(str(message.refusal))
        if choices[0].finish_reason == "content_filter":
            raise ModelRefused("its content filter stopped the answer")
        return message

    async def _ask(self, messages: list[dict[str, str]], tokens: int, **form: Any) -> Any:
        """One request; a parameter that the server names as unknown is left out from then on."""
        create: Any = self._client.chat.completions.create
        for _ in range(3):
            try:
                return await create(
                    model=self._model,
                    messages=messages,
                    **{self._limit_name: tokens},
                    **self._temperature,
                    **form,
                )
            except openai.BadRequestError as error:
                if not self._adapted(str(error)):
                    if _names(str(error), "response_format", "json_schema", "tools", "tool_choice", "json_object"):
                        raise _NotSupported from error
                    raise
        raise ModelMisconfigured("the server refuses our requests")

    def _adapted(self, complaint: str) -> bool:
        if _names(complaint, "temperature") and self._temperature:
            self._temperature = {}
            return True
        if _names(complaint, "max_completion_tokens") and self._limit_name == "max_completion_tokens":
            self._limit_name = "max_tokens"
            return True
        return False


class _NotSupported(Exception):
    """The server does not know this way to plan."""


def _messages(system: str, user: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _names(complaint: str, *words: str) -> bool:
    return any(word in complaint for word in words)
