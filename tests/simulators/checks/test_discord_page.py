"""The simulator's page in a real Chromium: a whole conversation with a bot on the real discord.py."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.adapters.test_web_page import QUIET, chromium
from tests.simulators.checks.discord_bots import api_of
from tests.simulators.discord import DiscordSimulator
from tests.simulators.discord.__main__ import furnish
from tests.simulators.discord.showcase import Showcase

HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script> [a](javascript:alert(1)) "\'><b>x'


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(running=True, rates=False) as running:
        furnish(running)
        running.core.may_mention.clear()
        yield running


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as tool:
        running = await tool.chromium.launch(executable_path=chromium(), args=QUIET)
        yield running
        await running.close()


@pytest.fixture
async def page(sim: DiscordSimulator, browser: Browser) -> Page:
    page = await browser.new_page()
    await page.goto(f"{sim.url}/")
    await expect(page.locator("#name")).to_have_text("# support")
    return page


async def say(page: Page, text: str) -> None:
    await page.fill("#composer textarea", text)
    await page.press("#composer textarea", "Enter")


async def test_a_whole_conversation(sim: DiscordSimulator, page: Page) -> None:
    async with Showcase(sim):
        await expect(page.locator("#link")).to_have_text("Deskhand is online")
        await say(page, "@Deskhand where is order 12345?")
        await page.click(".to-thread")
        await expect(page.locator("#name")).to_contain_text("where is order 12345?")
        await expect(page.locator("#list .gallery img")).to_be_visible()
        await expect(page.locator("#list .sub")).to_contain_text("Used: order lookup")
        await page.click("#list >> text=Not helpful")
        await page.click("#modal >> text=Cancel")
        await expect(page.locator("#modal")).to_be_hidden()
        await page.click("#list >> text=Not helpful")
        await page.select_option("#modal select", "Old")
        await page.click("#modal >> text=Submit")
        await expect(page.locator("#modal")).to_be_hidden()
        await expect(page.locator("#list .ephemeral")).to_contain_text("Noted: Old")
        await page.click("#list >> text=Confirm")
        await expect(page.locator("#list")).to_contain_text("confirmed by @alex")
        await page.select_option("#me", "sam")
        await page.click("#channels >> text=where is order")
        await expect(page.locator("#list .container").first).to_be_visible()
        await expect(page.locator("#list .ephemeral")).to_have_count(0)
    assert sim.alarms == []


async def test_commands_with_autocomplete_a_message_command_and_a_post(sim: DiscordSimulator, page: Page) -> None:
    async with Showcase(sim):
        await sim.until(lambda: sim.core.registry.syncs)
        await page.fill("#composer textarea", "/ru")
        await expect(page.locator("#palette button")).to_have_count(1)
        await page.press("#composer textarea", "Enter")
        await page.fill("#command [name=action]", "re")
        await expect(page.locator("#command option")).to_have_count(2)
        await page.fill("#command [name=action]", "refund")
        await page.fill("#command [name=order]", "12345")
        await page.click("#command .primary")
        await expect(page.locator("#list .ephemeral")).to_contain_text("refund ran for 12345")
        await say(page, "my parcel is wet")
        await page.hover("#list .message >> text=my parcel is wet")
        await page.click("#list .tools >> text=Ask about this")
        await expect(page.locator("#list")).to_contain_text("You mean: “my parcel is wet”")
        await page.click("#channels >> text=help")
        await page.fill("#post [name=title]", "Two parcels")
        await page.check("#post >> text=orders")
        await say(page, "Only one came")
        await expect(page.locator("#name")).to_contain_text("Two parcels")
        await expect(page.locator("#list .container").first).to_be_visible()


async def test_the_page_shows_hostile_text_as_text(sim: DiscordSimulator, page: Page) -> None:
    path = f"/channels/{sim.guild.channel('support').id}/messages"
    async with api_of(sim) as api:
        await api("POST", path, {"content": HOSTILE})
        await api("POST", path, {"flags": 1 << 15, "components": [{"type": 10, "content": HOSTILE}]})
        await api("POST", path, {"embeds": [{"title": HOSTILE, "description": HOSTILE}]})
        await api("POST", path, {"content": f"`<@1>` @here {sim.guild.person('alex').mention}"})
    await expect(page.locator("#notices .alarm").first).to_contain_text("@here")
    await expect(page.locator("#list .message")).to_have_count(4)
    assert await page.locator("#list .md img, #list script, #list a[href^=javascript]").count() == 0
    assert await page.locator("#list code").inner_text() == "<@1>"
    assert await page.locator("#list .mention").all_inner_texts() == ["@here", "@alex"]
    assert await page.title() == "Discord simulator"


async def test_replies_reactions_files_edits_and_a_silent_app(sim: DiscordSimulator, page: Page) -> None:
    support, sam = sim.guild.channel("support"), sim.guild.person("sam")
    said = await sam.says(support, "look at this", files={"chart.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>"})
    await expect(page.locator("#list img")).to_have_count(1)
    await page.hover("#list .message")
    await page.click("#list .tools >> text=👍")
    await expect(page.locator("#list .chip")).to_have_text("👍 1")
    assert said.reactions == {"👍": [sim.guild.person("alex").id]}
    await page.click("#list .tools >> text=Reply")
    await say(page, "seen")
    await expect(page.locator("#list .quote")).to_contain_text("sam look at this")
    mine = sim.guild.messages("support")[-1]
    await sim.guild.person("alex").edits(mine, "seen it")
    await expect(page.locator("#list .edited")).to_have_text("(edited)")
    async with api_of(sim) as api:
        button = {"type": 2, "style": 1, "label": "Go", "custom_id": "go"}
        await api("POST", f"/channels/{support.id}/messages", {"components": [{"type": 1, "components": [button]}]})
    await page.click("#list >> text=Go")
    await sim.until(lambda: sim.core.interactions)
    sim.clock.advance(4)
    await expect(page.locator("#notices")).to_contain_text("This interaction failed")
    await expect(page.locator("#link")).to_have_text("Deskhand is offline")
