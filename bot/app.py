"""The composition root: builds every part, starts and stops them. The only file that knows them all."""

from __future__ import annotations

import platform
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.actions.catalogue import fingerprint
from bot.conversation.approval import Approvals
from bot.conversation.composer import Composer
from bot.conversation.context import ContextBuilder
from bot.conversation.engine import Engine, Parts
from bot.conversation.errands import ErrandRunner
from bot.conversation.intake import Intake
from bot.conversation.ledger import Ledger
from bot.conversation.planner import Planner
from bot.conversation.run_desk import Desk
from bot.conversation.runner import Runner
from bot.conversation.stopping import Stopping
from bot.conversation.values import coerced
from bot.domain.action import ActionSpec, PythonCode, Value
from bot.domain.errand import Errand
from bot.domain.message import Origin
from bot.domain.person import Sender
from bot.domain.run import ActionResult
from bot.errors import ConfigError
from bot.observing import Observing, observing
from bot.ports import Emit, Executor, LanguageModel, Meters, Unmeasured
from bot.records import Records, new_id, open_records, utc_now
from bot.schedules import Timetable
from bot.settings import SandboxKind, Settings, environment
from bot.telemetry import configure_logs
from bot.telemetry.metrics import Metrics
from bot.work import Work, open_work

if TYPE_CHECKING:
    from bot.sandbox.house import Endpoint, House
    from demo.world import World

DEMO_NOTICE = "Demo data: actions call a stand-in on this machine, not your services."


@dataclass(frozen=True, slots=True)
class Service:
    """Everything, running."""

    records: Records
    engine: Engine
    stopping: Stopping
    model: LanguageModel
    person: Sender
    sandbox: House
    notices: tuple[str, ...]
    metrics: Metrics
    errands: ErrandRunner
    runs: Desk
    work: Work
    """Kept jobs: parts that take some in add their handlers before it runs."""

    @property
    def settings(self) -> Settings:
        return self.records.settings

    def clock(self) -> datetime:
        return utc_now()

    def new_id(self) -> str:
        return new_id()

    async def suggestions(self) -> Sequence[str]:
        """A few questions that the enabled actions answer."""
        states = [state for state in await self.records.catalogue.states() if state.enabled and state.spec.examples]
        return [state.spec.examples[0] for state in states][:6]

    async def modules(self) -> Sequence[str]:
        """What the enabled scripts import."""
        from bot.actions.code_check import read_code

        works = [state.spec.work for state in await self.records.catalogue.states() if state.enabled]
        codes = [read_code(work.code) for work in works if isinstance(work, PythonCode)]
        return list(dict.fromkeys(module for code in codes for module in code.modules if module not in ("os", "sys")))

    async def probe(self) -> str:
        """Have a harmless plan made, so that the way to ask is settled at the start; tells it, or what is wrong."""
        from bot.domain.turn import Context
        from bot.llm.openai_model import PING

        draft = await self.model.plan(Context("probe", "ping", self.person.id, "", utc_now()), [PING])
        return ". ".join((draft.mode, *draft.notices))

    async def run_by_hand(self, spec: ActionSpec, given: Mapping[str, str], person: Sender) -> ActionResult:
        """Run one action now with given values (F161, F171). Raises ConfigError for values that do not fit."""
        values = _typed(spec, given)

        async def unwatched(_: object) -> None:
            """Nobody looks on."""

        return await self.errands.run(Errand(new_id(), spec.slug, values, Origin.MANUAL, person), unwatched)


