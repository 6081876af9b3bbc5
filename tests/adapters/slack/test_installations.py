"""Several workspaces: install, tokens sealed and renewed once, uninstall; on the real client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import aiohttp
import pytest
from yarl import URL

from bot.adapters.slack.installations import Installation, Installations, Safe
from bot.adapters.slack.wire import SlackRefused
from bot.errors import SecretError
from tests.adapters.slack.lines import Notes, Rows, clock, config, connected, many, safe, short
from tests.simulators.slack import AppConfig, SlackSimulator, Workspace, administration, faults

HOURS = 3_600


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(AppConfig(token_rotation=True)) as running:
        yield running


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as made:
        yield made


def store(slack: SlackSimulator, session: aiohttp.ClientSession, keep: Safe) -> Installations:
    """One process."""
    settings = many(slack)
    return Installations(keep, settings.oauth(settings.client(session)), clock(slack), short)


async def installed(
    slack: SlackSimulator, session: aiohttp.ClientSession, keep: Safe, workspace: Workspace
) -> Installations:
    """A process that kept the app's installation in a workspace."""
    made = store(slack, session, keep)
    query = {"client_id": slack.core.config.client_id, "scope": "chat:write,im:history", "team": workspace.team}
    where = URL(f"{slack.url}/oauth/v2/authorize").with_query({**query, "redirect_uri": "http://127.0.0.1:9/back"})
    async with session.get(where, allow_redirects=False) as answer:
        code = URL(answer.headers["Location"]).query["code"]
    await made.install(code)
    return made


async def now_good(store: Installations, workspace: Workspace) -> Installation:
    found = await store.installed(workspace.team)
    assert found
    return found


def renewals(slack: SlackSimulator) -> list[str]:
    """What Slack said to each refresh token."""
    calls = slack.called("oauth.v2.access")
    return [each.error for each in calls if each.arguments.get("grant_type") == "refresh_token"]


async def test_from_the_install_page_to_an_answered_event_to_the_end(
    slack: SlackSimulator, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    globex, keep, notes = slack.add_workspace("Globex"), safe(), Notes(slack)
    settings = many(slack, app_token="", signing_secret=slack.core.config.signing_secret)
    async with connected(slack, notes.register, settings, keep) as connection:
        assert slack.http
        base = slack.http.url.removesuffix("/slack/events")
        async with session.get(f"{base}/slack/install", allow_redirects=False) as answer:
            location = URL(answer.headers["Location"])
        assert "users:read.email" in location.query["scope"].split(",")
        back = {"redirect_uri": f"{base}/slack/oauth_redirect", "team": globex.team}
        async with session.get(location.extend_query(back)) as answer:
            page = await answer.text()
            assert (answer.status, page) == (200, "Deskhand is installed in Globex. You can close this page.\n")
            landed = answer.url
        async with session.get(landed, cookies={"deskhand-slack-install": landed.query["state"]}) as answer:
            assert "used before" in await answer.text()

        kim = globex.person("kim")
        await kim.says(kim.dm, "hello")
        await slack.until(lambda: notes.heard)
        client = await connection.clients.of(globex.team)
        await client.chat_postMessage(channel=kim.dm.id, text="seen")
        assert [each.text for each in globex.from_bot()] == ["seen"]
        assert await connection.bot_user(globex.team) == globex.bot.id
        with pytest.raises(SlackRefused, match="not_installed"):
            await connection.clients.of(slack.workspace.team)

        administration.uninstall(globex)
        await globex.settled()
        await slack.until(lambda: "was removed from the workspace" in caplog.text)
        with pytest.raises(SlackRefused, match="not_installed"):
            await connection.clients.of(globex.team)
    assert len([each for each in slack.called("auth.test") if each.team == globex.team]) == 1


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ({"state": "forged"}, "another browser"),
        ({"state": ""}, "another browser"),
        ({"code": ""}, "not given leave"),
        ({"code": "guessed"}, "Slack refused"),
    ],
)
async def test_an_install_that_was_tampered_with_is_refused(
    slack: SlackSimulator, session: aiohttp.ClientSession, spoil: dict[str, str], told: str
) -> None:
    keep = safe()
    settings = many(slack, app_token="", signing_secret=slack.core.config.signing_secret)
    async with connected(slack, lambda app: None, settings, keep):
        assert slack.http
        base = slack.http.url.removesuffix("/slack/events")
        async with session.get(f"{base}/slack/install", allow_redirects=False) as answer:
            state = URL(answer.headers["Location"]).query["state"]
        query = {"code": "some", "state": state, **spoil}
        async with session.get(f"{base}/slack/oauth_redirect", params=query) as answer:
            assert answer.status == 400
            assert told in await answer.text()
    assert isinstance(keep.rows, Rows)
    assert keep.rows.kept == {}


@pytest.mark.parametrize("change", ["too late", "another browser", "not on the list"])
async def test_an_install_that_is_not_wanted_is_refused(
    slack: SlackSimulator, session: aiohttp.ClientSession, change: str
) -> None:
    keep, secret = safe(), slack.core.config.signing_secret
    teams = frozenset({"T0OURS"} if change == "not on the list" else ())
    settings = many(slack, app_token="", signing_secret=secret, teams=teams)
    async with connected(slack, lambda app: None, settings, keep):
        assert slack.http
        base = slack.http.url.removesuffix("/slack/events")
        async with session.get(f"{base}/slack/install", allow_redirects=False) as answer:
            location = URL(answer.headers["Location"])
        if change == "too late":
            slack.clock.advance(601)
        if change == "another browser":
            session.cookie_jar.clear()
        async with session.get(location.extend_query(redirect_uri=f"{base}/slack/oauth_redirect")) as answer:
            assert answer.status == 400
    assert isinstance(keep.rows, Rows)
    assert keep.rows.kept == {}


