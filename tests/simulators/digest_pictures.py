"""``python -m tests.simulators.digest_pictures``: the guide's pictures of Monday digests in Slack and Discord."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from playwright.async_api import async_playwright, expect

from bot.domain.schedule import Schedule
from bot.storage.storage import open_storage
from tests.acceptance import test_digest_on_discord as on_discord
from tests.acceptance import test_digest_on_slack as on_slack
from tests.acceptance.digests import NINE, Digests
from tests.adapters.test_web_page import QUIET, chromium

FOLDER = Path(__file__).parents[2] / "docs/images"
PATIENCE = 30_000
"""Milliseconds."""


class Posting(Protocol):
    """A room with a schedule that posts there."""

    @property
    def digests(self) -> Digests: ...

    @property
    def schedule(self) -> Schedule: ...


async def two_mondays(room: Posting) -> None:
    """A digest, and another one a week later."""
    async with room.digests.process() as scheduler:
        for week in range(2):
            await room.digests.at(NINE + timedelta(weeks=week), scheduler)
            await room.digests.sent(room.schedule, week + 1)


async def photographed(url: str, channel: str, file: Path) -> None:
    """The channel, as the page shows it."""
    async with async_playwright() as tool:
        browser = await tool.chromium.launch(executable_path=chromium(), args=QUIET)
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        await page.goto(f"{url}/")
        await page.click(f"#channels >> text={channel}")
        await expect(page.locator("#list")).to_contain_text("Since last time", timeout=PATIENCE)
        await page.screenshot(path=file)
        await browser.close()


async def take(folder: Path) -> None:
    """Two Mondays go by on each platform, and the channel is photographed."""
    with tempfile.TemporaryDirectory(prefix="deskhand-digest-") as data:
        async with open_storage(Path(data) / "slack.db") as storage, on_slack.room(storage) as slack:
            await two_mondays(slack)
            slack.slack.workspace.person("kim", "kim@acme.example")
            await photographed(slack.slack.url, "sla", folder / "slack-digest.png")
        async with open_storage(Path(data) / "discord.db") as storage, on_discord.room(storage) as discord:
            await two_mondays(discord)
            discord.discord.guild.person("kim")
            await photographed(discord.discord.url, "# leaders", folder / "discord-digest.png")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.digest_pictures", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where it goes (docs/images)")
    asyncio.run(take(parser.parse_args().folder))


if __name__ == "__main__":
    main()