@asynccontextmanager
async def open_service(settings: Settings) -> AsyncIterator[Service]:
    """Build and start everything; stop it in reverse order at the end."""
    from bot.actions.addresses import AddressGuard
    from bot.actions.api_call import ApiCallExecutor, open_session
    from bot.actions.executor import ActionExecutor
    from bot.actions.python_code import PythonCodeExecutor

    async with AsyncExitStack() as stack:
        observed = await stack.enter_async_context(observing(environment()))
        sandbox, metrics = open_sandbox(settings), observed.metrics
        stack.push_async_callback(sandbox.close)
        world = await stack.enter_async_context(_demo_world(settings, sandbox)) if settings.demo else None
        records = await stack.enter_async_context(open_records(settings, world))
        guard = _guard([*settings.internal_hosts, *(world.addresses if world else ())], AddressGuard)
        session = await stack.enter_async_context(open_session(guard))
        slug, variables = settings.guru_slug, records.variables
        api = ApiCallExecutor(session, guard, records.vault, variables, slug, utc_now)
        python = PythonCodeExecutor(observed.sandbox(sandbox), records.vault, variables, slug, utc_now)
        asked = await stack.enter_async_context(open_model(settings, metrics))
        model = observed.model(asked, settings.model if settings.openai_api_key.get_secret_value() else "")
        executor = observed.executor(ActionExecutor(api, python, variables, slug))
        notices = (DEMO_NOTICE,) if world else ()
        heart = _heart(records, observed, executor, model, notices)
        url, person = settings.database_url.get_secret_value(), person_of(settings, world)
        work = await stack.enter_async_context(open_work(url, records.storage.inbox, utc_now, metrics))
        engine, stopping, errands, desk = heart
        yield Service(records, engine, stopping, model, person, sandbox, notices, metrics, errands, desk, work)


def _heart(
    records: Records, observed: Observing, executor: Executor, model: LanguageModel, notices: Sequence[str]
) -> tuple[Engine, Stopping, ErrandRunner, Desk]:
    """The line from message to reply, and the doors beside it that lead to the same runner."""
    from bot.llm.offline.dates import read_dates
    from bot.llm.shortlist import LexicalShortlist

    storage, catalogue, masking, metrics = records.storage, records.catalogue, records.masking, observed.metrics
    runner = Runner(executor, storage.runs, storage.audit, storage.run_log, utc_now, metrics)
    stopping = Stopping(runner.live, storage.runs, storage.turns, storage.audit, utc_now)
    approvals = Approvals(storage.approvals, storage.audit, fingerprint, utc_now, new_id)
    ledger = Ledger(storage.journals, storage.runs, runner, approvals)
    engine = observed.engine(
        Parts(
            intake=Intake(storage.turns, masking, new_id),
            contexts=ContextBuilder(storage.turns),
            catalogue=catalogue,
            planner=Planner(model, LexicalShortlist(), read_dates, new_id),
            approvals=approvals,
            runner=runner,
            stopping=stopping,
            ledger=ledger,
            composer=Composer(model, notices),
            turns=storage.turns,
            runs=storage.runs,
            opinions=storage.feedback,
            masking=masking,
            clock=utc_now,
            schedules=Timetable(records).lines,
        )
    )
    errands = ErrandRunner(catalogue, masking, storage.runs, ledger, runner, utc_now)
    desk = Desk(storage.runs, runner, ledger, catalogue, masking, storage.audit, utc_now)
    return engine, stopping, errands, desk


@asynccontextmanager
async def open_model(settings: Settings, meters: Meters | None = None) -> AsyncIterator[LanguageModel]:
    """The language model with rules behind it, or rules alone when no key is set."""
    from bot.llm.offline.encoder import installed
    from bot.llm.offline.model import OfflineModel

    offline = OfflineModel(installed() if settings.encoder else None)
    key = settings.openai_api_key.get_secret_value()
    if not key:
        yield offline
        return
    from bot.llm.fallback import WithFallback
    from bot.llm.openai_model import OpenAIModel

    model = OpenAIModel(
        key, settings.openai_base_url, settings.model, settings.plan_mode.value, settings.model_timeout_seconds,
        meters or Unmeasured(),
    )  # fmt: skip
    try:
        yield WithFallback(model, offline, time.monotonic)
    finally:
        await model.close()


@asynccontextmanager
async def open_planner(settings: Settings) -> AsyncIterator[Planner]:
    """The planner alone, for evaluation: nothing is stored or run."""
    from bot.llm.offline.dates import read_dates
    from bot.llm.shortlist import LexicalShortlist

    configure_logs(settings.log_level)
    async with open_model(settings) as model:
        yield Planner(model, LexicalShortlist(), read_dates, new_id)


async def build_sandbox_image(settings: Settings, say: Emit) -> str:
    """Build the image of Python actions on every engine where its inputs changed; gives its tag."""
    from bot.sandbox.image import build_image

    tags = [
        await build_image(settings.sandbox_image, host, say, settings.docker_cert_path)
        for host in settings.docker_hosts
    ]
    return tags[0]


