"""What the tests of calls share: actions, doubles of the ports, and servers on loopback that answer as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiohttp import web

from bot.actions.addresses import AddressGuard
from bot.actions.api_call import ApiCallExecutor, open_session
from bot.domain.action import ActionSpec, Effect, HttpCall, NamedOutcome, Parameter, ParameterType, PythonCode, Value
from bot.domain.plan import ActionCall
from bot.domain.run import ActionResult, Asker
from bot.errors import SecretError
from bot.ports import Emit, Given, SandboxJob, SandboxResult

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
LOCAL = ("127.0.0.1",)
"""The allow-list that lets tests reach their own servers."""
ALEX = Asker("alex@acme.example", "Alex Morgan", "Support,Everyone")
GIVEN = Given("run-1", ALEX)
KEYED = Given("run-1", ALEX, "key-1")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def quiet(_piece: str) -> None:
    """An ``Emit`` for those who do not watch."""


class FakeSecrets:
    """``ports.Secrets`` over a mapping."""

    def __init__(self, values: Mapping[str, str] | None = None, *, unreadable: bool = False) -> None:
        self.values = dict(values or {})
        self.unreadable = unreadable

    async def reveal(self, names: Sequence[str]) -> Mapping[str, str]:
        if self.unreadable:
            raise SecretError("the master key does not fit")
        return {name: self.values[name] for name in names if name in self.values}


class FakeSandbox:
    """``ports.Sandbox`` that gives one result, or raises, and keeps the jobs it was given."""

    def __init__(self, answer: SandboxResult | Exception) -> None:
        self.answer = answer
        self.jobs: list[SandboxJob] = []

    async def run(self, job: SandboxJob, emit: Emit) -> SandboxResult:
        self.jobs.append(job)
        if isinstance(self.answer, Exception):
            raise self.answer
        await emit(self.answer.output)
        return self.answer


def parameter(name: str, kind: ParameterType = ParameterType.STRING) -> Parameter:
    return Parameter(name, kind, f"The {name}")


def api_action(
    work: HttpCall,
    *parameters: str,
    secrets: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
    outcomes: Sequence[NamedOutcome] = (),
) -> ActionSpec:
    effect = Effect.READ if work.method == "GET" else Effect.WRITE
    return ActionSpec(
        slug="look-up",
        name="Look-up",
        condition="When asked",
        effect=effect,
        work=work,
        parameters=tuple(map(parameter, parameters)),
        secrets=tuple(secrets),
        variables=variables or {},
        outcomes=tuple(outcomes),
    )


def python_action(code: str = "print(1)", **more: object) -> ActionSpec:
    return ActionSpec("script", "Script", "When asked", Effect.READ, PythonCode(code, 5.0), **more)  # type: ignore[arg-type]  # passed on by name


def call_of(spec: ActionSpec, **arguments: Value) -> ActionCall:
    return ActionCall("call-1", spec, arguments)


@dataclass(slots=True)
class Seen:
    """One request as a server saw it."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Service:
    """A server on loopback and all that it was asked."""

    port: int
    seen: list[Seen] = field(default_factory=list)

    def at(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def service(handler: Handler) -> AsyncIterator[Service]:
    """An HTTP server that keeps every request and answers by ``handler``."""
    here = Service(0)

    async def keeping(request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        here.seen.append(Seen(request.method, request.raw_path, headers, await request.read()))
        return await handler(request)

    app = web.Application(client_max_size=1 << 26)
    app.router.add_route("*", "/{rest:.*}", keeping)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    here.port = runner.addresses[0][1]
    try:
        yield here
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_service(talk: Talk) -> AsyncIterator[Service]:
    """A TCP server that says what ``talk`` says, HTTP or not, and counts connections in ``seen``."""
    here = Service(0)

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here.seen.append(Seen("", "", {}, b""))
        try:
            await talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    async with server:
        yield here


@asynccontextmanager
async def executor(
    *,
    internal: Sequence[str] = LOCAL,
    secrets: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
) -> AsyncIterator[ApiCallExecutor]:
    """The real executor over a real session."""
    guard = AddressGuard(internal)
    async with open_session(guard) as session:
        yield ApiCallExecutor(session, guard, FakeSecrets(secrets), variables or {}, "desk", lambda: START)


async def run(
    spec: ActionSpec, *, given: Given = GIVEN, secrets: Mapping[str, str] | None = None, **arguments: Value
) -> ActionResult:
    """One call through a fresh executor."""
    async with executor(secrets=secrets) as api:
        return await api.execute(call_of(spec, **arguments), given, quiet)
