"""``python -m tests.simulators.discord.pictures``: the guide's pictures anew, the real bot in the simulated Discord."""

from __future__ import annotations

import argparse
import asyncio
import os
from pathlib import Path

from playwright.async_api import Page, async_playwright, expect

from tests.adapters.test_web_page import QUIET, chromium
from tests.simulators.deskhand import deskhand
from tests.simulators.discord.__main__ import furnish, settings
from tests.simulators.discord.simulator import DiscordSimulator

FOLDER = Path(__file__).parents[3] / "docs/images"
PATIENCE = 30_000
"""Milliseconds that an answer may take; the first one waits for the sandbox."""


class Photographer:
    """Does in the page what the guide tells, and keeps what there is to see."""

    def __init__(self, page: Page, folder: Path) -> None:
        self._page = page
        self._folder = folder

    async def ask(self, text: str) -> None:
        """A new question in the channel, then its thread."""
        page = self._page
        await page.click("#channels >> text=# support")
        await expect(page.locator("#name")).to_have_text("# support")
        before = await page.locator(".to-thread").count()
        await page.fill("#composer textarea", f"@Deskhand {text}")
        await page.press("#composer textarea", "Enter")
        await page.locator(".to-thread").nth(before).click(timeout=PATIENCE)
        await expect(page.locator("#name")).to_contain_text(text[:20])

    async def sees(self, words: str) -> None:
        """Wait for words."""
        await expect(self._page.locator("#list")).to_contain_text(words, timeout=PATIENCE)

    async def keep(self, name: str) -> None:
        """Write what is shown to ``discord-<name>.png``."""
        for shown in await self._page.locator("#list .gallery img").all():
            await expect(shown).to_be_visible()
        await self._page.screenshot(path=self._folder / f"discord-{name}.png")

    async def conversation(self) -> None:
        """One question after the other, as the guide tells them."""
        page = self._page
        await self.ask("is there an outage right now, and where is order 50002?")
        await self.sees("◔ Order status")
        await self.keep("progress")
        await self.sees("Used:")
        await self.ask("which tickets will breach SLA in the next 2 hours?")
        await self.sees("Do first")
        await expect(page.locator("#list .gallery img").first).to_be_visible(timeout=PATIENCE)
        await self.keep("chart")
        await page.click("#list [data-custom^='dh:bad']")
        await expect(page.locator("#modal select")).to_be_visible()
        await page.select_option("#modal select", "Incomplete")
        await self.keep("feedback")
        await page.click("#modal >> text=Submit")
        await self.sees("Thank you")
        await self.ask("submit a PTO request for 21 December 2026")
        await self.sees("please confirm")
        await self.keep("confirm")
        await self.command()

    async def command(self) -> None:
        """A private answer to a command."""
        page = self._page
        await page.click("#channels >> text=# support")
        await expect(page.locator("#name")).to_have_text("# support")
        await page.fill("#composer textarea", "/ask")
        await page.locator("#palette button").first.click()
        await page.fill("#command [name=question]", "check refund for order 12345")
        await page.press("#command [name=question]", "Enter")
        await self.sees("Used: Refund lookup")
        await self.keep("command")


async def take(folder: Path) -> None:
    """Start all of it, take the pictures, stop all of it."""
    os.environ["DESKHAND_SANDBOX_IMAGE"] = "full"  # with which scripts draw charts
    async with DiscordSimulator(running=True) as discord, async_playwright() as tool:
        furnish(discord)
        browser = await tool.chromium.launch(executable_path=chromium(), args=QUIET)
        async with deskhand(settings(discord)):
            await discord.connected()
            page = await browser.new_page(viewport={"width": 1280, "height": 800})
            await page.goto(f"{discord.url}/")
            await expect(page.locator("#link")).to_have_text("Deskhand is online", timeout=PATIENCE)
            await Photographer(page, folder).conversation()
        await browser.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.discord.pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they go (docs/images)")
    asyncio.run(take(parser.parse_args().folder))


if __name__ == "__main__":
    main()
