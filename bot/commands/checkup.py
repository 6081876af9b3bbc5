"""``doctor``: what works, what does not, and how to mend it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.entry import run
from bot.domain.finding import Finding
from bot.errors import ConfigError, DeskhandError

if TYPE_CHECKING:
    from bot.adapters.slack.installations import Safe
    from bot.records import Records
    from bot.settings import Settings


_WHERE = {"docker": "Docker Engine", "kubernetes": "Kubernetes"}
_FILTER = "Remove DESKHAND_SANDBOX_EGRESS=open."


def register(cli: typer.Typer) -> None:
    """Add this command to the command line."""
    cli.command("doctor")(doctor)


class Part(StrEnum):
    """What can be looked at alone."""

    STORE = "store"
    MODEL = "model"
    SANDBOX = "sandbox"
    SLACK = "slack"
    DISCORD = "discord"
    DEMO = "demo"


def doctor(
    part: Annotated[Part | None, typer.Argument(help="Look at this alone; at everything when left out.")] = None,
    listen: Annotated[
        float | None,
        typer.Option(
            min=1,
            max=600,
            metavar="SECONDS",
            help="With slack: try each event meanwhile, and see which Slack sends (Socket Mode).",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Check settings, store, secrets, actions, language model, Docker Engine, chat platforms and demo world.

    Exit code 1 if something that is configured does not work, or the part that was asked for is not set up.
    Examples: deskhand doctor; deskhand doctor slack; deskhand doctor slack --listen 60.
    """
    if listen and part is not Part.SLACK:
        raise typer.BadParameter("it goes with slack: deskhand doctor slack --listen 60", param_hint="--listen")
    findings = run(examine(part, listen))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    for finding in () if as_json else findings:
        mark = {"ok": "✓", "warning": "!", "problem": "✗"}[finding.state]
        typer.echo(f"{mark} {finding.part:16} {finding.text}")
        if finding.mend:
            typer.echo(f"  {'':16} → {finding.mend}")
    raise typer.Exit(any(finding.state == "problem" for finding in findings))


async def examine(part: Part | None = None, listen: float | None = None) -> list[Finding]:
    """Look at everything that is configured, or one part; what one check finds does not keep the others away.

    ``listen`` is how many seconds somebody tries the events of Slack.
    """
    from bot.settings import read_settings

    try:
        settings = read_settings()
    except ConfigError as error:
        return [
            Finding("settings", "problem", fault, "Mend it in the environment or in .env.") for fault in error.faults
        ]
    found = [Finding("settings", "ok", f"data in {settings.data_dir}, actions in {settings.actions_dir}")]
    looks = _looks(listen)
    for look in looks.values() if part is None else (looks[part],):
        found += [finding async for finding in look(settings)]
    if part and len(found) == 1:
        found.append(Finding(part, "problem", "not set up", f"See docs/guide/{part}.md."))
    return found


def _looks(listen: float | None) -> Mapping[Part, Callable[[Settings], AsyncIterator[Finding]]]:
    return {
        Part.STORE: _store_findings,
        Part.MODEL: _model_findings,
        Part.SANDBOX: _sandbox_findings,
        Part.SLACK: partial(_slack_findings, listen=listen),
        Part.DISCORD: _discord_findings,
        Part.DEMO: _demo_findings,
    }


async def _store_findings(settings: Settings) -> AsyncIterator[Finding]:
    from bot.records import open_records

    try:
        async with open_records(settings) as records:
            yield Finding("store", "ok", f"{settings.data_dir / 'deskhand.db'} opens and is up to date")
            async for finding in _records_findings(records):
                yield finding
    except DeskhandError as error:
        yield Finding("store", "problem", str(error), f"Check the folder {settings.data_dir} and its rights.")


async def _slack_findings(settings: Settings, listen: float | None) -> AsyncIterator[Finding]:
    """Tokens of several workspaces are in the store; with it closed, nothing else goes unseen."""
    if not settings.slack_is_set:
        return
    from bot.adapters.slack.checkup import examine as examine_slack
    from bot.adapters.slack.trial import Trial
    from bot.gateways import slack_config

    config, listed = slack_config(settings), _slack_channels(settings)
    trial = Trial(listen, partial(typer.echo, err=True)) if listen else None
    async with AsyncExitStack() as stack:
        safe = None
        if config.client_id:
            try:
                safe = await stack.enter_async_context(_slack_safe(settings))
            except DeskhandError as error:
                yield Finding("slack token", "problem", f"the store cannot be read: {error}", "deskhand doctor store")
        for found in await examine_slack(config, listed, safe, trial):
            yield found


