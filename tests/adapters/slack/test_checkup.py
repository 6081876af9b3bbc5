"""``doctor slack``: each fault is found, named and has its mend; the manifest and the reasons agree."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slack.access import SlackConfig
from bot.adapters.slack.checkup import examine
from bot.adapters.slack.manifest import SCOPES, manifest
from bot.domain.finding import Finding
from tests.adapters.slack.lines import config, many
from tests.simulators.slack import AppConfig, SlackSimulator, faults
from tests.simulators.slack.model import BOT_SCOPES
from tests.simulators.slack.rules import EVENT_SCOPES

ALL = frozenset(scope.name for scope in SCOPES)


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(scopes=ALL) as running:
        yield running


async def found(settings: SlackConfig, part: str) -> Finding:
    (finding,) = [each for each in await examine(settings) if each.part == part]
    return finding


async def test_all_is_well(slack: SlackSimulator) -> None:
    findings = await examine(config(slack), {"app_mention": 1, "message": 3, "app_home_opened": 1})
    assert [(each.part, each.state) for each in findings] == [
        ("slack settings", "ok"), ("slack token", "ok"), ("slack scopes", "ok"), ("slack socket", "ok"),
        ("slack events", "ok"),
    ]  # fmt: skip
    assert "Acme" in findings[1].text
    assert not any(slack.workspace.bot_token in each.text or slack.app_token in each.text for each in findings)
    await slack.until(lambda: not slack.sockets.connections)
    assert slack.sockets.opened == 1


async def test_every_missing_scope_is_named_with_what_does_not_work() -> None:
    lacking = {"users:read.email", "chat:write"}
    async with SlackSimulator(scopes=ALL - lacking) as slack:
        findings = [each for each in await examine(config(slack)) if each.part == "slack scopes"]
    assert [(each.state, each.text) for each in findings] == [
        ("problem", "chat:write is missing: nothing can be answered"),
        ("warning", "users:read.email is missing: actions that need the asker's e-mail do not run"),
    ]
    assert all("install the app again" in each.mend for each in findings)


@pytest.mark.parametrize(
    ("changes", "part", "told"),
    [
        ({"bot_token": "xoxb-wrong"}, "slack token", "invalid_auth"),
        ({"app_token": "xapp-wrong"}, "slack socket", "DESKHAND_SLACK_APP_TOKEN"),
        ({"app_token": "xapp-weak"}, "slack socket", "connections:write"),
        ({"app_token": ""}, "slack settings", "DESKHAND_SLACK_SIGNING_SECRET"),
    ],
)
async def test_a_fault_has_its_mend(slack: SlackSimulator, changes: dict[str, Any], part: str, told: str) -> None:
    slack.core.app_tokens["xapp-weak"] = frozenset()
    finding = await found(config(slack, **changes), part)
    assert finding.state == "problem"
    assert told in finding.text
    assert finding.mend


@pytest.mark.parametrize("method", ["auth.test", "apps.connections.open"])
@pytest.mark.parametrize("fault", [faults.HTML, faults.RESET, faults.too_many(), faults.broken()])
async def test_a_slack_that_is_down_is_found_too(slack: SlackSimulator, method: str, fault: faults.Fault) -> None:
    slack.faults.next(method, fault)
    states = [each.state for each in await examine(config(slack))]
    assert states.count("problem") == 1


async def test_open_installs_are_warned_about(slack: SlackSimulator) -> None:
    assert [each.state for each in await examine(many(slack))] == ["ok", "warning", "ok"]
    assert [each.state for each in await examine(many(slack, teams=frozenset({"T1"})))] == ["ok", "ok"]


async def test_events_that_never_come_are_told(slack: SlackSimulator) -> None:
    findings = [each for each in await examine(config(slack), {"message": 2}) if each.part == "slack events"]
    assert [(each.state, each.text.partition(":")[0]) for each in findings] == [
        ("warning", "no app_mention since the start"), ("warning", "no app_home_opened since the start"),
    ]  # fmt: skip


def test_the_manifest_asks_for_what_the_reasons_name() -> None:
    asked = manifest()["oauth_config"]["scopes"]["bot"]
    assert asked == sorted(asked) == [scope.name for scope in SCOPES]
    assert set(asked) <= BOT_SCOPES
    assert all(scope.reason and scope.without for scope in SCOPES)


def test_the_manifest_may_hear_its_events_and_knows_our_command_and_shortcut() -> None:
    told, app = manifest(), AppConfig()
    events = told["settings"]["event_subscriptions"]["bot_events"]
    assert all(EVENT_SCOPES.get(event) in {None, *ALL} for event in events)
    assert {command["command"] for command in told["features"]["slash_commands"]} == app.commands
    (shortcut,) = told["features"]["shortcuts"]
    assert (shortcut["callback_id"], shortcut["name"]) == app.message_shortcuts[0]
    assert shortcut["type"] == "message"
    assert len(told["features"]["agent_view"]["agent_description"]) <= 300
    assert told["features"]["app_home"]["messages_tab_read_only_enabled"] is False


def test_the_guide_gives_the_reason_of_each_scope() -> None:
    guide = (Path(__file__).parents[3] / "docs/guide/slack.md").read_text(encoding="utf-8")
    for scope in SCOPES:
        name = f"**`{scope.name}`**" if scope.needed else f"`{scope.name}`"
        assert f"| {name} | {scope.reason} | {scope.without} |" in guide
