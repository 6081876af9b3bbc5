"""Linking accounts: consent, codes, tokens, and what they tell of a person."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest
from yarl import URL

from tests.simulators.checks.discord_bots import Api, api_of
from tests.simulators.discord import AppConfig, DiscordSimulator, Person

BACK = "http://127.0.0.1:1/linked"


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(AppConfig(redirect_uris=frozenset({BACK})), rates=False) as running:
        yield running


@pytest.fixture
async def api(sim: DiscordSimulator) -> AsyncIterator[Api]:
    async with api_of(sim) as made:
        yield made


@pytest.fixture
def alex(sim: DiscordSimulator) -> Person:
    return sim.guild.person("alex", email="alex@acme.example")


def page(sim: DiscordSimulator, scope: str = "identify email", **more: str) -> str:
    asked = {"client_id": sim.core.application, "redirect_uri": BACK, "response_type": "code", "scope": scope}
    return str(URL(sim.authorize_url).with_query({**asked, "state": "s1", **more}))


async def exchange(sim: DiscordSimulator, **form: str) -> tuple[int, Mapping[str, str]]:
    asked = {"client_id": sim.core.application, "client_secret": sim.core.config.client_secret, **form}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sim.api_base}/oauth2/token", data=asked) as answer,
    ):
        return answer.status, await answer.json()


async def linked(sim: DiscordSimulator, person: Person, scope: str = "identify email") -> str:
    """A person's access token."""
    code = URL(await person.links(page(sim, scope))).query["code"]
    _, told = await exchange(sim, grant_type="authorization_code", code=code, redirect_uri=BACK)
    return told["access_token"]


async def test_a_person_agrees_and_tells_who_they_are(sim: DiscordSimulator, api: Api, alex: Person) -> None:
    back = URL(await alex.links(page(sim)))
    assert (str(back.with_query(None)), back.query["state"]) == (BACK, "s1")
    form = {"grant_type": "authorization_code", "code": back.query["code"], "redirect_uri": BACK}
    status, told = await exchange(sim, **form)
    assert (status, told["token_type"], told["scope"]) == (200, "Bearer", "email identify")
    me = await api("GET", "/users/@me", token=f"Bearer {told['access_token']}")
    assert (me.body["id"], me.body["email"], me.body["verified"]) == (alex.id, "alex@acme.example", True)
    assert (await exchange(sim, **form))[0] == 400, "a code is good once"


async def test_the_address_may_be_missing_unverified_or_not_asked_for(
    sim: DiscordSimulator, api: Api, alex: Person
) -> None:
    sam = sim.guild.person("sam", verified=False)
    me = await api("GET", "/users/@me", token=f"Bearer {await linked(sim, sam)}")
    assert (me.body["email"], me.body["verified"]) == ("sam@example.com", False)
    alex.user.email = None
    me = await api("GET", "/users/@me", token=f"Bearer {await linked(sim, alex)}")
    assert me.body["email"] is None
    me = await api("GET", "/users/@me", token=f"Bearer {await linked(sim, alex, 'identify')}")
    assert "email" not in me.body


async def test_a_person_says_no(sim: DiscordSimulator, alex: Person) -> None:
    back = URL(await alex.links(page(sim), agrees=False))
    assert (back.query["error"], back.query["state"]) == ("access_denied", "s1")


async def test_codes_expire_and_belong_to_an_address_a_client_and_a_verifier(
    sim: DiscordSimulator, alex: Person
) -> None:
    async def code(**more: str) -> str:
        return URL(await alex.links(page(sim, **more))).query["code"]

    good = {"grant_type": "authorization_code", "redirect_uri": BACK}
    assert (await exchange(sim, **{**good, "code": await code(), "redirect_uri": "http://evil.example/"}))[0] == 400
    assert (await exchange(sim, **good, code=await code(), client_secret="guessed"))[0] == 401
    assert (await exchange(sim, **good, code="guessed"))[1]["error"] == "invalid_grant"
    old = await code()
    sim.clock.advance(601)
    assert (await exchange(sim, **good, code=old))[0] == 400
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"verifier").digest()).decode().rstrip("=")
    assert (await exchange(sim, **good, code=await code(code_challenge=challenge)))[0] == 400
    asked = {**good, "code": await code(code_challenge=challenge), "code_verifier": "verifier"}
    assert (await exchange(sim, **asked))[0] == 200


async def test_tokens_expire_and_are_refreshed_and_revoked(sim: DiscordSimulator, api: Api, alex: Person) -> None:
    code = URL(await alex.links(page(sim))).query["code"]
    _, first = await exchange(sim, grant_type="authorization_code", code=code, redirect_uri=BACK)
    sim.clock.advance(604_800)
    assert (await api("GET", "/users/@me", token=f"Bearer {first['access_token']}")).status == 401
    refresh = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    _, second = await exchange(sim, **refresh)
    assert (await api("GET", "/oauth2/@me", token=f"Bearer {second['access_token']}")).body["user"]["id"] == alex.id
    assert (await exchange(sim, **refresh))[0] == 400
    async with aiohttp.ClientSession() as session:
        await session.post(f"{sim.api_base}/oauth2/token/revoke", data={"token": second["access_token"]})
    assert (await api("GET", "/users/@me", token=f"Bearer {second['access_token']}")).status == 401
    assert (await api("GET", "/guilds/1", token=f"Bearer {second['access_token']}")).status == 401


@pytest.mark.parametrize("more", [
    {"client_id": "1"}, {"redirect_uri": "http://evil.example/"}, {"response_type": "token"}, {"scope": "everything"},
])  # fmt: skip
async def test_a_wrong_request_for_consent_is_shown_to_the_person_only(
    sim: DiscordSimulator, more: dict[str, str]
) -> None:
    async with aiohttp.ClientSession() as session, session.get(page(sim, **more), allow_redirects=False) as answer:
        assert answer.status == 400


async def test_the_page_asks_and_sends_back(sim: DiscordSimulator, alex: Person) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(page(sim)) as asked:
            text = await asked.text()
            assert "Deskhand wants to know who you are" in text
            assert "<option>alex</option>" in text
        choice = {"person": "alex", "agrees": "yes"}
        async with session.post(page(sim), data=choice, allow_redirects=False) as answer:
            assert answer.status == 302
            assert URL(answer.headers["Location"]).query["code"]
