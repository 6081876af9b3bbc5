"""A language model behind any OpenAI-compatible server: ``ports.LanguageModel`` on chat completions."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import openai

from bot.domain.action import ActionSpec, Effect, HttpCall
from bot.domain.plan import Draft, Proposal
from bot.domain.run import ActionResult
from bot.domain.turn import Context
from bot.errors import InvalidPlan, ModelMisconfigured, ModelRefused, ModelUnavailable
from bot.llm.plan_schema import calls_in_text, plan_schema, read_plan, read_tool_calls, tools_of
from bot.llm.prompts import answer_request, plan_request, planner_prompt, writer_prompt
from bot.llm.wire import repeated, translated
from bot.ports import Composition, Emit, Meters, Unmeasured

log = logging.getLogger(__name__)

MODES = ("schema", "tools", "json")
"""The ways to ask for a plan, best first."""
PING = ActionSpec("ping", "Ping", "When the user says ping", Effect.READ, HttpCall("GET", "https://ping.example"))
"""A harmless action to plan with when a server is tried."""
_WAYS = ("response_format", "json_schema", "json_object", "tools", "tool_choice")
"""What a server that does not know a way to plan names in its complaint."""
PLAN_TOKENS = 1_500
ANSWER_TOKENS = 2_000


class OpenAIModel:
    """One model on one server. ``mode`` is one of ``MODES`` or ``auto``; close it when done."""

    def __init__(
        self,
        key: str,
        base_url: str,
        model: str,
        mode: str = "auto",
        timeout_seconds: float = 25.0,
        meters: Meters | None = None,
    ) -> None:
        self._client = openai.AsyncOpenAI(
            api_key=key, base_url=base_url or None, timeout=timeout_seconds, max_retries=0
        )
        self._model = model
        self._modes = list(MODES if mode == "auto" else (mode,))
        self._budget = 2 * timeout_seconds + 5
        self._dialect = _Dialect()
        self._meters = meters or Unmeasured()

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
        if not actions:
            return Draft((), self.name, by_model=True)
        while True:
            mode = self._modes[0]
            try:
                async with self._in_time():
                    proposals = await self._planned(mode, context, actions)
                return Draft(proposals, f"{self._model} ({mode})", by_model=True)
            except _NotSupported as error:
                self._give_up(mode, error)

    async def compose(
        self, context: Context, results: Sequence[ActionResult], capabilities: Sequence[str], emit: Emit
    ) -> Composition:
        """Stream the answer. No actions are offered, so nothing in a result can start one."""
        messages = _messages(writer_prompt(capabilities), answer_request(context, results))
        pieces: list[str] = []
        async with self._in_time(), aclosing(self._written(messages)) as written:
            async for piece in written:
                pieces.append(piece)
                await emit(piece)
        text = "".join(pieces).strip()
        if not text:
            raise ModelUnavailable("the language model wrote nothing")
        return Composition(text, self.name)

    async def close(self) -> None:
        """Close its connections."""
        await self._client.close()

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        """Bounds one whole piece of work, its repeats included. A time-out of somebody else passes as it is."""
        try:
            async with asyncio.timeout(self._budget) as limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise ModelUnavailable("the language model took too long") from error

    def _give_up(self, mode: str, error: Exception) -> None:
        """Plans are made side by side, so another one may have given this way up already."""
        if self._modes[0] != mode:
            return
        if len(self._modes) == 1:
            raise ModelUnavailable("the server knows no way to plan that we know") from error
        log.warning("plan mode %s is not supported, using %s", self._modes.pop(0), self._modes[0])

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
        try:
            return _called(await self._message(messages, tools=tools), names)
        except InvalidPlan as wrong:
            repair = f"Your last calls could not be read: {wrong}. Call the functions again, each with a JSON object."
            turns = [*messages, {"role": "user", "content": repair}]
            return _called(await self._message(turns, tools=tools), names)

    async def _text(self, messages: list[dict[str, str]], **form: Any) -> str:
        return (await self._message(messages, **form)).content or ""

    async def _message(self, messages: list[dict[str, str]], **form: Any) -> Any:
        async with translated():
            answer = await self._ask(messages, PLAN_TOKENS, **form)
        self._count(answer)
        choices = getattr(answer, "choices", None)
        if not choices or choices[0].message is None:
            raise InvalidPlan("the answer is empty")
        message = choices[0].message
        _refuse(getattr(message, "refusal", None), choices[0].finish_reason)
        return message

    async def _written(self, messages: list[dict[str, str]]) -> AsyncGenerator[str, None]:
        """The pieces of an answer as they come."""
        async with translated(), await self._ask(messages, ANSWER_TOKENS, stream=True) as stream:
            async for chunk in stream:
                self._count(chunk)
                for choice in chunk.choices[:1]:
                    _refuse(getattr(choice.delta, "refusal", None), choice.finish_reason)
                    if choice.delta.content:
                        yield choice.delta.content

    def _count(self, answer: Any) -> None:
        """What the server says it used; some tell nothing, and of a stream at most the last piece does."""
        if usage := getattr(answer, "usage", None):
            self._meters.read_tokens(self._model, usage.prompt_tokens or 0, usage.completion_tokens or 0)

    async def _ask(self, messages: list[dict[str, str]], tokens: int, **form: Any) -> Any:
        """One request; a parameter that the server names as unknown is left out from then on."""
        create: Any = self._client.chat.completions.create
        for _ in range(3):
            dialect = self._dialect
            request = {"model": self._model, "messages": messages, **dialect.parameters(tokens), **form}
            try:
                return await repeated(partial(create, **request))
            except openai.BadRequestError as error:
                complaint = str(error)
                adapted = dialect.without(complaint)
                if adapted != dialect:
                    self._dialect = adapted
                elif form.keys() & {"tools", "response_format"} and _names(complaint, *_WAYS):
                    raise _NotSupported from error
                else:
                    raise
        raise ModelMisconfigured("the server refuses our requests")


@dataclass(frozen=True, slots=True)
class _Dialect:
    """The optional parameters that this server takes. Frozen, as questions asked side by side share it."""

    limit_name: str = "max_completion_tokens"
    temperature: bool = True

    def parameters(self, tokens: int) -> dict[str, Any]:
        return {self.limit_name: tokens, **({"temperature": 0} if self.temperature else {})}

    def without(self, complaint: str) -> _Dialect:
        """The next try after a complaint; the same one when it is about something else."""
        if self.temperature and "temperature" in complaint:
            return replace(self, temperature=False)
        if self.limit_name == "max_completion_tokens" and self.limit_name in complaint:
            return replace(self, limit_name="max_tokens")
        return self


class _NotSupported(Exception):
    """The server does not know this way to plan."""


def _called(message: Any, names: Mapping[str, str]) -> tuple[Proposal, ...]:
    """The calls of a message; some servers write them as text, which is read where no native call is there."""
    calls = [(c.function.name, c.function.arguments or "") for c in message.tool_calls or () if c.type == "function"]
    return read_tool_calls(calls, names) if calls else calls_in_text(message.content or "", names)


def _refuse(refusal: str | None, finish_reason: str | None) -> None:
    if refusal:
        raise ModelRefused(refusal)
    if finish_reason == "content_filter":
        raise ModelRefused("its content filter stopped the answer")


def _messages(system: str, user: str) -> list[dict[str, str]]:
    return [{"role": "system", "content": system}, {"role": "user", "content": user}]


def _names(complaint: str, *words: str) -> bool:
    return any(word in complaint for word in words)
