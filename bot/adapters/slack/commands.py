"""``/deskhand``: everything that it says is for the person who typed it, until they share it."""

from __future__ import annotations

import html
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.adapters.chat import wording
from bot.adapters.footer import run_mark
from bot.adapters.markup.neutral import brief, cut, escaped, one_line
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.ears import Ears
from bot.adapters.slack.handling import handled
from bot.adapters.slack.rendering.cards.notes import actions_payload, help_payload
from bot.adapters.slack.rendering.cards.post import Payload, Post, simple
from bot.adapters.slack.rendering.elements import context, moment, section
from bot.adapters.slack.responding import (
    Spot,
    first,
    message_of,
    note,
    own_conversation,
    spot_of,
    spot_opened,
    spot_sealed,
    tell,
    whisper,
)
from bot.adapters.slack.turns import unwatched
from bot.domain.action import Json
from bot.domain.person import Sender
from bot.domain.run import Run, RunState
from bot.domain.work import Job

log = logging.getLogger(__name__)

_WHAT = "What do you want to know? Write it after the word, such as: {command} ask where is order 12345?"


@dataclass(frozen=True, slots=True)
class Command:
    """One command."""

    spot: Spot
    name: str
    """With its slash."""
    text: str
    id: str
    """A name for what is asked."""

    def kept(self, desk: Desk) -> dict[str, Json]:
        """As the payload of a job."""
        return {"spot": spot_sealed(desk, self.spot), "name": self.name, "text": self.text, "id": self.id}

    @classmethod
    def of(cls, desk: Desk, payload: Mapping[str, Any]) -> Command:
        """Undo ``kept``."""
        return cls(spot_opened(desk, payload["spot"]), payload["name"], payload["text"], payload["id"])


Handler = Callable[[Desk, Command], Awaitable[None]]


async def ran(ears: Ears, body: Mapping[str, Any]) -> None:
    """Take a command: a question is kept, everything else is done at once. What is no command of ours is a question.

    Raises StorageError.
    """
    desk, trigger = ears.desk, str(body.get("trigger_id") or "")
    spot = replace(spot_of(body), hidden=True)
    text = html.unescape(str(body.get("text") or "")).strip()
    command = Command(spot, str(body.get("command") or "/deskhand"), text, f"{spot.team}/command/{desk.new_id()}")
    if handler := _AT_ONCE.get(text.casefold() or "help"):
        desk.tasks.spawn(_done_at_once(desk, trigger, command, handler), "a command")
    else:
        await ears.commanded(trigger, command.id, command.kept(desk))


async def done(desk: Desk, job: Job) -> None:
    """Answer the question of a command."""
    command = Command.of(desk, job.payload)
    word, _, rest = command.text.partition(" ")
    text = rest.strip() if word.casefold() == "ask" else command.text
    if not job.tries:
        await whisper(desk, command.spot, note("I am on it."))
    profile = await desk.people.profile(command.spot.team, command.spot.user)
    message = message_of(job.at, profile, own_conversation(command.spot), command.id, text)
    reply = await handled(desk, profile, message, unwatched)
    await tell(desk, command.spot, profile.sender, reply, f"You asked: {one_line(text)[:300]}")


async def given_up(desk: Desk, job: Job) -> None:
    """The asker has waited for nothing."""
    await whisper(desk, Command.of(desk, job.payload).spot, note(wording.TRY_AGAIN))


async def _done_at_once(desk: Desk, trigger: str, command: Command, handler: Handler) -> None:
    if not await first(desk, trigger):
        return
    try:
        await handler(desk, command)
    except Exception:
        log.exception("a command failed")
        await whisper(desk, command.spot, note(wording.TRY_AGAIN))


async def session_stopped(desk: Desk, body: Mapping[str, Any]) -> None:
    """Slack's own Stop in a thread (``agent_session_stopped``)."""
    event = body.get("event") or {}
    user, channel, root = (str(event.get(key) or "") for key in ("user", "channel", "thread_ts"))
    thread = root if event.get("streaming_message_ts") else ""  # what grew there is a reply; else there may be none
    await stopped(desk, replace(spot_of(body), user=user, channel=channel, thread=thread, message=root))


async def stopped(desk: Desk, spot: Spot) -> None:
    """Stop what runs for the person in a thread; they are told, and their turn answers with what it has."""
    by = await _sender(desk, spot)
    names = await desk.conversations.stop(spot.place.conversation, by)
    await whisper(desk, spot, note(wording.stopped(names) or wording.NOTHING_RUNS))


async def _help(desk: Desk, command: Command) -> None:
    await whisper(desk, command.spot, Post((help_payload(command.name),)))


async def _what(desk: Desk, command: Command) -> None:
    await whisper(desk, command.spot, note(_WHAT.format(command=command.name)))


async def _actions(desk: Desk, command: Command) -> None:
    overview = await desk.conversations.overview(await _sender(desk, command.spot))
    await whisper(desk, command.spot, Post((actions_payload(overview.actions),)))


async def _history(desk: Desk, command: Command) -> None:
    overview = await desk.conversations.overview(await _sender(desk, command.spot))
    await whisper(desk, command.spot, Post((_runs(overview.runs),)) if overview.runs else note("No runs yet."))


def _runs(runs: Sequence[Run]) -> Payload:
    spoken = "\n".join(f"{_line(run)} – {run.started_at:%Y-%m-%d %H:%M %Z}" for run in runs)
    lines = [f"{escaped(_line(run))} · {moment(run.started_at, '{date_short_pretty} {time}')}" for run in runs]
    return simple(f"Your recent runs:\n{spoken}", section("\n".join(("*Your recent runs*", *lines))))


def _line(run: Run) -> str:
    failed = f": {brief(run.detail, 80)}" if run.detail and run.state is not RunState.DONE else ""
    return f"{run_mark(run.state)} {brief(run.name, 80)}{failed} · {brief(run.question, 100)}"


async def _schedule(desk: Desk, command: Command) -> None:
    overview = await desk.conversations.overview(await _sender(desk, command.spot))
    await whisper(desk, command.spot, note("\n".join(wording.schedule_lines(overview))))


async def _status(desk: Desk, command: Command) -> None:
    """Only what can be seen from here: that this answer arrives, and what there is for this person."""
    overview = await desk.conversations.overview(await _sender(desk, command.spot))
    text = "\n".join(wording.status_lines(overview))
    await whisper(desk, command.spot, Post((simple(text, context(cut(text, 2_900, escaped))),)))


async def _stop(desk: Desk, command: Command) -> None:
    """A command is typed in no thread, so it stops what runs for this person wherever it is."""
    by = await _sender(desk, command.spot)
    names = await desk.conversations.stop(None, by)
    await whisper(desk, command.spot, note(wording.stopped(names) or "Nothing of yours runs now."))


async def _sender(desk: Desk, spot: Spot) -> Sender:
    return (await desk.people.profile(spot.team, spot.user)).sender


_AT_ONCE: Mapping[str, Handler] = {
    "help": _help,
    "ask": _what,
    "actions": _actions,
    "history": _history,
    "schedule": _schedule,
    "status": _status,
    "stop": _stop,
}
