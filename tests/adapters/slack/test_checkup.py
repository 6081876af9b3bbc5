"""``doctor slack``: each fault is found, named and has its mend; the manifest and the reasons agree."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from yarl import URL

from bot.adapters.slack.access import SlackConfig, open_access
from bot.adapters.slack.checkup import examine
from bot.adapters.slack.installations import Installations, Safe
from bot.adapters.slack.manifest import EVENTS, SCOPES, manifest
from bot.domain.finding import Finding
from tests.adapters.slack.lines import clock, config, many, safe
from tests.simulators.slack import AppConfig, SlackSimulator, Workspace, faults
from tests.simulators.slack.model import BOT_SCOPES
from tests.simulators.slack.rules import EVENT_SCOPES

ALL = frozenset(scope.name for scope in SCOPES)


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(scopes=ALL) as running:
        yield running


async def found(settings: SlackConfig, part: str, listed: Mapping[str, str] = MappingProxyType({})) -> Finding:
    (finding,) = [each for each in await examine(settings, listed) if each.part == part]
    return finding


async def test_all_is_well(slack: SlackSimulator) -> None:
    support, private = slack.workspace.channel("#support"), slack.workspace.channel("#board", kind="group")
    findings = await examine(
        config(slack), {support.id: "DESKHAND_SLACK_CHANNELS", private.id: "DESKHAND_SLACK_PRIVATE"}
    )
    assert [(each.part, each.state) for each in findings] == [
        ("slack settings", "ok"), ("slack token", "ok"), ("slack scopes", "ok"), ("slack channels", "ok"),
        ("slack socket", "ok"),
    ]  # fmt: skip
    assert "Acme" in findings[1].text
    assert {"#support", "#board"} <= set(re.findall(r"#\w+", findings[3].text))
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


@pytest.mark.parametrize(
    ("spoil", "state", "told", "mend"),
    [
        ("archived", "problem", "#support ({id}), which DESKHAND_SLACK_CHANNELS names, is archived", "Unarchive it"),
        ("left", "problem", "#support ({id}), which DESKHAND_SLACK_CHANNELS names, does not have the bot", "/invite"),
        ("private", "problem", "{id}, which DESKHAND_SLACK_CHANNELS names, is not known to Slack", "invite the bot"),
        ("blind", "warning", "{id}, which DESKHAND_SLACK_CHANNELS names, cannot be looked at", "channels:read"),
    ],
)
async def test_a_channel_of_the_settings_that_is_closed_to_the_bot_is_named(
    slack: SlackSimulator, spoil: str, state: str, told: str, mend: str
) -> None:
    channel = slack.workspace.channel("#support", kind="group" if spoil == "private" else "channel")
    channel.archived = spoil == "archived"
    if spoil in ("left", "private"):
        channel.members.discard(slack.workspace.bot.id)
    if spoil == "blind":
        reader = slack.core.installations[slack.workspace.bot_token]
        reader.scopes = reader.scopes - {"channels:read"}
    finding = await found(config(slack), "slack channels", {channel.id: "DESKHAND_SLACK_CHANNELS"})
    assert finding.state == state
    assert finding.text.startswith(told.format(id=channel.id))
    assert mend in finding.mend


async def test_faults_of_channels_are_told_all_at_once_and_hide_no_other(slack: SlackSimulator) -> None:
    old = slack.workspace.channel("#old")
    old.archived = True
    listed = {"support": "DESKHAND_SLACK_LISTENING", old.id: "DESKHAND_SLACK_PRIVATE"}
    findings = [each for each in await examine(config(slack, app_token="xapp-wrong"), listed) if each.state != "ok"]
    assert [each.part for each in findings] == ["slack channels", "slack channels", "slack socket"]
    assert "support, which DESKHAND_SLACK_LISTENING names" in findings[1].text


async def test_channels_that_slack_has_no_time_for_are_said_to_be_unseen(slack: SlackSimulator) -> None:
    slack.faults.next("conversations.info", faults.too_many())
    assert (await found(config(slack), "slack channels", {"C1": "DESKHAND_SLACK_CHANNELS"})).state == "warning"


async def installed(slack: SlackSimulator, keep: Safe, *workspaces: Workspace) -> None:
    """The app in each, as the pages for it keep that."""
    async with open_access(many(slack), keep, clock=clock(slack)) as access:
        assert isinstance(access.workspaces, Installations)
        for each in workspaces:
            query = {"client_id": slack.core.config.client_id, "scope": ",".join(ALL), "team": each.team}
            where = URL(f"{slack.url}/oauth/v2/authorize").with_query({**query, "redirect_uri": "http://127.0.0.1:9/"})
            async with access.session.get(where, allow_redirects=False) as answer:
                await access.workspaces.install(URL(answer.headers["Location"]).query["code"])


async def test_the_token_of_each_workspace_is_looked_at(slack: SlackSimulator) -> None:
    keep, globex, initech = safe(), slack.add_workspace("Globex"), slack.add_workspace("Initech")
    await installed(slack, keep, slack.workspace, globex, initech)
    weak, gone = (slack.core.installations[each.bot_token] for each in (globex, initech))
    weak.scopes = weak.scopes - {"chat:write"}
    gone.fault = "token_revoked"
    support = globex.channel("#support")
    listed = {support.id: "DESKHAND_SLACK_CHANNELS"}
    findings = await examine(many(slack, teams=frozenset({slack.workspace.team})), listed, keep)
    told = {(each.part, each.state, each.text) for each in findings}
    assert ("slack scopes", "ok", f"all {len(SCOPES)} granted in Acme") in told
    assert ("slack scopes", "problem", "chat:write is missing in Globex: nothing can be answered") in told
    assert ("slack token", "problem", f"Initech ({initech.team}): Slack refused auth.test: token_revoked") in told
    assert ("slack channels", "ok", "open to the bot: #support") in told
    assert not any(each.bot_token in str(findings) for each in (slack.workspace, globex, initech))


async def test_a_workspace_whose_token_cannot_be_read_is_told_and_hides_no_other(slack: SlackSimulator) -> None:
    keep, globex = safe(), slack.add_workspace("Globex")
    await installed(slack, keep, slack.workspace, globex)
    await keep.rows.put(f"slack/{globex.team}", "spoilt", clock(slack)())
    tokens = [each for each in await examine(many(slack), safe=keep) if each.part == "slack token"]
    assert sorted(each.state for each in tokens) == ["ok", "problem"]
    assert any(globex.team in each.text and "/slack/install" in each.mend for each in tokens if each.state == "problem")


async def test_an_app_that_is_installed_nowhere_is_told(slack: SlackSimulator) -> None:
    (finding,) = [each for each in await examine(many(slack), safe=safe()) if each.part == "slack token"]
    assert (finding.state, "/slack/install" in finding.mend) == ("warning", True)


def test_the_manifest_asks_for_what_the_reasons_name() -> None:
    asked = manifest()["oauth_config"]["scopes"]["bot"]
    assert asked == sorted(asked) == [scope.name for scope in SCOPES]
    assert set(asked) <= BOT_SCOPES
    assert all(scope.reason and scope.without for scope in SCOPES)


def test_the_manifest_subscribes_to_what_a_person_can_try() -> None:
    assert {event.name for event in EVENTS} <= set(manifest()["settings"]["event_subscriptions"]["bot_events"])


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
