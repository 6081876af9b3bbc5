"""Questions that are asked with a command or a form: kept as jobs, answered by way of the interaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from bot.adapters.chat import wording
from bot.adapters.discord.answering import settling
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.happening import Happening
from bot.adapters.discord.places import Place
from bot.adapters.discord.rendering.notes import note
from bot.adapters.discord.sheets import InteractionSheet
from bot.adapters.discord.spots import Spot
from bot.adapters.discord.turns import answer
from bot.domain.action import Json
from bot.domain.message import Message
from bot.domain.work import Job

COMMAND = "discord.command"
"""Its kind of job."""


def question_job(spot: Spot, question: str, *, private: bool = True, hid: bool = False) -> Job:
    """What somebody asks. ``hid``: the answer was to be for everybody, where it may not be."""
    payload: dict[str, Json] = {
        "at": spot.happening.payload(spot.desk.sealing), "question": question, "private": private, "hid": hid,
    }  # fmt: skip
    lane = str(_place(spot, private=private).conversation)
    return Job(spot.happening.key, COMMAND, lane, payload, spot.desk.clock())


async def asked(desk: Desk, job: Job) -> None:
    """Do a job of the kind ``discord.command``. Raises TryLater while Discord is away."""
    payload: Mapping[str, Any] = job.payload
    spot = Spot(desk, Happening.read(payload["at"], desk.sealing))
    async with settling(job):
        await _answered(spot, job, payload["question"], private=payload["private"])
        if payload["hid"] and spot.welcome:
            await spot.say(wording.PRIVATE_HERE)


async def _answered(spot: Spot, job: Job, question: str, *, private: bool) -> None:
    desk, by = spot.desk, await spot.sender()
    place = _place(spot, private=private)
    sheet = InteractionSheet(desk, spot.happening, place, private=private, again=job.tries > 0)
    if said := _refusal(spot, private=private, linked=by.verified):
        await sheet.settle((note(said),))
        return
    message = Message(f"i/{spot.happening.id}", place.conversation, by, question, job.at)
    await answer(desk, sheet, by, partial(desk.conversations.handle, message))


def _refusal(spot: Spot, *, private: bool, linked: bool) -> str:
    if not spot.welcome:
        return wording.NOT_WELCOME
    return spot.unserved(linked=linked) if private else ""


def own_place(spot: Spot) -> Place:
    """Of what one person asks where nobody else reads along: it has a memory of its own."""
    return Place("", spot.user)


def _place(spot: Spot, *, private: bool) -> Place:
    """What all see joins the memory of the thread; where there is none, it has one of its own."""
    if private:
        return own_place(spot)
    place = spot.place
    return place if place.thread or place.is_direct else replace(place, thread=spot.happening.id)
