"""Who does the jobs that Discord's people cause; no gateway is needed for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from bot.adapters.chat import wording
from bot.adapters.discord import answering, asking, presses
from bot.adapters.discord.asked import MESSAGE, Asked
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.happening import Happening
from bot.adapters.discord.rendering.notes import note
from bot.adapters.discord.sheets import InteractionSheet
from bot.adapters.discord.spots import Spot
from bot.domain.work import Job
from bot.ports import GivenUp, Handler


def handlers(desk: Desk) -> Mapping[str, Handler]:
    """By kind of job."""
    return {
        MESSAGE: partial(answering.answered, desk),
        asking.COMMAND: partial(asking.asked, desk),
        presses.PRESS: partial(presses.pressed, desk),
    }


def given_up(desk: Desk) -> Mapping[str, GivenUp]:
    """Who tells people of a job that nobody tries again, by kind."""
    return {
        MESSAGE: partial(_question_given_up, desk),
        asking.COMMAND: partial(_command_given_up, desk),
        presses.PRESS: partial(_press_given_up, desk),
    }


async def _question_given_up(desk: Desk, job: Job) -> None:
    asked = Asked.read(job.payload)
    await answering.sheet_of(desk, job, asked).settle((note(wording.FAILED),))


async def _command_given_up(desk: Desk, job: Job) -> None:
    payload: Mapping[str, Any] = job.payload
    happening = Happening.read(payload["at"], desk.sealing)
    sheet = InteractionSheet(desk, happening, happening.place, private=payload["private"])
    await sheet.settle((note(wording.FAILED),))


async def _press_given_up(desk: Desk, job: Job) -> None:
    payload: Mapping[str, Any] = job.payload
    await Spot(desk, Happening.read(payload["at"], desk.sealing)).say(wording.FAILED)
