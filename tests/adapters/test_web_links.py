"""Pairing codes in the web chat: as a request, and typed as a message; only for people who are vouched for."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from bot.adapters.discord.link_oauth import LinkConfig
from bot.adapters.discord.linking import Linking, LinkStores
from bot.adapters.webchat import WebChat
from bot.adapters.webchat.linking import Redeem, typed_code
from bot.domain.action import Safety
from bot.domain.link import LinkRefused
from bot.domain.person import Sender
from bot.errors import StorageError
from bot.secrets.cipher import Cipher, Sealing
from tests.conversation.world import World
from tests.fakes import (
    ALEX,
    InMemoryClaims,
    InMemoryLinks,
    InMemoryPairings,
    ListedAudit,
    action,
    calls,
)

CODE = "K7QX-4MTD"
KIM = {"email": "kim@example.com", "name": "Kim"}
Answer = tuple[int, dict[str, Any]]


class Redeeming:
    """Keeps to the rules of the real one."""

    def __init__(self) -> None:
        self.given: list[tuple[str, Sender]] = []
        self.fails: Exception | None = None

    async def __call__(self, code: str, by: Sender) -> str:
        self.given.append((code, by))
        if self.fails:
            raise self.fails
        if not by.verified:
            raise LinkRefused("Nothing was linked: no proof.")
        return f"Linked. In Discord you are {by.email} from now on."


class Client:
    """A program with a token, or a browser without one."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        self.session = session
        self.base = base

    async def post(self, path: str, body: object, **headers: str) -> Answer:
        async with self.session.post(f"{self.base}{path}", json=body, headers=headers) as answer:
            return answer.status, json.loads(await answer.text())


@pytest.fixture
def world() -> World:
    return World(action("order-lookup"))


@pytest.fixture
def redeem() -> Redeeming:
    return Redeeming()


