"""The web chat in a real Chromium, driven by keyboard, over the built service."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from bot.adapters.webchat import WebChat
from bot.domain.action import Effect, SourceFields
from bot.domain.plan import ActionCall
from bot.domain.run import Document
from bot.ports import Emit
from tests.conversation.world import World
from tests.fakes import ALEX, action, calls, text_parameter

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HOSTILE = '<img src=x onerror="document.title=1"> <script>document.title=2</script> [a](javascript:alert(1)) **bold**'


def chromium() -> str:
    """The system's browser; these tests fail without one."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "these tests need Chromium: apt-get install chromium"
    return found


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as tool:
        running = await tool.chromium.launch(executable_path=chromium(), args=QUIET)
        yield running
        await running.close()


@pytest.fixture
def world() -> World:
    lookup, submit = action("order-lookup"), action("submit-request", text_parameter("day"), effect=Effect.WRITE)
    world = World(lookup, submit, plans=(calls(("order-lookup", {})), calls(("submit-request", {"day": "Friday"}))))

    async def hostile(call: ActionCall, emit: Emit) -> str:
        await emit(HOSTILE)
        return HOSTILE

    world.executor.behaviours["order-lookup"] = hostile
    return world


@pytest.fixture
async def address(world: World) -> AsyncIterator[str]:
    numbers = iter(range(10_000))

    async def suggestions() -> list[str]:
        return ["Where is order 12345?"]

    chat = WebChat(world.engine, ALEX, world.clock, lambda: f"m{next(numbers)}", suggestions)
    runner = web.AppRunner(chat.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def opened(browser: Browser, address: str, **options: object) -> tuple[Page, list[str]]:
    """A page and the foreign addresses it asked for."""
    page = await browser.new_page(**options)  # type: ignore[arg-type]
    foreign: list[str] = []
    page.on(
        "request", lambda request: None if request.url.startswith((address, "data:")) else foreign.append(request.url)
    )
    await page.goto(address)
    return page, foreign


async def test_a_question_by_keyboard_shows_progress_and_one_clean_answer(browser: Browser, address: str) -> None:
    page, foreign = await opened(browser, address)

    await page.keyboard.type("Where is my order?")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".chips span")

    assert await page.inner_text(".runs li.done .name") == "Order lookup"
    assert "Order lookup ✓" in await page.inner_text(".chips")
    assert await page.inner_text(".answer strong") == "bold"
    assert await page.title() == "Deskhand"
    assert await page.query_selector_all(".answer img, .answer script, .answer a[href^=javascript]") == []
    assert foreign == []


async def test_the_pages_that_an_answer_rests_on_are_links_that_say_where_they_lead(
    browser: Browser, address: str, world: World
) -> None:
    async def listed(call: ActionCall, emit: Emit) -> str:
        return json.dumps(
            [
                {"page": "https://bank.example/1", "title": "<b>Order 1</b>"},
                {"page": "https://evil.example/2", "title": "bank.example"},
                {"page": "javascript:document.title=3", "title": "Order 3"},
                {"page": "https://shop.example/4"},
            ]
        )

    world.executor.behaviours["order-lookup"] = listed
    world.catalogue.specs = [
        replace(spec, source_fields=SourceFields("page", "title")) for spec in world.catalogue.specs
    ]
    page, _ = await opened(browser, address)
    await page.keyboard.type("Where is my order?")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".sources")

    said = "Sources: <b>Order 1</b> (bank.example) · bank.example (evil.example) · shop.example"
    assert await page.inner_text(".sources") == said
    links = await page.query_selector_all(".sources a")
    assert [await link.get_attribute("href") for link in links] == [
        "https://bank.example/1",
        "https://evil.example/2",
        "https://shop.example/4",
    ]
    assert "noopener" in (await links[0].get_attribute("rel") or "")


async def test_an_answer_without_sources_has_no_such_line(browser: Browser, address: str) -> None:
    page, _ = await opened(browser, address)
    await page.keyboard.type("Where is my order?")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".chips span")

    assert await page.query_selector(".sources") is None


