"""Runs the web chat and the terminal prompt side by side until one of them ends."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass

import typer

from bot.app import Service
from bot.deliveries import open_postbox
from bot.domain.message import ConversationId, Platform
from bot.domain.person import Sender
from bot.errors import ConfigError, ModelError, SandboxError
from bot.gateways import Gateway, Linked, open_discord, open_linking, open_slack
from bot.operations import Operations, own_port, watched
from bot.records import database_file
from bot.storage.occupancy import only_server
from bot.telemetry.lag import watch_loop
from bot.timekeeping import keep_time, open_firing
from bot.upkeep import go_on, keep_up, start_set_apart
from bot.web_api import open_api, take_calls


@dataclass(frozen=True, slots=True)
class Faces:
    """What of the service people meet in this process."""

    web: bool = True
    prompt: bool = False
    platforms: bool = True
    works: bool = True
    """Whether it does kept jobs; without, other processes do."""

    @property
    def hear(self) -> bool:
        """Whether anything reaches this process; without, it only does what others kept."""
        return self.web or self.platforms


async def serve(service: Service, faces: Faces) -> None:
    """Serve until a signal comes or the prompt ends."""
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with AsyncExitStack() as stack:
        if not service.settings.database_url.get_secret_value():
            stack.enter_context(only_server(database_file(service.settings)))
        gateways = await _gateways(service, faces, stack)
        ears = gateways if faces.hear else []
        postbox = open_postbox(service, gateways)
        open_firing(service, postbox)
        take_calls(service, postbox)
        linked = await stack.enter_async_context(open_linking(service)) if faces.web else None
        operations = _watched(service, ears)
        address = await _open_web(service, faces, gateways, linked, operations, stack)
        stack.enter_context(start_set_apart())
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(service.records.catalogue.watch(stop))
        group.create_task(keep_up(service, stop, [each.expire for each in ears]))
        if faces.works:
            jobs, schedules = service.work.dispatcher.run(stop), keep_time(service, stop)
            operations.health.watch_task("jobs", group.create_task(jobs))
            operations.health.watch_task("schedules", group.create_task(schedules))
        for gateway in ears:
            group.create_task(gateway.line.run(stop))
            typer.echo(f"Listening to {gateway.name.capitalize()}.")
        typer.echo(await _welcome(service, address))
        if service.settings.openai_api_key.get_secret_value():
            group.create_task(_tell_model(service))
        service.sandbox.prepare(await service.modules())
        keeping = group.create_task(service.sandbox.keep_warm())
        if faces.prompt:
            talking = group.create_task(_talk_until(service, stop))
            talking.add_done_callback(lambda _: stop.set())
        lagging = group.create_task(watch_loop(service.metrics, time.monotonic))
        resuming = group.create_task(go_on(service))
        await stop.wait()
        operations.health.draining = True
        for task in (lagging, keeping, resuming):
            task.cancel()


async def _gateways(service: Service, faces: Faces, stack: AsyncExitStack) -> list[Gateway]:
    """The lines that are configured and that this process hears by, or only answers by.

    Slack's events over HTTP need the web.
    """
    settings, found = service.settings, list[Gateway]()
    over_http = not settings.slack_app_token.get_secret_value()
    if settings.slack_is_set and (not faces.hear or (faces.web if over_http else faces.platforms)):
        found.append(await stack.enter_async_context(open_slack(service)))
    if settings.discord_is_set and (not faces.hear or faces.platforms):
        found.append(await stack.enter_async_context(open_discord(service)))
    return found


def _watched(service: Service, gateways: Sequence[Gateway]) -> Operations:
    operations = watched(service.records, service.metrics)
    for gateway in gateways:
        operations.health.watch(gateway.name, gateway.works, f"{gateway.name.capitalize()} is not connected")
    return operations


async def _open_web(
    service: Service, faces: Faces, gateways: Sequence[Gateway], linked: Linked | None, operations: Operations,
    stack: AsyncExitStack,
) -> str:  # fmt: skip
    """The web chat with the operators' pages, else these alone where they have a port; the web chat's address."""
    if faces.web:
        return await stack.enter_async_context(_listening(service, gateways, linked, operations))
    port = await stack.enter_async_context(own_port(service.records, operations))
    if port is not None:
        typer.echo(f"Health and measures at http://{service.settings.metrics_host}:{port}")
    return ""


async def talk_alone(service: Service, person: Sender, conversation: str | None) -> None:
    """A conversation in the terminal until it ends or is interrupted while nothing runs."""

    def end() -> None:
        talking.cancel()

    talking = asyncio.ensure_future(talk(service, person, conversation, end))
    with suppress(asyncio.CancelledError):
        await talking


async def talk(service: Service, person: Sender, conversation: str | None, end: Callable[[], object]) -> None:
    """A conversation in the terminal. Ctrl-C stops what runs, else it calls ``end``."""
    from bot.adapters.terminal import TerminalChat

    place = ConversationId(Platform.TERMINAL, conversation or service.new_id())
    chat = TerminalChat(service.engine, person, place, service.clock, service.new_id, lambda: _listed(service))

    async def interrupted() -> None:
        if not await chat.interrupt():
            end()

    if sys.stdin.isatty():
        typer.echo("Ask anything. /help tells more.")
    async with asyncio.TaskGroup() as group:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, lambda: group.create_task(interrupted()))
        await chat.talk(_line_reader())


async def _talk_until(service: Service, stop: asyncio.Event) -> None:
    talking = asyncio.ensure_future(talk(service, service.person, None, stop.set))
    stopping = asyncio.ensure_future(stop.wait())
    done, pending = await asyncio.wait({talking, stopping}, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    for task in done:
        task.result()


async def _tell_model(service: Service) -> None:
    """Tried beside everything else: a model that is slow or gone must not hold up the start."""
    try:
        typer.echo(f"Language model: {await service.probe()}")
    except ModelError as error:
        typer.echo(f"Language model: {error}")


@asynccontextmanager
async def _listening(
    service: Service, gateways: Sequence[Gateway], linked: Linked | None, operations: Operations
) -> AsyncIterator[str]:
    from aiohttp import web

    from bot.adapters.webchat import WebChat
    from bot.dashboard.patience import PatientRunner

    settings = service.settings
    token = settings.token.get_secret_value()
    if not token and not _is_loopback(settings.host):
        raise ConfigError([f"DESKHAND_TOKEN: set a token before listening on {settings.host}, as others can reach it"])
    redeem = linked.redeem if linked else None
    chat = WebChat(service.engine, service.person, service.clock, service.new_id, service.suggestions, token, redeem)
    application = chat.application()
    for gateway in gateways:
        application.add_routes(gateway.routes)
    application.add_routes(linked.routes if linked else ())
    application.add_routes(operations.pages.routes())
    api = open_api(service)
    application.add_routes(api.routes)
    application.on_shutdown.append(lambda _: api.close())
    runner = PatientRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, settings.host, settings.port)
    try:
        await site.start()
        port = runner.addresses[0][1]
        yield f"http://{'[' + settings.host + ']' if ':' in settings.host else settings.host}:{port}"
    except OSError as error:
        mend = "another program uses it; choose another with --port"
        raise ConfigError([f"DESKHAND_PORT: cannot listen on {settings.host}:{settings.port}: {mend}"]) from error
    finally:
        await runner.cleanup()


async def _welcome(service: Service, address: str) -> str:
    states = await service.records.catalogue.states()
    enabled = sum(state.enabled for state in states)
    lines = [f"Deskhand answers at {address}"] if address else []
    lines += [f"{enabled} of {len(states)} actions enabled."]
    lines += [f"  off: {state.spec.slug} ({state.reason})" for state in states if not state.enabled]
    lines += [str(fault) for fault in service.records.catalogue.faults]
    if not service.settings.openai_api_key.get_secret_value():
        lines.append("Offline mode: no language model is set (OPENAI_API_KEY), questions are matched by rules.")
    lines += service.notices
    try:
        await service.sandbox.reap()
    except SandboxError as error:
        lines.append(str(error))
    return "\n".join(lines)


async def _listed(service: Service) -> str:
    states = await service.records.catalogue.states()
    return "\n".join(f"{'✓' if state.enabled else '–'} {state.spec.name}: {state.spec.condition}" for state in states)


def _line_reader() -> Callable[[], Awaitable[str | None]]:
    """Lines of standard input, read in a thread that does not keep the program alive."""
    loop = asyncio.get_running_loop()

    def deliver(future: asyncio.Future[str | None], line: str | None) -> None:
        if not future.done():
            future.set_result(line)

    def read(future: asyncio.Future[str | None]) -> None:
        try:
            line: str | None = input("you › ") if sys.stdin.isatty() else (sys.stdin.readline() or None)
        except (EOFError, OSError, ValueError):
            line = None
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(deliver, future, line)

    async def next_line() -> str | None:
        future: asyncio.Future[str | None] = loop.create_future()
        threading.Thread(target=read, args=(future,), daemon=True).start()
        return await future

    return next_line


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
