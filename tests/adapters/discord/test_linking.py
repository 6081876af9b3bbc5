"""Accounts are linked by consent and by code, over HTTP, for whom they belong to and for nobody else."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from bot.adapters.discord.link_oauth import LinkConfig
from bot.adapters.discord.linking import Linking, LinkStores, person_id
from bot.domain.link import Link, LinkRefused
from bot.domain.person import Sender
from bot.errors import StorageError
from bot.secrets.cipher import Cipher, Sealing
from tests.fakes import InMemoryClaims, InMemoryLinks, InMemoryPairings, ListedAudit, Ticking
from tests.simulators.discord import AppConfig, DiscordSimulator, Person, faults

ALEX = Sender("web:abc", "Alex", "Alex@example.com", verified=True)
SAM = Sender("web:def", "Sam", "sam@example.com", verified=True)
TOKEN, ME, REVOKE = "POST /oauth2/token", "GET /users/@me", "POST /oauth2/token/revoke"


class Bytes:
    """Counted instead of drawn."""

    def __init__(self) -> None:
        self.given = 0

    def __call__(self, size: int) -> bytes:
        self.given += 1
        return (0x9E3779B97F4A7C15 * self.given).to_bytes(16, "big")[-size:].rjust(size, b"\x07")


class FullDisk(InMemoryLinks):
    async def put(self, link: Link) -> None:
        raise StorageError("the disk is full; free some space")


@dataclass
class World:
    """One service in one process, with its pages, and the simulated Discord."""

    discord: DiscordSimulator
    session: aiohttp.ClientSession
    stores: LinkStores
    config: LinkConfig
    clock: Ticking
    bytes: Bytes

    def __post_init__(self) -> None:
        self.linking = self.process()

    def process(self, **changes: Any) -> Linking:
        """Another process over the same stores."""
        stores = replace(self.stores, **changes)
        return Linking(stores, self.config, self.session, self.clock, self.bytes)

    @property
    def links(self) -> dict[str, Link]:
        assert isinstance(self.stores.links, InMemoryLinks)
        return self.stores.links.links

    @property
    def events(self) -> list[tuple[str, str, str, dict[str, str]]]:
        assert isinstance(self.stores.audit, ListedAudit)
        return [(e.actor, e.kind, e.subject, dict(e.details)) for e in self.stores.audit.events]

    def address(self, person: Person) -> str:
        found = self.linking.address(person.id)
        assert found
        return found

    async def get(self, address: str | URL) -> tuple[int, str]:
        """The status and the words of a page, which must be safe."""
        async with self.session.get(address, allow_redirects=False) as answer:
            text, headers = await answer.text(), answer.headers
        assert "script" not in text
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert headers["X-Content-Type-Options"] == "nosniff"
        found = re.search(r"<p>(.*)</p>", text)
        return answer.status, found[1] if found else headers.get("Location", text)

    async def back(self, opened: str, person: Person, *, agrees: bool = True) -> str:
        """``person`` opens our page, and Discord's after it; where the browser is sent at the end."""
        status, consent = await self.get(opened)
        assert status == 302, consent
        return await person.links(consent, agrees=agrees)

    def called(self) -> list[tuple[str, int]]:
        return [(each.route, each.status) for each in self.discord.calls]


@asynccontextmanager
async def pages(world: World, listening: socket.socket) -> AsyncIterator[None]:
    """Serves where the config says."""
    application = web.Application()
    application.add_routes(world.linking.routes())
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listening).start()
    yield
    await runner.cleanup()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    allowed = frozenset({f"http://127.0.0.1:{port}/discord/linked"})
    async with (
        DiscordSimulator(AppConfig(redirect_uris=allowed), rates=False) as discord,
        aiohttp.ClientSession() as session,
    ):
        config = LinkConfig(
            discord.core.application, discord.core.config.client_secret, f"http://127.0.0.1:{port}/", discord.api_base,
            discord.authorize_url, seconds=0.5,
        )  # fmt: skip
        sealing = Sealing(Cipher({"k": b"k" * 32}, "k"))
        stores = LinkStores(InMemoryLinks(), InMemoryPairings(), InMemoryClaims(), ListedAudit(), sealing)
        made = World(discord, session, stores, config, Ticking(), Bytes())
        async with pages(made, listening):
            yield made


