"""The simulator's page in a real Chromium: a whole conversation with a bot on the real slack-bolt."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.adapters.test_web_page import QUIET, chromium
from tests.simulators.checks.bots import client
from tests.simulators.slack import SlackSimulator
from tests.simulators.slack.showcase import Showcase

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script> [a](javascript:alert(1)) "\'><b>x'


@pytest.fixture
async def slack() -> AsyncIterator[SlackSimulator]:
    async with SlackSimulator(running=True) as running:
        for name in ("alex", "sam"):
            running.workspace.person(name, f"{name}@example.com")
        running.workspace.channel("support")
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as tool:
        running = await tool.chromium.launch(executable_path=chromium(), args=QUIET)
        yield running
        await running.close()


@pytest.fixture
async def page(slack: SlackSimulator, browser: Browser) -> Page:
    page = await browser.new_page()
    await page.goto(f"{slack.url}/")
    await expect(page.locator("#name")).to_have_text("# support")
    return page


async def test_a_whole_conversation(slack: SlackSimulator, page: Page) -> None:
    async with Showcase(slack):
        await page.fill("main textarea", "@Deskhand where is order 12345?")
        await page.press("main textarea", "Enter")
        await page.click(".to-thread")
        await expect(page.locator("#replies .task.complete")).to_contain_text("Found in 0.4 s")
        await expect(page.locator("#replies td").first).to_have_text("packed")
        await expect(page.locator("#replies figure img")).to_be_visible()
        await page.click("#replies >> text=Edit")
        await page.fill("#modal input", "much")
        await page.click("#modal >> text=Save")
        await expect(page.locator("#modal .wrong")).to_have_text("Write an amount such as 20.00")
        await page.fill("#modal input", "12.50")
        await page.click("#modal >> text=Save")
        await expect(page.locator("#modal")).to_be_hidden()
        await page.click("#replies >> text=Confirm")
        await expect(page.locator("#replies")).to_contain_text("confirmed by alex")
    assert slack.workspace.alarms == []


async def test_private_words_home_and_another_person(slack: SlackSimulator, page: Page) -> None:
    async with Showcase(slack):
        await page.fill("main textarea", "/deskhand help")
        await page.press("main textarea", "Enter")
        await expect(page.locator("#list .ephemeral")).to_contain_text("Ask me about an order")
        await page.select_option("#me", "sam")
        await expect(page.locator("#list .ephemeral")).to_have_count(0)
        await page.click("#channels >> text=Deskhand")
        await page.click("#tabs >> text=Home")
        await expect(page.locator("#list h3")).to_have_text("What I can do")


async def test_the_page_shows_hostile_text_as_text(slack: SlackSimulator, page: Page) -> None:
    web = client(slack)
    table = {"type": "table", "rows": [[{"type": "raw_text", "text": HOSTILE}]]}
    await web.chat_postMessage(channel="#support", text=HOSTILE)
    await web.chat_postMessage(channel="#support", markdown_text=HOSTILE)
    await web.chat_postMessage(channel="#support", text="x", blocks=[table])
    await web.chat_postMessage(channel="#support", text="<!here> now")
    await expect(page.locator("#notices .alarm")).to_contain_text("<!here>")
    await expect(page.locator("#list .message")).to_have_count(4)
    assert await page.locator("#list img, #list script, #list a[href^=javascript]").count() == 0
    assert await page.title() == "Slack simulator"


async def test_a_click_without_a_bot_warns_the_person(slack: SlackSimulator, page: Page) -> None:
    button = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}}
    await client(slack).chat_postMessage(
        channel="#support", text="x", blocks=[{"type": "actions", "elements": [button]}]
    )
    await page.click("#list >> text=Go")
    await slack.until(lambda: any(each.kind == "interactive" for each in slack.post.deliveries))
    slack.clock.advance(4)
    await expect(page.locator("#notices")).to_contain_text("The app did not respond")
    await expect(page.locator("#link")).to_have_text("Deskhand is not connected")
