"""What the bot says of itself, the same on every platform."""

from __future__ import annotations

from collections.abc import Sequence

from bot.adapters.markup.neutral import brief
from bot.domain.overview import Overview
from bot.domain.run import RunState
from bot.domain.schedule import ScheduleLine

FAILED = "Something went wrong on my side, so I cannot say that this was done. Please look before you try again."
TRY_AGAIN = "Something went wrong on my side. Please try again."
NOT_YOURS = "Only the person who asked can do this, and only while it waits. Nothing was changed."
PRESSED_BEFORE = "Somebody pressed this before, and the first press counts. Nothing is done twice."
AT_WORK = "This was pressed before and I am at work on it. If nothing comes of it in two minutes, press it again."
UNKNOWN_REQUEST = "I do not know this request any more. Please ask again."
OLD_BUTTON = "I do not know this button; it may be of an older version of me. Please ask again."
OLD_COMMAND = "I do not know this command any more. Please close and reopen Discord to see the new ones, or try /help."
OLD_FORM = "I do not know this form; it may be of an older version of me. Please ask again."
DECISION = "A yes or no counts once, so it cannot be tried again. Please ask your question again."
NOTHING_RUNS = "Nothing of yours runs here. Only who asked can stop it."
NO_SCHEDULES = "Nothing is scheduled yet. Whoever runs me can set schedules up at the command line."
THANKS = "Thank you, that helps me to get better."
LATE_FORM = "I was given too little time to open the form. Please try again."
NOT_WELCOME = "Only people with certain roles may ask me in this server, and you have none of them."
PRIVATE_HERE = "I may not answer for everybody in this channel, so only you see this."
NOT_SHARED = "I may not write here, so this stays private."
AGAIN = "I try again."
LINK_FIRST = "Some of this needs your e-mail, which I do not know: use /link to tell me."
NOT_WAITING = "This does not wait for you any more: it was decided, replaced or has expired. Nothing was run."
EDITED = "You changed your question after I had begun with it. My answer is to what you wrote first."
NOT_ALONE = "I answer in the channels of a server, and nobody alone."
LINKED_ONLY = "I talk alone only with people whose e-mail I know. Use /link, then ask again."
_MOST_SCHEDULES = 20
REASONS = ("Wrong", "Incomplete", "Out of date", "Hard to read", "Something else")
"""What may be wrong with an answer."""


def stopped(names: Sequence[str]) -> str:
    """What was stopped, or nothing."""
    return f"Stopped: {', '.join(names)}." if names else ""


def schedule_lines(overview: Overview) -> tuple[str, ...]:
    """What runs by itself, and when next."""
    shown = [_schedule(line) for line in overview.schedules[:_MOST_SCHEDULES]]
    left = len(overview.schedules) - len(shown)
    return (*shown, *([f"and {left} more"] if left else ())) or (NO_SCHEDULES,)


def _schedule(line: ScheduleLine) -> str:
    following = f"next {line.following:%a %Y-%m-%d %H:%M}" if line.following else "paused"
    return f"{brief(line.name, 80)}: {brief(line.words, 200)} ({line.zone}); {following}"


def status_lines(overview: Overview) -> tuple[str, ...]:
    """Only what can be seen from here: that this answer arrives, and what there is for this person."""
    running = [brief(run.name, 80) for run in overview.runs if run.state is RunState.STARTED]
    return (
        "I hear you, and you hear me.",
        f"Actions open to you: {len(overview.actions)}.",
        f"Running for you now: {', '.join(running) or 'nothing'}.",
        f"Waiting for your yes: {len(overview.approvals)}.",
    )