@asynccontextmanager
async def _slack_safe(settings: Settings) -> AsyncIterator[Safe]:
    from bot.adapters.slack.installations import Safe
    from bot.records import open_records

    async with open_records(settings) as records:
        yield Safe(records.storage.installations, records.sealing, records.storage.claims)


def _slack_channels(settings: Settings) -> dict[str, str]:
    """Each channel that is named, with the settings that name it."""
    channels, listening, private = settings.slack_channels, settings.slack_listening, settings.slack_private
    named = {"CHANNELS": channels, "LISTENING": listening, "PRIVATE": private}
    return {
        channel: ", ".join(f"DESKHAND_SLACK_{name}" for name, those in named.items() if channel in those)
        for channel in {*channels, *listening, *private}
    }


async def _discord_findings(settings: Settings) -> AsyncIterator[Finding]:
    if not settings.discord_is_set:
        return
    from bot.adapters.discord.checkup import examine as examine_discord
    from bot.gateways import discord_config

    listed = {*settings.discord_channels, *settings.discord_listening}
    for found in await examine_discord(discord_config(settings), listed):
        yield found


async def _records_findings(records: Records) -> AsyncIterator[Finding]:
    unreadable = [secret.name for secret in await records.vault.listing() if not secret.readable]
    if unreadable:
        yield Finding("secrets", "problem", f"cannot be read: {', '.join(unreadable)}", "Set them again.")
    else:
        yield Finding("secrets", "ok", f"{len(await records.vault.names())} stored or given")
    for fault in records.catalogue.faults:
        yield Finding("actions", "problem", str(fault))
    states = await records.catalogue.states()
    yield Finding(
        "actions", "ok" if states else "warning", f"{sum(s.enabled for s in states)} of {len(states)} enabled"
    )
    for state in states if not records.settings.demo else ():
        if not state.enabled:
            mend = f"deskhand secrets set {state.spec.secrets[0]}" if "secret" in state.reason else ""
            yield Finding("actions", "warning", f"{state.spec.slug} is off: {state.reason}", mend)


async def _model_findings(settings: Settings) -> AsyncIterator[Finding]:
    yield await _model_finding(settings)


async def _model_finding(settings: Settings) -> Finding:
    key = settings.openai_api_key.get_secret_value()
    if not key:
        mend = "Set OPENAI_API_KEY, and OPENAI_BASE_URL for another server, to use a language model."
        return Finding("language model", "warning", "none set: questions are matched by rules (offline mode)", mend)
    from bot.llm.openai_model import OpenAIModel

    model = OpenAIModel(
        key, settings.openai_base_url, settings.model, settings.plan_mode.value, settings.model_timeout_seconds
    )
    try:
        return Finding("language model", "ok", f"{settings.model} plans in the mode {await model.probe()}")
    except DeskhandError as error:
        return Finding("language model", "problem", str(error), "Check the key, the model and the address.")
    finally:
        await model.close()


async def _sandbox_findings(settings: Settings) -> AsyncIterator[Finding]:
    from bot.app import open_sandbox

    house = open_sandbox(settings)
    try:
        states = await house.states()
    finally:
        await house.close()
    for state in states:
        if state.problem:
            yield Finding("sandbox", "problem", state.problem, state.mend)
        else:
            yield Finding(
                "sandbox",
                "ok",
                f"{_WHERE[settings.sandbox.value]} {state.version} with {state.runtime}, image {state.image}",
            )
        for warning in state.warnings:
            yield Finding("sandbox", "warning", warning)
    if not states:
        yield Finding("sandbox", "ok", "Python actions are switched off")
    if settings.sandbox_egress == "open":
        yield Finding("sandbox", "warning", "containers reach this machine and inside networks", _FILTER)


async def _demo_findings(settings: Settings) -> AsyncIterator[Finding]:
    yield await _demo_finding(settings)


async def _demo_finding(settings: Settings) -> Finding:
    if not settings.demo:
        return Finding("demo", "ok", "off: actions call your services")
    from demo.world import running

    where = f"on port {settings.demo_port}"
    text = (
        f"served {where} by another process"
        if await running(settings.demo_port)
        else f"starts with the service {where}"
    )
    return Finding("demo", "ok", f"on, {text}; answers come from sample data", "DESKHAND_DEMO=false turns it off.")
