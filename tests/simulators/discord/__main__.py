"""``python -m tests.simulators.discord``: a Discord of your own, with a page to talk to the bot."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AsyncExitStack

from tests.simulators.deskhand import deskhand
from tests.simulators.discord.showcase import Showcase
from tests.simulators.discord.simulator import DiscordSimulator


def settings(discord: DiscordSimulator) -> dict[str, str]:
    """With which Deskhand connects here."""
    return {
        "DESKHAND_DISCORD_BOT_TOKEN": discord.token,
        "DESKHAND_DISCORD_API_BASE": discord.api_base,
        "DESKHAND_DISCORD_GATEWAY_URL": discord.gateway_url,
    }


def furnish(discord: DiscordSimulator) -> None:
    """People and channels to begin with."""
    guild = discord.guild
    for name in ("alex", "sam", "robin"):
        person = guild.person(name, roles=["agents"] if name == "sam" else [])
        discord.core.may_mention.add(person.id)  # Deskhand names who is to confirm, and nobody else
    for name in ("support", "sales", "random"):
        guild.channel(name)
    guild.channel("news", kind="announcement")
    guild.channel("help", kind="forum", tags=["orders", "refunds", "answered"])


async def serve(port: int, *, showcase: bool, bot: bool) -> None:
    """Run until interrupted."""
    async with AsyncExitStack() as running:
        discord = await running.enter_async_context(DiscordSimulator(running=True, port=port))
        furnish(discord)
        print(f"The page:      {discord.url}/")
        print(f"API base:      {discord.api_base}")
        print(f"Gateway:       {discord.gateway_url}")
        print(f"Bot token:     {discord.token}")
        print(f"Client:        {discord.core.application}, secret {discord.core.config.client_secret}", flush=True)
        if bot:
            await running.enter_async_context(deskhand(settings(discord)))
        if showcase:
            await running.enter_async_context(Showcase(discord))
        await asyncio.Event().wait()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.discord", description=__doc__)
    parser.add_argument("--port", type=int, default=8078, help="where the page is (8078)")
    parser.add_argument("--showcase", action="store_true", help="connect a bot that shows everything")
    parser.add_argument("--bot", action="store_true", help="connect Deskhand with its demo world")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.port, showcase=options.showcase, bot=options.bot))
    except KeyboardInterrupt:
        print("Bye.")


if __name__ == "__main__":
    main()