@asynccontextmanager
async def served(world: World, redeem: Redeem | None, token: str = "t0ken") -> AsyncIterator[Client]:
    numbers = iter(range(10_000))

    async def suggestions() -> list[str]:
        return []

    chat = WebChat(world.engine, ALEX, world.clock, lambda: f"m{next(numbers)}", suggestions, token, redeem)
    runner = web.AppRunner(chat.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession(headers=headers) as session:
        yield Client(session, f"http://127.0.0.1:{runner.addresses[0][1]}")
    await runner.cleanup()


async def test_a_program_links_the_person_it_names(world: World, redeem: Redeeming) -> None:
    async with served(world, redeem) as client:
        answer = await client.post("/api/v1/links", {"code": CODE, "user": KIM, "conversation": "c1"})

    assert answer == (200, {"text": "Linked. In Discord you are kim@example.com from now on."})
    ((code, by),) = redeem.given
    assert (code, by.id, by.email, by.verified) == (CODE, "web:c1", "kim@example.com", True)


@pytest.mark.parametrize("said", [f"link {CODE}", f"/link {CODE.lower()}", f"  LINK  {CODE}. ", "link K7QX – 4MTD"])
async def test_a_typed_code_is_answered_before_the_engine(world: World, redeem: Redeeming, said: str) -> None:
    async with served(world, redeem) as client:
        status, reply = await client.post("/api/v1/chat", {"message": said, "user": KIM, "conversation": "c1"})

    assert status == 200
    assert reply["text"] == "Linked. In Discord you are kim@example.com from now on."
    assert (reply["used"], reply["approval"], reply["conversation"]) == ([], None, "c1")
    assert "kim@example.com" in reply["html"]
    assert len(redeem.given) == 1
    assert world.model.asked == []


async def test_a_typed_code_is_answered_to_a_page_that_streams(world: World, redeem: Redeeming) -> None:
    async with served(world, redeem) as client:
        body = {"message": f"link {CODE}", "user": KIM, "stream": True}
        async with client.session.post(f"{client.base}/api/v1/chat", json=body) as answer:
            events = await answer.text()

    assert events.startswith("event: reply\n")
    assert "In Discord you are kim@example.com" in events


@pytest.mark.parametrize(
    ("token", "user"),
    [
        ("t0ken", None),
        ("t0ken", {}),
        ("t0ken", {"name": "Kim"}),
        ("", KIM),
    ],
)
async def test_nobody_is_vouched_for_but_whom_the_holder_of_the_token_names(
    world: World, redeem: Redeeming, token: str, user: dict[str, str] | None
) -> None:
    async with served(world, redeem, token) as client:
        sent = await client.post("/api/v1/links", {"code": CODE, "user": user})
        _, typed = await client.post("/api/v1/chat", {"message": f"link {CODE}", "user": user})

    assert sent == (400, {"error": "Nothing was linked: no proof."})
    assert typed["text"] == "Nothing was linked: no proof."
    assert [by.verified for _, by in redeem.given] == [False, False]


async def test_on_the_operators_own_machine_their_word_counts(world: World, redeem: Redeeming) -> None:
    async with served(world, redeem, "") as client:
        await client.post("/api/v1/chat", {"message": f"link {CODE}"})

    assert [(by.email, by.verified) for _, by in redeem.given] == [(ALEX.email, True)]


async def test_without_the_token_nothing_is_tried(world: World, redeem: Redeeming) -> None:
    async with served(world, redeem) as client:
        for path, body in (("links", {"code": CODE, "user": KIM}), ("chat", {"message": f"link {CODE}", "user": KIM})):
            assert (await client.post(f"/api/v1/{path}", body, Authorization="Bearer guessed"))[0] == 401
        origin = await client.post("/api/v1/links", {"code": CODE, "user": KIM}, Origin="https://evil.example")

    assert origin[0] == 403
    assert redeem.given == []


@pytest.mark.parametrize("body", [{}, {"code": ""}, {"code": " "}, {"code": 7}, {"code": "x" * 200}, {"c": 1}, []])
async def test_a_request_that_makes_no_sense_is_told_what_is_wrong(
    world: World, redeem: Redeeming, body: object
) -> None:
    async with served(world, redeem) as client:
        status, told = await client.post("/api/v1/links", body)

    assert (status, bool(told["error"])) == (400, True)
    assert redeem.given == []


async def test_trouble_of_the_store_is_told_without_its_details(world: World, redeem: Redeeming) -> None:
    redeem.fails = StorageError("the disk is full; free some space")
    async with served(world, redeem) as client:
        status, told = await client.post("/api/v1/links", {"code": CODE, "user": KIM})
        _, typed = await client.post("/api/v1/chat", {"message": f"link {CODE}", "user": KIM})

    assert (status, told["error"]) == (400, typed["text"])
    assert "could not be stored" in typed["text"]
    assert "disk" not in typed["text"]


async def test_where_nothing_can_be_linked_the_words_are_a_question(world: World) -> None:
    async with served(world, None) as client:
        status, reply = await client.post("/api/v1/chat", {"message": f"link {CODE}", "user": KIM})
        assert (await client.post("/api/v1/links", {"code": CODE, "user": KIM}))[0] == 404

    assert (status, reply["text"]) == (200, "Nothing ran.")
    assert len(world.model.asked) == 1


async def test_to_be_vouched_for_here_makes_nobody_verified_for_actions(redeem: Redeeming) -> None:
    careful = action("order-lookup", safety=Safety(requires_identity_verification=True))
    world = World(careful, plans=(calls(("order-lookup", {})),))

    async with served(world, redeem) as client:
        _, reply = await client.post("/api/v1/chat", {"message": "Where is my order?", "user": KIM})

    assert [used["outcome"] for used in reply["used"]] == ["denied"]
    assert redeem.given == []


async def test_the_code_of_discord_links_its_person(world: World) -> None:
    sealing = Sealing(Cipher({"k": b"k" * 32}, "k"))
    links = InMemoryLinks()
    stores = LinkStores(links, InMemoryPairings(), InMemoryClaims(), ListedAudit(), sealing)
    async with aiohttp.ClientSession() as session:
        linking = Linking(stores, LinkConfig(), session, world.clock, secrets.token_bytes)
        async with served(world, linking.redeemed) as client:
            said = f"link {await linking.code('80351110224678912')}"
            answers = [await client.post("/api/v1/chat", {"message": said, "user": KIM}) for _ in range(2)]

    assert [reply["text"].partition(".")[0] for _, reply in answers] == [
        "Linked",
        "This code is wrong, was used before, or is older than 10 minutes",
    ]
    assert links.links["discord:80351110224678912"].email == "kim@example.com"


@pytest.mark.parametrize(
    "text", ["link", "link accounts", "link this page", "link K7QX-4MTD please", f"relink {CODE}", f"link {CODE}A", ""]
)
def test_other_messages_are_no_codes(text: str) -> None:
    assert typed_code(text) == ""