@pytest.fixture
def alex(world: World) -> Person:
    return world.discord.guild.person("alex", email="alex@example.com")


# by consent


async def test_consent_links_the_verified_address_and_the_token_is_given_back(
    world: World, alex: Person, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    opened = world.address(alex)
    _, consent = await world.get(opened)
    query = URL(consent).query
    assert (query["scope"], query["prompt"], query["response_type"]) == ("identify email", "consent", "code")

    landed = await alex.links(consent)
    status, words = await world.get(landed)

    assert (status, words) == (
        200, "Your Discord account is linked with alex@example.com. You can close this page."
    )  # fmt: skip
    link = world.links[f"discord:{alex.id}"]
    assert (link.email, link.way) == ("alex@example.com", "oauth")
    assert await world.linking.of(alex.id) == link
    assert world.called() == [(TOKEN, 200), (ME, 200), (REVOKE, 200)]
    assert [each.revoked for each in world.discord.core.grants.values()] == [True]
    details = {"email": "alex@example.com", "way": "oauth"}
    assert world.events == [(link.person, "account.linked", link.person, details)]
    spoken = f"{caplog.text} {words} {world.config!r}"
    for secret in (world.config.client_secret, URL(landed).query["code"], *world.discord.core.grants):
        assert secret not in spoken


async def test_the_address_works_once_and_looking_at_it_spends_nothing(world: World, alex: Person) -> None:
    opened = world.address(alex)
    for _ in range(2):
        assert (await world.get(opened))[0] == 302
    landed = await world.back(opened, alex)
    async with world.session.head(landed) as answer:
        assert answer.status == 405

    assert (await world.get(landed))[0] == 200
    for again in (landed, opened):
        status, words = await world.get(again)
        assert (status, "used before" in words) == (400, True)
    assert len(world.discord.called(TOKEN)) == 1


async def test_of_two_returns_at_once_one_links(world: World, alex: Person) -> None:
    landed = await world.back(world.address(alex), alex)
    answers = await asyncio.gather(*(world.get(landed) for _ in range(8)))

    assert sorted(status for status, _ in answers) == [200, *[400] * 7]


async def test_an_address_is_good_for_ten_minutes_in_any_process(world: World, alex: Person) -> None:
    opened = world.process().address(alex.id)
    assert opened
    landed = await world.back(opened, alex)
    late = world.address(alex)
    world.clock.forward(minutes=9, seconds=50)
    assert (await world.get(landed))[0] == 200

    world.clock.forward(seconds=10)
    status, words = await world.get(late)

    assert (status, "too old" in words) == (400, True)


async def test_somebody_else_who_opens_the_address_is_refused(world: World, alex: Person) -> None:
    sam = world.discord.guild.person("sam")
    landed = await world.back(world.address(alex), sam)

    status, words = await world.get(landed)

    assert (status, "belongs to another Discord account" in words) == (400, True)
    assert world.links == {}
    assert world.called()[-1] == (REVOKE, 200)


@pytest.mark.parametrize(("email", "verified"), [("alex@example.com", False), (None, True), ("", True)])
async def test_without_a_verified_address_nothing_is_linked(
    world: World, alex: Person, email: str | None, verified: bool
) -> None:
    alex.user.email, alex.user.verified = email, verified

    status, words = await world.get(await world.back(world.address(alex), alex))

    assert (status, "no verified e-mail address" in words) == (400, True)
    assert world.links == {}
    assert [each.revoked for each in world.discord.core.grants.values()] == [True]


async def test_a_scope_that_was_taken_away_leaves_no_address(world: World, alex: Person) -> None:
    _, consent = await world.get(world.address(alex))
    landed = await alex.links(str(URL(consent).update_query(scope="identify")))

    status, words = await world.get(landed)

    assert (status, "no verified e-mail address" in words) == (400, True)
    assert world.links == {}


async def test_who_does_not_agree_is_not_linked(world: World, alex: Person) -> None:
    landed = await world.back(world.address(alex), alex, agrees=False)

    status, words = await world.get(landed)

    assert (status, "not given leave" in words) == (400, True)
    assert world.discord.calls == []


@pytest.mark.parametrize("page", ["link", "linked"])
@pytest.mark.parametrize("state", [None, "", "v1.k.AAAA.AAAA", "ü.🙂", "forged", "other context", "cut"])
async def test_a_state_that_is_not_ours_is_refused(world: World, alex: Person, page: str, state: str | None) -> None:
    real = URL(world.address(alex)).query["state"]
    stood_for = {"other context": world.stores.sealing.encrypt(f"{alex.id} 9e12 00", "slack install"), "cut": real[:-2]}
    given = stood_for.get(state or "", state)
    query = {"code": "some"} if given is None else {"code": "some", "state": given}

    status, words = await world.get(URL(world.config.page(page)).with_query(query))

    assert (status, "used before, is too old, or is not complete" in words) == (400, True)
    assert world.discord.calls == []


TROUBLE: Sequence[tuple[str, faults.Fault, int, str]] = [
    (TOKEN, faults.broken(502), 502, "did not answer"),
    (TOKEN, faults.too_many(), 502, "did not answer"),
    (TOKEN, faults.banned(), 502, "did not answer"),
    (TOKEN, faults.HTML, 502, "did not answer"),
    (TOKEN, faults.RESET, 502, "did not answer"),
    (TOKEN, faults.SILENCE, 502, "did not answer"),
    (TOKEN, faults.LOST, 502, "did not answer"),
    (TOKEN, faults.Fault("answer", 200, {}), 502, "did not answer"),
    (TOKEN, faults.Fault("answer", 200, "[" * 60_000), 502, "did not answer"),
    (TOKEN, faults.Fault("answer", 200, "[]"), 502, "did not answer"),
    (TOKEN, faults.Fault("answer", 200, {"access_token": "t", "a": "x" * 70_000}), 502, "did not answer"),
    (TOKEN, faults.Fault("answer", 302, {}, {"Location": "http://127.0.0.1:9/"}), 400, "Discord refused it"),
    (TOKEN, faults.Fault("answer", 400, {"error": "invalid_grant"}), 400, "Discord refused it"),
    (TOKEN, faults.Fault("answer", 400, {"error": "<b>\n"}), 400, "Discord refused it"),
    (TOKEN, faults.Fault("answer", 401, {"error": "invalid_client"}), 502, "not set up rightly"),
    (ME, faults.broken(500), 502, "did not answer"),
    (ME, faults.SILENCE, 502, "did not answer"),
    (ME, faults.refusal(401, 0), 400, "Discord refused it"),
    (ME, faults.Fault("answer", 200, {}), 400, "another Discord account"),
]


@pytest.mark.parametrize(("route", "fault", "expected", "told"), TROUBLE)
async def test_trouble_with_discord_is_told_in_words_and_links_nothing(
    world: World, alex: Person, route: str, fault: faults.Fault, expected: int, told: str
) -> None:
    landed = await world.back(world.address(alex), alex)
    world.discord.faults.next(route, fault)

    status, words = await world.get(landed)

    assert (status, told in words) == (expected, True), words
    assert world.links == {}
    if route == ME:
        assert [each.revoked for each in world.discord.core.grants.values()] == [True]


async def test_a_token_that_cannot_be_given_back_does_not_undo_the_link(
    world: World, alex: Person, caplog: pytest.LogCaptureFixture
) -> None:
    landed = await world.back(world.address(alex), alex)
    world.discord.faults.next(REVOKE, faults.broken(503))

    assert (await world.get(landed))[0] == 200
    assert "was not revoked" in caplog.text
    (token,) = world.discord.core.grants
    assert token not in caplog.text


async def test_a_wrong_client_secret_is_told_to_the_operator(
    world: World, alex: Person, caplog: pytest.LogCaptureFixture
) -> None:
    landed = await world.back(world.address(alex), alex)
    world.discord.core.config = replace(world.discord.core.config, client_secret="rotated")

    status, words = await world.get(landed)

    assert (status, "not set up rightly" in words) == (502, True)
    assert "invalid_client" in caplog.text


async def test_a_full_disk_is_told_without_its_details(world: World, alex: Person) -> None:
    world.linking._stores = replace(world.stores, links=FullDisk())

    status, words = await world.get(await world.back(world.address(alex), alex))

    assert (status, "could not be stored" in words, "disk" in words) == (503, True, False)


async def test_markup_in_an_address_stays_text(world: World, alex: Person) -> None:
    alex.user.email = '"&amp;"@example.com'

    status, words = await world.get(await world.back(world.address(alex), alex))

    assert (status, "&quot;&amp;amp;&quot;@example.com" in words) == (200, True)


@pytest.mark.parametrize("missing", ["client_id", "client_secret", "public_url"])
async def test_without_a_full_set_up_there_is_no_address_and_no_page(world: World, missing: str) -> None:
    empty: dict[str, Any] = {missing: ""}
    world.config = replace(world.config, **empty)
    bare = world.process()

    assert (bare.address("1"), bare.routes()) == (None, [])


# by code


async def test_a_code_links_once_in_whichever_process(world: World, alex: Person) -> None:
    code = await world.linking.code(alex.id)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", code)
    other = world.process()

    link = await other.redeem(code, ALEX)

    assert (link.person, link.email, link.way) == (person_id(alex.id), "Alex@example.com", "code")
    assert world.links == {link.person: link}
    details = {"email": "Alex@example.com", "way": "code"}
    assert world.events == [("web:abc", "account.linked", link.person, details)]
    with pytest.raises(LinkRefused, match="used before"):
        await world.linking.redeem(code, ALEX)


async def test_a_code_is_read_as_people_write_it(world: World) -> None:
    world.bytes = Bytes()
    linking = Linking(world.stores, world.config, world.session, world.clock, lambda size: bytes(size - 1) + b"\x21")
    assert await linking.code("7") == "1100-0000"

    assert "Alex@example.com" in await linking.redeemed(" `ilo0–oOo0` ", ALEX)


async def test_a_code_ends_after_ten_minutes_and_with_the_next_one(world: World) -> None:
    first = await world.linking.code("1")
    second = await world.linking.code("1")
    with pytest.raises(LinkRefused, match="used before"):
        await world.linking.redeem(first, ALEX)
    world.clock.forward(minutes=10)
    with pytest.raises(LinkRefused, match="older than 10 minutes"):
        await world.linking.redeem(second, ALEX)
    assert world.links == {}


async def test_a_code_is_not_kept_as_such(world: World) -> None:
    code = await world.linking.code("1")

    assert isinstance(world.stores.pairings, InMemoryPairings)
    kept = str(world.stores.pairings.waiting)
    assert code not in kept
    assert code.replace("-", "") not in kept


@pytest.mark.parametrize(
    "by",
    [
        replace(ALEX, verified=False),
        replace(ALEX, email=""),
        replace(ALEX, email="alex"),
        replace(ALEX, email="a b@example.com"),
    ],
)
async def test_who_is_not_known_for_certain_links_nothing_and_spends_no_code(world: World, by: Sender) -> None:
    code = await world.linking.code("1")

    with pytest.raises(LinkRefused, match="no proof of who you are"):
        await world.linking.redeem(code, by)

    assert (await world.linking.redeem(code, ALEX)).email == ALEX.email


async def test_five_wrong_codes_in_a_minute_are_enough(world: World) -> None:
    code = await world.linking.code("1")
    for number in range(5):
        with pytest.raises(LinkRefused, match="This code is wrong"):
            await world.linking.redeem(f"0000-000{number}", replace(ALEX, id=f"web:cookie{number}"))
    with pytest.raises(LinkRefused, match="Wait a minute"):
        await world.linking.redeem(code, replace(ALEX, email="ALEX@EXAMPLE.COM"))
    with pytest.raises(LinkRefused, match="This code is wrong"):
        await world.linking.redeem("nonsense", SAM)

    world.clock.forward(minutes=1)

    assert (await world.linking.redeem(code, ALEX)).email == ALEX.email


async def test_wrong_codes_at_once_are_counted_too(world: World) -> None:
    tries = [world.linking.redeem("0000-0000", ALEX) for _ in range(20)]
    answers = await asyncio.gather(*tries, return_exceptions=True)

    assert sum("This code is wrong" in str(each) for each in answers) == 5
    assert sum("Wait a minute" in str(each) for each in answers) == 15


async def test_right_codes_are_not_counted(world: World) -> None:
    for number in range(8):
        assert await world.linking.redeem(await world.linking.code(str(number)), ALEX)


# no more


async def test_what_is_unlinked_is_unknown(world: World) -> None:
    await world.linking.redeem(await world.linking.code("1"), ALEX)

    assert [await world.linking.unlink("1"), await world.linking.unlink("1")] == [True, False]

    assert await world.linking.of("1") is None
    assert [event[:3] for event in world.events[1:]] == [("discord:1", "account.unlinked", "discord:1")]