def person_of(settings: Settings, world: World | None) -> Sender:
    """The person at this terminal: as set, else the one of the demo world. The operator's word counts as proof."""
    name, email, groups = settings.user_name, settings.user_email, settings.groups
    if world and not email:
        name, email, groups = world.person.name, world.person.email, world.person.groups
    return Sender(f"terminal:{email or 'local'}", name, email, groups, verified=True)


@asynccontextmanager
async def _demo_world(settings: Settings, sandbox: House) -> AsyncIterator[World]:
    """The stand-in world, shared with another process that already serves it; containers reach it by the bridge."""
    from bot.errors import SandboxError
    from demo.world import open_world

    try:
        bridge = await sandbox.host_address()
    except SandboxError:
        bridge = ""
    async with open_world(["127.0.0.1", *([bridge] if bridge else [])], settings.demo_port, utc_now) as world:
        sandbox.allow(_endpoints(world.addresses))
        yield world


def open_sandbox(settings: Settings) -> House:
    """The place where Python actions run, as the settings say. Close it when done."""
    instance = f"{platform.node()}:{settings.data_dir.resolve()}"
    return _cluster(settings, instance) if settings.sandbox is SandboxKind.KUBERNETES else _fleet(settings, instance)


def _cluster(settings: Settings, instance: str) -> House:
    from bot.sandbox.kubernetes.cluster import Cluster
    from bot.sandbox.kubernetes.connection import Access
    from bot.sandbox.kubernetes.manifests import PodShape
    from bot.sandbox.kubernetes.sandbox import KubernetesSandbox

    access = Access(settings.kubernetes_config, settings.kubernetes_context)
    shape = PodShape(settings.kubernetes_image, settings.kubernetes_runtime_class, settings.kubernetes_pull_secret)
    cluster = Cluster(settings.kubernetes_namespace, access)
    return KubernetesSandbox(cluster, shape, instance, settings.kubernetes_start_seconds)


def _fleet(settings: Settings, instance: str) -> House:
    """The engines that the settings name; none where Python actions are switched off."""
    from bot.sandbox.docker_sandbox import Capacity, DockerSandbox
    from bot.sandbox.fleet import Fleet

    capacity = Capacity(settings.sandbox_parallel, settings.sandbox_waiting, settings.sandbox_waiting_most)
    sandboxes = [
        DockerSandbox(
            settings.sandbox_image,
            instance,
            host,
            certificates=settings.docker_cert_path,
            capacity=capacity,
            inside=_endpoints(settings.internal_hosts),
            filtered=settings.sandbox_egress == "filtered",
        )
        for host in (settings.docker_hosts if settings.sandbox is SandboxKind.DOCKER else ())
    ]
    return Fleet(sandboxes, time.monotonic)


def _endpoints(entries: Sequence[str]) -> list[Endpoint]:
    """What of the allowed internal addresses a container could reach."""
    from bot.sandbox.egress import endpoint

    return [found for entry in entries if (found := endpoint(entry))]


def _guard(entries: Sequence[str], guard: type[AddressGuard]) -> AddressGuard:
    try:
        return guard(entries)
    except ValueError as error:
        raise ConfigError([f"DESKHAND_INTERNAL_HOSTS: {error}; use an address, address:port or network"]) from error


def _typed(spec: ActionSpec, given: Mapping[str, str]) -> dict[str, Value]:
    faults, values = [], {p.name: p.default for p in spec.parameters if p.default is not None}
    for name, text in given.items():
        parameter = spec.parameter(name)
        value = coerced(parameter, text) if parameter else None
        if value is None:
            known = ", ".join(p.name for p in spec.parameters) or "none"
            wanted = f"it must be a {parameter.type.value}" if parameter else f"the parameters are: {known}"
            faults.append(f"-p {name}={text}: {wanted}")
        else:
            values[name] = value
    faults += [f"-p {p.name}=… is missing" for p in spec.parameters if p.required and p.name not in values]
    if faults:
        raise ConfigError(faults)
    return values


if TYPE_CHECKING:
    from bot.actions.addresses import AddressGuard