async def test_a_write_is_confirmed_with_the_button_that_has_the_focus(
    browser: Browser, address: str, world: World
) -> None:
    page, _ = await opened(browser, address)
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".chips span")

    await page.fill("#text", "Book Friday off")
    await page.press("#text", "Enter")
    await page.wait_for_selector(".approval")
    assert "Friday" in await page.inner_text(".approval dd")
    assert world.ran == ["order-lookup"]
    await page.wait_for_selector(".approval button.main:focus")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".answer:nth-of-type(3) .chips span")

    assert world.ran == ["order-lookup", "submit-request"]


async def test_a_picture_is_shown_and_other_files_are_offered(browser: Browser, address: str, world: World) -> None:
    world.executor.documents["order-lookup"] = (
        Document("chart.png", "image/png", PIXEL),
        Document("page.html", "application/octet-stream", b"<script>"),
    )
    page, _ = await opened(browser, address)

    await page.keyboard.type("Draw it")
    await page.keyboard.press("Enter")
    picture = await page.wait_for_selector("figure img")
    assert picture is not None
    assert await picture.evaluate("async (img) => { await img.decode(); return img.naturalWidth; }") == 1

    assert await page.inner_text("figure:nth-of-type(1) a") == "chart.png (1 kB)"
    async with page.expect_download() as download:
        await page.click("text=page.html")
    assert (await download.value).suggested_filename == "page.html"
    path = await page.get_attribute("figure:nth-of-type(1) a", "href")
    other = await browser.new_context()
    assert (await other.request.get(f"{address}{path}")).status == 404
    await other.close()


async def test_escape_stops_what_runs_and_the_answer_says_so(browser: Browser, address: str, world: World) -> None:
    async def slow(call: ActionCall, emit: Emit) -> str:
        await emit("page 3 of 90")
        await asyncio.Event().wait()
        return ""

    world.executor.behaviours["order-lookup"] = slow
    page, _ = await opened(browser, address)
    await page.keyboard.type("Count it all")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".runs li.running")

    await page.keyboard.press("Escape")
    await page.wait_for_selector(".chips .failed")

    assert "stopped by Alex" in await page.inner_text(".chips .failed")
    assert await page.is_hidden("#halt")


async def test_it_fits_a_narrow_screen_and_a_dark_room(browser: Browser, address: str) -> None:
    page, _ = await opened(browser, address, viewport={"width": 360, "height": 640}, color_scheme="dark")

    await page.click("#suggestions button")
    await page.wait_for_selector(".chips span")

    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 23, 27)"
    await page.click("#theme")
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(247, 247, 245)"


async def test_a_service_that_is_gone_is_told_with_a_way_to_try_again(browser: Browser, address: str) -> None:
    page, _ = await opened(browser, address)

    await page.route("**/api/v1/chat", lambda route: route.abort())
    await page.keyboard.type("hello")
    await page.keyboard.press("Enter")
    await page.wait_for_selector(".answer button")

    assert "cannot be reached" in await page.inner_text(".answer")


async def screenshots(address: str, folder: Path) -> None:
    """Pictures for the guide: light, dark and narrow."""
    async with async_playwright() as tool:
        browser = await tool.chromium.launch(executable_path=chromium(), args=QUIET)
        for name, width, scheme in (("light", 900, "light"), ("dark", 900, "dark"), ("narrow", 360, "light")):
            page = await browser.new_page(viewport={"width": width, "height": 760}, color_scheme=scheme)  # type: ignore[arg-type]
            await page.goto(address)
            for text in ("Check refund for order 12345 and is there an outage right now?", "Book Friday off"):
                await page.fill("#text", text)
                await page.press("#text", "Enter")
                await page.wait_for_selector(".answer:last-child .body", timeout=20_000)
            await page.screenshot(path=folder / f"web-chat-{name}.png")
        await browser.close()
