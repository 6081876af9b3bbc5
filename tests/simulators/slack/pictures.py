"""``python -m tests.simulators.slack.pictures``: the guide's pictures anew, of the real bot in the simulated Slack."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from tests.adapters.test_web_page import QUIET, chromium
from tests.simulators.deskhand import deskhand
from tests.simulators.slack.__main__ import settings
from tests.simulators.slack.simulator import SlackSimulator

FOLDER = Path(__file__).parents[3] / "docs/images"
PATIENCE = 30_000
"""Milliseconds that an answer may take; the first one waits for the sandbox."""


class Photographer:
    """Does in the page what the guide tells, and keeps what there is to see."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder

    async def ask(self, text: str) -> None:
        """A new question in the channel, with its thread open."""
        page = self._page
        before = await page.locator("#list .message").count()
        await page.fill("main textarea", f"@Deskhand {text}")
        await page.press("main textarea", "Enter")
        message = page.locator("#list .message").nth(before)
        await message.hover()
        await message.locator("[data-reply], [data-thread]").first.click()
        await self.sees(text)

    async def sees(self, words: str) -> None:
        """Wait for words in the thread."""
        await expect(self._page.locator("#replies")).to_contain_text(words, timeout=PATIENCE)

    async def keep(self, name: str) -> None:
        """Write what is shown to ``slack-<name>.png``."""
        for shown in await self._page.locator("#replies figure img").all():
            await expect(shown).to_be_visible()
        await self._page.screenshot(path=self._folder / f"slack-{name}.png")

    async def conversation(self) -> None:
        """One question after the other, as the guide tells them."""
        page = self._page
        await self.ask("is there an outage right now, and where is order 50002?")
        await expect(page.locator("#replies .task.complete").first).to_be_visible(timeout=PATIENCE)
        await self.keep("progress")
        await self.sees("Used:")
        await self.ask("which tickets will breach SLA in the next 2 hours, and is there an outage right now?")
        await self.sees("Do first")
        await expect(page.locator("#replies figure img").first).to_be_visible(timeout=PATIENCE)
        await page.locator("#replies figure").first.scroll_into_view_if_needed()
        await self.keep("chart")
        await page.locator("#replies [data-choice=negative]").first.click()
        await expect(page.locator("#modal input").first).to_be_visible()
        await page.locator("#modal input").first.check()
        await self.keep("feedback")
        await page.click("#modal >> text=Send")
        await expect(page.locator("#modal")).to_be_hidden()
        await self.ask("check refund for order 12345")
        await self.sees("Used:")
        await self.keep("answer")
        await self.ask("submit a PTO request for 21 December 2026")
        await self.sees("please confirm")
        await self.keep("confirm")
        await page.click("#channels >> text=Deskhand")
        await page.click("#tabs >> text=Home")
        await page.click("#dark")
        await expect(page.locator("#list")).to_contain_text("Waiting for your yes", timeout=PATIENCE)
        await self.keep("home")


async def take(folder: Path) -> None:
    """Start all of it, take the pictures, stop all of it."""
    os.environ["DESKHAND_SANDBOX_IMAGE"] = "full"  # with which scripts draw charts
    async with SlackSimulator(running=True) as slack, async_playwright() as tool:
        alex = slack.workspace.person("alex", "alex@example.com")
        slack.workspace.may_mention.add(alex.user.id)  # a card names who is to confirm
        for name in ("support", "sales"):
            slack.workspace.channel(name)
        browser = await tool.chromium.launch(executable_path=chromium(), args=QUIET)
        async with deskhand(settings(slack)):
            await slack.connected()
            page = await browser.new_page(viewport={"width": 1280, "height": 800})
            await page.goto(f"{slack.url}/")
            await Photographer(page, folder).conversation()
        await browser.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.slack.pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go (docs/images)")
    asyncio.run(take(parser.parse_args().folder))


if __name__ == "__main__":
    main()
