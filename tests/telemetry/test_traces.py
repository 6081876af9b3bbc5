"""Traces as a collector receives them: OTLP over HTTP, decoded from the wire."""

from __future__ import annotations

import gzip
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog
from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from bot.app import open_service
from bot.errors import ModelUnavailable
from bot.telemetry import configure_logs
from bot.telemetry.traces import ENDPOINT, TracedModel, Traces, open_traces
from tests.acceptance.conftest import Person, settings
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai.server import KEY

SECRET_WORDS = "parcel for my aunt"
ORDER = {"calls": [{"action": "order-status", "arguments": {"order_id": "12345"}}]}


class Collector:
    """Keeps the spans it is sent, by name."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.received = b""

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    async def export(self, request: web.Request) -> web.Response:
        body = await request.read()
        if request.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.received += body
        sent = ExportTraceServiceRequest.FromString(body)
        self.spans += [span for r in sent.resource_spans for s in r.scope_spans for span in s.spans]
        answer = ExportTraceServiceResponse().SerializeToString()
        return web.Response(body=answer, content_type="application/x-protobuf")


@pytest.fixture
async def collector(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Collector]:
    """Listens where the environment says that traces go."""
    found, app = Collector(), web.Application()
    app.router.add_post("/v1/traces", found.export)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv(ENDPOINT, f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield found
    await runner.cleanup()


@pytest.fixture
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def put_back_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def attributes(span: Span) -> dict[str, object]:
    return {each.key: each.value.int_value or each.value.string_value for each in span.attributes}


@pytest.mark.usefixtures("quiet_environment")
async def test_a_turn_is_one_trace_with_its_questions_to_the_model_and_its_runs(
    collector: Collector, tmp_path: Path
) -> None:
    async with OpenAISimulator() as sim:
        sim.plan_with(ORDER)
        given = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": sim.base_url, "plan_mode": "schema", "OPENAI_MODEL": "sim"}
        async with open_service(settings(tmp_path, sandbox="off", **given)) as service:
            reply = await Person(service).say(f"Where is order 12345, the {SECRET_WORDS}?")

    assert [used.action for used in reply.used] == ["order-status"]
    (turn,) = collector.named("invoke_agent deskhand")
    planned, written = sorted(collector.named("chat sim"), key=lambda span: span.start_time_unix_nano)
    (ran,) = collector.named("execute_tool order-status")
    assert {span.trace_id for span in (planned, ran, written)} == {turn.trace_id}
    assert {span.parent_span_id for span in (planned, ran, written)} == {turn.span_id}
    assert attributes(turn)["gen_ai.conversation.id"] == "web:room:"
    assert attributes(planned) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "sim",
        "gen_ai.usage.input_tokens": 1,
        "gen_ai.usage.output_tokens": 1,
    }
    assert attributes(ran)["gen_ai.tool.name"] == "order-status"


@pytest.mark.usefixtures("quiet_environment")
async def test_no_words_of_people_and_no_secret_are_in_a_trace(collector: Collector, tmp_path: Path) -> None:
    async with open_service(settings(tmp_path, sandbox="off")) as service:
        await Person(service).say(f"Where is my order #12345, the {SECRET_WORDS}?")
        secrets = await service.records.vault.reveal(["SHIPPO_API_KEY"])

    assert collector.spans
    assert SECRET_WORDS.encode() not in collector.received
    assert secrets["SHIPPO_API_KEY"].encode() not in collector.received


async def test_what_fails_is_marked_by_its_kind_alone(collector: Collector) -> None:
    class Broken:
        async def plan(self, *_: object) -> None:
            raise ModelUnavailable(SECRET_WORDS)

    async with open_traces({ENDPOINT: _address()}) as traces:
        assert traces
        with pytest.raises(ModelUnavailable):
            await TracedModel(Broken(), traces, "sim").plan(None, ())  # type: ignore[arg-type]

    (span,) = collector.named("chat sim")
    assert span.status.code == 2
    assert attributes(span)["error.type"] == "ModelUnavailable"
    assert SECRET_WORDS.encode() not in collector.received


@pytest.mark.usefixtures("put_back_logs", "collector")
async def test_log_lines_name_the_trace_they_belong_to() -> None:
    stream = io.StringIO()
    configure_logs("info", stream)
    async with open_traces({ENDPOINT: _address()}) as traces:
        assert isinstance(traces, Traces)
        with traces.span("chat", "sim", {}) as span:
            logging.getLogger("tests.traces").info("inside")
            trace = f"{span.get_span_context().trace_id:032x}"
    logging.getLogger("tests.traces").info("outside")

    inside, outside = (
        json.loads(line) for line in stream.getvalue().splitlines() if '"inside"' in line or '"outside"' in line
    )
    assert inside["trace_id"] == trace
    assert "trace_id" not in outside


async def test_without_a_receiver_there_are_no_traces() -> None:
    async with open_traces({}) as traces:
        assert traces is None


def _address() -> str:
    import os

    return os.environ[ENDPOINT]
