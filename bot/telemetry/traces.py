"""Traces by OpenTelemetry: a turn, and in it what the model was asked and what actions did. Never any text of people.

The extra ``traces`` brings the libraries; they are imported only where ``OTEL_EXPORTER_OTLP_ENDPOINT`` is set.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from bot.conversation.engine import Engine, Parts
from bot.domain.action import ActionSpec
from bot.domain.message import Message, Reply
from bot.domain.person import Sender
from bot.domain.plan import ActionCall, Draft
from bot.domain.run import ActionResult
from bot.domain.turn import Context
from bot.errors import ConfigError
from bot.ports import Composition, Emit, Executor, Given, LanguageModel, Watch
from bot.telemetry import genai
from bot.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
"""Where traces go; without it there are none."""
SERVICE = "deskhand"


class Traces:
    """Begins spans. What ends by an exception says so by its kind, without the words, which may be private."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer(SERVICE)

    @contextmanager
    def span(self, operation: str, subject: str, attributes: Mapping[str, str]) -> Iterator[Span]:
        """One piece of work, inside the one that is under way."""
        named = {genai.OPERATION: operation, **attributes}
        with self._tracer.start_as_current_span(
            f"{operation} {subject}", attributes=named, record_exception=False, set_status_on_exception=False
        ) as span:
            try:
                yield span
            except BaseException as error:
                failed(span, type(error).__name__)
                raise


@asynccontextmanager
async def open_traces(environment: Mapping[str, str]) -> AsyncIterator[Traces | None]:
    """Traces, if the environment names a receiver; what waits is sent at the end. Raises ConfigError."""
    if not environment.get(ENDPOINT):
        yield None
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise ConfigError([f"{ENDPOINT}: install the extra for it: pip install 'deskhand[traces]'"]) from error
    address = environment[ENDPOINT].rstrip("/") + "/v1/traces"
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(address)))
    try:
        yield Traces(provider)
    finally:
        await asyncio.to_thread(provider.shutdown)  # it sends, and waits for it


class TracedEngine(Engine):
    """The engine with a span around each turn."""

    def __init__(self, parts: Parts, traces: Traces) -> None:
        super().__init__(parts)
        self._traces = traces

    async def handle(self, message: Message, watch: Watch) -> Reply:
        """Answer one message, traced."""
        with self._turn(str(message.conversation)):
            return await super().handle(message, watch)

    async def decide(
        self, approval_id: str, approved: bool, by: Sender, watch: Watch, at: datetime | None = None
    ) -> Reply:
        """Carry out or drop what waits, traced."""
        with self._turn(""):
            return await super().decide(approval_id, approved, by, watch, at)

    @contextmanager
    def _turn(self, conversation: str) -> Iterator[None]:
        about = {genai.AGENT: SERVICE, **({genai.CONVERSATION: conversation} if conversation else {})}
        with self._traces.span(genai.INVOKE_AGENT, SERVICE, about):
            yield


class TracedExecutor:
    """``Executor`` with a span around each call."""

    def __init__(self, executor: Executor, traces: Traces) -> None:
        self._executor = executor
        self._traces = traces

    def idempotency_key(self, call: ActionCall, given: Given) -> str:
        """As the executor does."""
        return self._executor.idempotency_key(call, given)

    async def execute(self, call: ActionCall, given: Given, emit: Emit) -> ActionResult:
        """Run it, traced; a result that is no success marks its span."""
        slug = call.spec.slug
        with self._traces.span(genai.EXECUTE_TOOL, slug, {genai.TOOL: slug, genai.TOOL_CALL: given.run_id}) as span:
            result = await self._executor.execute(call, given, emit)
            if not result.succeeded:
                failed(span, result.outcome.value)
            return result


class TracedModel:
    """``LanguageModel`` with a span around each question to it. ``name`` is the model's, empty for rules."""

    def __init__(self, model: LanguageModel, traces: Traces, name: str) -> None:
        self._model = model
        self._traces = traces
        self._subject = name or "rules"
        self._about = {genai.PROVIDER: "openai" if name else SERVICE, genai.MODEL: self._subject}

    async def plan(self, context: Context, actions: Sequence[ActionSpec]) -> Draft:
        """Plan, traced."""
        with self._traces.span(genai.CHAT, self._subject, self._about):
            return await self._model.plan(context, actions)

    async def compose(
        self, context: Context, results: Sequence[ActionResult], capabilities: Sequence[str], emit: Emit
    ) -> Composition:
        """Write, traced."""
        with self._traces.span(genai.CHAT, self._subject, self._about):
            return await self._model.compose(context, results, capabilities, emit)


class TracedMetrics(Metrics):
    """Measures that also tell the span under way what tokens it used."""

    def read_tokens(self, model: str, sent: int, written: int) -> None:
        """What one request used."""
        from opentelemetry.trace import get_current_span

        super().read_tokens(model, sent, written)
        get_current_span().set_attributes({genai.SENT_TOKENS: sent, genai.WRITTEN_TOKENS: written})


def failed(span: Span, kind: str) -> None:
    """Mark a span as failed."""
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR)
    span.set_attribute(genai.ERROR, kind)