async def test_tokens_are_kept_sealed_and_bound_to_their_workspace(
    slack: SlackSimulator, session: aiohttp.ClientSession
) -> None:
    keep = safe()
    store = await installed(slack, session, keep, slack.workspace)
    found = await now_good(store, slack.workspace)
    assert isinstance(keep.rows, Rows)
    (sealed,) = keep.rows.kept.values()
    assert found.token == slack.workspace.bot_token
    assert found.token not in sealed
    assert found.token not in repr(found)
    assert found.refresh not in repr(found)
    keep.rows.kept["slack/T0OTHER"] = sealed
    with pytest.raises(SecretError):
        await store.installed("T0OTHER")


async def test_five_tasks_spend_the_refresh_token_once(slack: SlackSimulator, session: aiohttp.ClientSession) -> None:
    store = await installed(slack, session, safe(), slack.workspace)
    old = await now_good(store, slack.workspace)
    slack.clock.advance(9 * HOURS)
    assert await now_good(store, slack.workspace) == old
    slack.clock.advance(1 * HOURS)
    found = await asyncio.gather(*(now_good(store, slack.workspace) for _ in range(5)))
    assert renewals(slack) == [""]
    assert {each.token for each in found} == {slack.workspace.bot_token}
    assert found[0].token != old.token
    assert found[0].expires_at == clock(slack)() + timedelta(hours=12)


async def test_an_old_token_is_renewed_for_a_post_that_no_event_led_to(
    slack: SlackSimulator, session: aiohttp.ClientSession
) -> None:
    keep, channel = safe(), slack.workspace.channel("#support")
    await installed(slack, session, keep, slack.workspace)
    slack.clock.advance(72 * HOURS)
    async with connected(slack, lambda app: None, many(slack), keep) as connection:
        client = await connection.clients.of(slack.workspace.team)
        await client.chat_postMessage(channel=channel.id, text="the digest")
    assert renewals(slack) == [""]


async def test_two_processes_race_and_the_loser_takes_the_winner_s_token(
    slack: SlackSimulator, session: aiohttp.ClientSession
) -> None:
    keep = safe()
    first = await installed(slack, session, keep, slack.workspace)
    second = store(slack, session, keep)
    slack.clock.advance(13 * HOURS)
    found = await asyncio.gather(now_good(first, slack.workspace), now_good(second, slack.workspace))
    assert found[0].token == found[1].token == slack.workspace.bot_token
    assert sorted(renewals(slack)) == ["", "invalid_refresh_token"]


async def test_a_renewal_that_fails_is_tried_again_while_the_token_lives(
    slack: SlackSimulator, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    store = await installed(slack, session, safe(), slack.workspace)
    old = await now_good(store, slack.workspace)
    slack.clock.advance(11 * HOURS)
    slack.faults.next("oauth.v2.access", faults.HTML)
    assert await now_good(store, slack.workspace) == old
    assert "was not renewed" in caplog.text
    assert old.token not in caplog.text
    assert (await now_good(store, slack.workspace)).token != old.token


async def test_a_dead_token_that_cannot_be_renewed_is_told(
    slack: SlackSimulator, session: aiohttp.ClientSession
) -> None:
    store = await installed(slack, session, safe(), slack.workspace)
    slack.clock.advance(13 * HOURS)
    slack.faults.next("oauth.v2.access", faults.refusal("invalid_refresh_token"))
    with pytest.raises(SlackRefused, match="invalid_refresh_token"):
        await store.installed(slack.workspace.team)


async def test_late_news_of_an_end_does_not_remove_what_was_installed_since(
    slack: SlackSimulator, session: aiohttp.ClientSession
) -> None:
    before = clock(slack)()
    slack.clock.advance(60)
    store = await installed(slack, session, safe(), slack.workspace)
    assert not await store.remove(slack.workspace.team, before)
    assert await store.installed(slack.workspace.team)
    assert await store.remove(slack.workspace.team, clock(slack)())
    assert not await store.remove(slack.workspace.team, clock(slack)())
    assert await store.installed(slack.workspace.team) is None


async def test_revoked_tokens_of_a_person_remove_nothing_but_those_of_the_bot_do(
    slack: SlackSimulator, session: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    keep = safe()
    await installed(slack, session, keep, slack.workspace)
    async with connected(slack, lambda app: None, many(slack), keep) as connection:
        slack.workspace.emit("tokens_revoked", {"type": "tokens_revoked", "tokens": {"oauth": ["U1"], "bot": []}})
        await slack.workspace.settled()
        assert await connection.clients.of(slack.workspace.team)
        administration.revoke(slack.workspace)
        await slack.workspace.settled()
    assert "was removed from the workspace" in caplog.text
    assert isinstance(keep.rows, Rows)
    assert keep.rows.kept == {}


async def test_one_workspace_asks_for_no_renewal(slack: SlackSimulator) -> None:
    async with connected(slack, lambda app: None, config(slack)) as connection:
        assert (await connection.clients.of(slack.workspace.team)).token == slack.workspace.bot_token
    assert slack.called("oauth.v2.access") == []
