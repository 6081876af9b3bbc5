"""``python -m tests.simulators.slack``: a Slack of your own, with a page to talk to the bot."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import AsyncExitStack

from tests.simulators.deskhand import deskhand
from tests.simulators.slack.showcase import Showcase
from tests.simulators.slack.simulator import SlackSimulator


def settings(slack: SlackSimulator) -> dict[str, str]:
    """With which Deskhand connects here."""
    return {
        "DESKHAND_SLACK_BOT_TOKEN": slack.workspace.bot_token,
        "DESKHAND_SLACK_APP_TOKEN": slack.app_token,
        "DESKHAND_SLACK_BASE_URL": slack.api_url,
    }


async def serve(port: int, *, showcase: bool, bot: bool) -> None:
    """Run until interrupted."""
    async with AsyncExitStack() as running:
        slack = await running.enter_async_context(SlackSimulator(running=True, port=port))
        for name in ("alex", "sam", "robin"):
            person = slack.workspace.person(name, f"{name}@example.com")
            slack.workspace.may_mention.add(person.user.id)  # Deskhand names who is to confirm, and nobody else
        for name in ("support", "sales", "random"):
            slack.workspace.channel(name)
        print(f"The page:            {slack.url}/")
        print(f"Base URL of the API: {slack.api_url}")
        print(f"Bot token:           {slack.workspace.bot_token}")
        print(f"App token:           {slack.app_token}")
        print(f"Signing secret:      {slack.core.config.signing_secret}", flush=True)
        if bot:
            await running.enter_async_context(deskhand(settings(slack)))
        if showcase:
            await running.enter_async_context(Showcase(slack))
        await asyncio.Event().wait()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulators.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=8077, help="where the page is (8077)")
    parser.add_argument("--showcase", action="store_true", help="connect a bot that shows everything")
    parser.add_argument("--bot", action="store_true", help="connect Deskhand with its demo world")
    options = parser.parse_args()
    try:
        asyncio.run(serve(options.port, showcase=options.showcase, bot=options.bot))
    except KeyboardInterrupt:
        print("Bye.")


if __name__ == "__main__":
    main()
