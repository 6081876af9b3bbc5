"""The real Web API client against Slack's rules: tokens, scopes, rates, limits and faults."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from tests.simulators.checks.bots import client, refused
from tests.simulators.slack import AppConfig, SlackSimulator, administration, faults

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "fine"}}


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator() as running:
        running.workspace.channel("#support")
        yield running


@pytest.fixture
def web(slack: SlackSimulator) -> AsyncWebClient:
    return client(slack)


async def test_messages_are_posted_changed_and_deleted(slack: SlackSimulator, web: AsyncWebClient) -> None:
    alex = slack.workspace.person("alex")
    posted = await web.chat_postMessage(channel="#support", text="one &amp; two", blocks=[SECTION])
    assert "Deskhand: fine" in alex.sees("#support")
    await web.chat_update(channel=posted["channel"], ts=posted["ts"], text="three")
    assert "Deskhand: fine (edited)" in alex.sees("#support"), "blocks that are not sent again stay"
    await web.chat_update(channel=posted["channel"], ts=posted["ts"], text="three", blocks=[])
    assert "Deskhand: three (edited)" in alex.sees("#support")
    await web.chat_delete(channel=posted["channel"], ts=posted["ts"])
    assert alex.sees("#support") == ""


async def test_a_private_message_is_for_one(slack: SlackSimulator, web: AsyncWebClient) -> None:
    alex, sam = slack.workspace.person("alex"), slack.workspace.person("sam")
    channel = slack.workspace.channel("#support").id
    sent = await web.chat_postEphemeral(channel=channel, user=alex.user.id, text="psst")
    assert "psst" in alex.sees("#support")
    assert "psst" not in sam.sees("#support")
    assert (await refused(web.chat_update(channel=channel, ts=sent["message_ts"], text="x")))["error"] == (
        "message_not_found"
    )


async def test_a_private_message_in_a_thread_is_shown_once_somebody_replied(
    slack: SlackSimulator, web: AsyncWebClient
) -> None:
    alex = slack.workspace.person("alex")
    asked = await alex.says("#support", "where is it?")

    async def told(text: str) -> str:
        sent = await web.chat_postEphemeral(channel=asked.channel, user=alex.user.id, thread_ts=asked.ts, text=text)
        return str(sent["message_ts"])

    assert await told("too early")
    assert asked.thread_ts is None, "it begins no thread"
    await web.chat_postMessage(channel=asked.channel, thread_ts=asked.ts, text="a reply")
    assert await told("in time")
    assert [message.text for message in alex.private()] == ["in time"]
    assert "too early" not in alex.sees("#support")
    assert [call.arguments["text"] for call in slack.called("chat.postEphemeral")] == ["too early", "in time"]


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-nonsense", "invalid_auth"), ("app", "not_allowed_token_type")],
)
async def test_tokens_are_checked(slack: SlackSimulator, token: str, error: str) -> None:
    asking = AsyncWebClient(token=slack.app_token if token == "app" else token, base_url=slack.api_url)
    assert (await refused(asking.auth_test()))["error"] == error


async def test_sockets_want_an_app_token(slack: SlackSimulator, web: AsyncWebClient) -> None:
    for token, error in (("xapp-nonsense", "invalid_auth"), (slack.workspace.bot_token, "not_allowed_token_type")):
        assert (await refused(web.apps_connections_open(app_token=token)))["error"] == error
    slack.core.app_tokens["xapp-weak"] = frozenset({"authorizations:read"})
    weak = await refused(web.apps_connections_open(app_token="xapp-weak"))
    assert (weak["error"], weak["needed"]) == ("missing_scope", "connections:write")


async def test_a_missing_scope_is_named() -> None:
    async with SlackSimulator(scopes={"users:read"}) as slack:
        slack.workspace.channel("#support")
        body = await refused(client(slack).chat_postMessage(channel="#support", text="x"))
        assert (body["error"], body["needed"], body["provided"]) == ("missing_scope", "chat:write", "users:read")
        info = await client(slack).users_info(user=slack.workspace.person("alex", "alex@example.com").user.id)
        assert "email" not in info["user"]["profile"], "e-mail has a scope of its own"
        assert (await client(slack).auth_test()).headers["x-oauth-scopes"] == "users:read"


async def test_strangers_have_no_email(slack: SlackSimulator, web: AsyncWebClient) -> None:
    alex = slack.workspace.person("alex", "alex@example.com")
    other = slack.workspace.person("kim", "kim@example.org", stranger=True)
    assert (await web.users_info(user=alex.user.id))["user"]["profile"]["email"] == "alex@example.com"
    assert "email" not in (await web.users_info(user=other.user.id))["user"]["profile"]


class _Obedient(AsyncRateLimitErrorRetryHandler):
    """Waits what ``Retry-After`` says, on the simulated clock."""

    def __init__(self, slack: SlackSimulator) -> None:
        super().__init__(max_retry_count=3)
        self.waited: list[int] = []
        self._slack = slack

    async def prepare_for_next_attempt_async(self, *, state: Any, response: Any = None, **_: Any) -> None:
        state.next_attempt_requested = True
        state.increment_current_attempt()
        self.waited.append(int(response.headers["Retry-After"][0]))
        self._slack.clock.advance(self.waited[-1])


async def test_rates_are_kept_and_retry_after_is_enough(slack: SlackSimulator, web: AsyncWebClient) -> None:
    for _ in range(20):
        await web.conversations_list()
    with pytest.raises(SlackApiError) as caught:
        await web.conversations_list()
    assert caught.value.response.status_code == 429
    assert caught.value.response.headers["Retry-After"] == "3"
    slack.clock.advance(2.9)
    assert (await refused(web.conversations_list()))["error"] == "ratelimited"
    handler = _Obedient(slack)
    web.retry_handlers.append(handler)
    await web.conversations_list()
    assert handler.waited == [1]
    await web.users_info(user=slack.workspace.bot.id)  # another method has its own counter


async def test_messages_are_paced_per_channel(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.workspace.channel("#other")
    for _ in range(5):
        await web.chat_postMessage(channel="#support", text="x")
    assert (await refused(web.chat_postMessage(channel="#support", text="x")))["error"] == "ratelimited"
    await web.chat_postMessage(channel="#other", text="x")
    slack.clock.advance(1)
    await web.chat_postMessage(channel="#support", text="x")


async def test_history_is_slow_for_distributed_apps() -> None:
    async with SlackSimulator(AppConfig(distributed=True)) as slack:
        channel, alex = slack.workspace.channel("#support"), slack.workspace.person("alex")
        for number in range(20):
            await alex.says(channel, str(number))
        page = await client(slack).conversations_history(channel=channel.id)
        assert (len(page["messages"]), page["has_more"]) == (15, True)
        assert (await refused(client(slack).conversations_history(channel=channel.id)))["error"] == "ratelimited"


async def test_outsiders_may_only_post_in_public(slack: SlackSimulator, web: AsyncWebClient) -> None:
    channel = slack.workspace.channel("#elsewhere", with_bot=False)
    posted = await web.chat_postMessage(channel=channel.id, text="from outside")
    edit = web.chat_update(channel=channel.id, ts=posted["ts"], text="x")
    assert (await refused(edit))["error"] == "not_in_channel"
    administration.remove_bot(slack.workspace, slack.workspace.channel("#support"))
    assert (await refused(web.conversations_history(channel=slack.workspace.channel("#support").id)))["error"] == (
        "not_in_channel"
    )


async def test_every_fault_reaches_the_client_as_it_would(slack: SlackSimulator, web: AsyncWebClient) -> None:
    for fault in (faults.too_many(7), faults.broken(503), faults.refusal("ratelimited"), faults.HTML):
        slack.faults.next("auth.test", fault)
        with pytest.raises(SlackApiError):
            await web.auth_test()
    slack.faults.next("auth.test", faults.RESET, times=2)
    with pytest.raises(aiohttp.ClientError):
        await web.auth_test()
    slack.faults.next("*", faults.SILENCE)
    with pytest.raises(TimeoutError):
        await AsyncWebClient(token=slack.workspace.bot_token, base_url=slack.api_url, timeout=1).auth_test()
    await web.auth_test()


async def test_a_lost_answer_makes_a_blind_retry_post_twice(slack: SlackSimulator, web: AsyncWebClient) -> None:
    slack.faults.next("chat.postMessage", faults.LOST)
    await web.chat_postMessage(channel="#support", text="paid")
    assert [each.text for each in slack.workspace.from_bot()] == ["paid", "paid"]


async def test_files_take_three_calls_and_show_in_the_thread(slack: SlackSimulator, web: AsyncWebClient) -> None:
    alex = slack.workspace.person("alex")
    said = await alex.says("#support", "chart?")
    await web.files_upload_v2(
        channel=said.channel, thread_ts=said.ts, content=b"\x89PNG", filename="a.png", title="SLA"
    )
    reply = slack.workspace.thread("#support", said.ts)[-1]
    file = slack.workspace.files[reply.files[0]]
    assert (file.content, file.title) == (b"\x89PNG", "SLA")
    assert "[file SLA]" in alex.sees("#support")
    again = web.files_completeUploadExternal(files=[{"id": file.id}], channel_id=said.channel)
    assert (await refused(again))["error"] == "file_already_completed"
    methods = [each.method for each in slack.calls][:2]
    assert methods == ["files.getUploadURLExternal", "files.completeUploadExternal"]


async def test_a_private_file_wants_the_token(slack: SlackSimulator) -> None:
    alex = slack.workspace.person("alex")
    said = await alex.says(alex.dm, "see", files={"notes.txt": b"all is well"})
    url = slack.workspace.files[said.files[0]].url
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert "Sign in" in await answer.text()
        async with session.get(url, headers={"Authorization": f"Bearer {slack.workspace.bot_token}"}) as answer:
            assert await answer.read() == b"all is well"


async def test_reactions_people_groups_and_threads(slack: SlackSimulator, web: AsyncWebClient) -> None:
    alex = slack.workspace.person("alex", "alex@example.com")
    team = slack.workspace.group("helpers", alex)
    said = await alex.says("#support", "hi")
    await web.reactions_add(channel=said.channel, timestamp=said.ts, name="eyes")
    again = web.reactions_add(channel=said.channel, timestamp=said.ts, name="eyes")
    assert (await refused(again))["error"] == "already_reacted"
    assert ":eyes: 1" in alex.sees("#support")
    await web.reactions_remove(channel=said.channel, timestamp=said.ts, name="eyes")
    groups = await web.usergroups_list(include_users=True)
    assert groups["usergroups"][0]["users"] == [alex.user.id]
    assert (await web.usergroups_users_list(usergroup=team))["users"] == [alex.user.id]
    assert (await web.users_lookupByEmail(email="alex@example.com"))["user"]["id"] == alex.user.id
    await web.chat_postMessage(channel=said.channel, thread_ts=said.ts, text="reply")
    replies = (await web.conversations_replies(channel=said.channel, ts=said.ts))["messages"]
    assert [each["text"] for each in replies] == ["hi", "reply"]


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # the SDK asks for a token with it
async def test_installing_and_rotating() -> None:
    config = AppConfig(token_rotation=True)
    async with SlackSimulator(config) as slack:
        other = slack.add_workspace("Globex")
        query = {"client_id": config.client_id, "scope": "chat:write", "redirect_uri": "http://127.0.0.1:9/back"}
        async with aiohttp.ClientSession() as session:
            where = f"{slack.url}/oauth/v2/authorize"
            async with session.get(
                where, params={**query, "team": other.team, "state": "s"}, allow_redirects=False
            ) as r:
                location = r.headers["Location"]
        code = location.partition("code=")[2].partition("&")[0]
        who = {"client_id": config.client_id, "client_secret": config.client_secret}
        web = AsyncWebClient(base_url=slack.api_url)
        first = await web.oauth_v2_access(**who, code=code)
        assert (first["team"]["id"], first["expires_in"]) == (other.team, 43_200)
        assert (await refused(web.oauth_v2_access(**who, code=code)))["error"] == "code_already_used"
        slack.clock.advance(43_200)
        assert (await refused(client(slack, first["access_token"]).auth_test()))["error"] == "token_expired"
        renew = {**who, "grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
        second = await web.oauth_v2_access(**renew)
        assert (await client(slack, second["access_token"]).auth_test())["team_id"] == other.team
        assert (await refused(web.oauth_v2_access(**renew)))["error"] == "invalid_refresh_token"
        assert (await refused(web.oauth_v2_access(**{**renew, "client_secret": "x"})))["error"] == "bad_client_secret"
