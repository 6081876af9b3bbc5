"""``python -m tests.simulators.digest_pictures``: the guide's picture of a Monday digest in the simulated Slack."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.async_api import async_playwright, expect

from bot.storage.storage import open_storage
from tests.acceptance.test_digest_on_slack import NINE, room
from tests.adapters.test_web_page import QUIET, chromium

FOLDER = Path(__file__).parents[2] / "docs/images"
PATIENCE = 30_000
"""Milliseconds."""


async def take(folder: Path) -> None:
    """Two Mondays go by, and the channel is photographed."""
    with tempfile.TemporaryDirectory(prefix="deskhand-digest-") as data:
        async with open_storage(Path(data) / "desk.db") as storage, room(storage) as room_, async_playwright() as tool:
            digests = room_.digests
            async with digests.process() as scheduler:
                await digests.at(NINE, scheduler)
                await digests.sent(room_.schedule, 1)
                await digests.at(NINE + timedelta(weeks=1), scheduler)
                await digests.sent(room_.schedule, 2)
            room_.slack.workspace.person("kim", "kim@acme.example")
            browser = await tool.chromium.launch(executable_path=chromium(), args=QUIET)
            page = await browser.new_page(viewport={"width": 1280, "height": 800})
            await page.goto(f"{room_.slack.url}/")
            await page.click("#channels >> text=sla")
            await expect(page.locator("#list")).to_contain_text("Since last time", timeout=PATIENCE)
            await page.screenshot(path=folder / "slack-digest.png")
            await browser.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.digest_pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where it goes (docs/images)")
    asyncio.run(take(parser.parse_args().folder))


if __name__ == "__main__":
    main()
