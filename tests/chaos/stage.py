"""Everything around the service: two chat platforms, a model, a target; and the service's processes among them."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.faces import Discord, Face, Slack
from tests.chaos.model import Obedient
from tests.chaos.office import Office
from tests.chaos.processes import Role
from tests.chaos.target import Target
from tests.simulators.discord import DiscordSimulator
from tests.simulators.openai.server import KEY
from tests.simulators.slack import SlackSimulator

PEOPLE = [f"p{number:02d}" for number in range(12)]
_ACTIONS = Path(__file__).parent / "actions"
_TRIES = 30
"""Deliveries of one Slack event: more than Slack itself makes, as here the service dies far more often."""


@dataclass
class Stage:
    """One run of the play."""

    folder: Path
    target: Target
    faces: Sequence[Face]
    offices: Sequence[Office]
    roles: Sequence[Role]
    database_url: str = ""

    @property
    def deaths(self) -> list[float]:
        return [death for role in self.roles for death in role.deaths]

    def unknown_rows(self) -> frozenset[str]:
        """Items of runs whose end the service does not know. Read once the processes are gone."""
        wanted = "SELECT inputs FROM runs WHERE state = 'unknown'"
        if self.database_url:
            import psycopg

            with psycopg.connect(self.database_url) as server:
                rows = server.execute(wanted).fetchall()
        else:
            with closing(sqlite3.connect(self.folder / "data" / "deskhand.db")) as file:
                rows = file.execute(wanted).fetchall()
        return frozenset(str(json.loads(inputs)["item"]) for (inputs,) in rows)


@asynccontextmanager
async def open_stage(commands: Mapping[str, tuple[str, ...]], database_url: str = "") -> AsyncIterator[Stage]:
    """The stage with its processes running, by role name and command; they are kept alive until the end."""
    async with AsyncExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="deskhand-chaos-"))
        slack = await stack.enter_async_context(SlackSimulator(rates=False, running=True))
        slack.sockets.pauses = (0.0,) * _TRIES
        discord = await stack.enter_async_context(DiscordSimulator(rates=False, running=True))
        model = await stack.enter_async_context(Obedient())
        target = await stack.enter_async_context(Target())
        environment = _environment(folder, slack, discord, model, target, database_url)
        roles = [Role(name, command, environment, folder / f"{name}.log") for name, command in commands.items()]
        faces: list[Face] = [Slack(slack, PEOPLE), Discord(discord, PEOPLE)]
        stage = Stage(folder, target, faces, [Office(face) for face in faces], roles, database_url)
        keeping = [asyncio.create_task(role.keep()) for role in roles]
        try:
            await slack.until(lambda: slack.sockets.connections, 120)
            await discord.until(lambda: discord.gateway.ready, 120)
            yield stage
        finally:
            for task in keeping:
                task.cancel()
            await asyncio.gather(*keeping, return_exceptions=True)


def _environment(
    folder: Path, slack: SlackSimulator, discord: DiscordSimulator, model: Obedient, target: Target, database_url: str
) -> dict[str, str]:
    return {
        "DESKHAND_DATA_DIR": str(folder / "data"),
        "DESKHAND_ACTIONS_DIR": str(_ACTIONS),
        "DESKHAND_SANDBOX": "off",
        "DESKHAND_PORT": "0",
        "DESKHAND_LOG_LEVEL": "INFO",
        "DESKHAND_VARIABLE_TARGET_URL": target.url,
        "DESKHAND_INTERNAL_HOSTS": json.dumps([target.url.removeprefix("http://")]),
        "DESKHAND_SLACK_BOT_TOKEN": slack.workspace.bot_token,
        "DESKHAND_SLACK_APP_TOKEN": slack.app_token,
        "DESKHAND_SLACK_BASE_URL": slack.api_url,
        "DESKHAND_DISCORD_BOT_TOKEN": discord.token,
        "DESKHAND_DISCORD_API_BASE": discord.api_base,
        "DESKHAND_DISCORD_GATEWAY_URL": discord.gateway_url,
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_MODEL": "sim",
        **({"DATABASE_URL": database_url} if database_url else {}),
    }
