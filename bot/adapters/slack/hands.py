"""Does what ``Ears`` kept, in this process or another: handlers by kind of job."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from bot.adapters.slack import answering, buttons, commands, edits, shortcuts
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.ears import COMMAND, EDITED, MESSAGE, PRESS, QUESTION
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.work import Job
from bot.errors import TryLater
from bot.ports import GivenUp, Handler

log = logging.getLogger(__name__)

_PAUSE, _LONGEST = 15.0, 600.0
"""Seconds until Slack is tried again, longer each time."""

Doing = Callable[[Desk, Job], Awaitable[None]]

_DOING: Mapping[str, Doing] = {
    MESSAGE: answering.answer_message,
    EDITED: edits.offered,
    PRESS: buttons.done,
    COMMAND: commands.done,
    QUESTION: shortcuts.done,
}
_GIVEN_UP: Mapping[str, Doing] = {
    MESSAGE: answering.message_given_up,
    PRESS: buttons.given_up,
    COMMAND: commands.given_up,
    QUESTION: shortcuts.given_up,
}


def handlers(desk: Desk) -> dict[str, Handler]:
    """Who does which kind of job."""
    return {kind: partial(_tried, desk, do) for kind, do in _DOING.items()}


def given_up(desk: Desk) -> dict[str, GivenUp]:
    """Who tells people of a job that nobody tries again."""
    return {kind: partial(tell, desk) for kind, tell in _GIVEN_UP.items()}


async def _tried(desk: Desk, do: Doing, job: Job) -> None:
    try:
        await do(desk, job)
    except SlackUnreachable as error:
        raise TryLater(str(error), min(_PAUSE * (job.tries + 1), _LONGEST)) from error
    except SlackRefused:  # here and in direct messages: another try would not help
        log.exception("a job has no way back to its asker", extra={"job": job.key})
        if tell := _GIVEN_UP.get(job.kind):
            await tell(desk, job)
