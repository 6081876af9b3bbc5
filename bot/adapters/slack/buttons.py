"""What happens when somebody presses a button. Every press is answered, if only by a private word."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from bot.adapters.chat import wording
from bot.adapters.markup.neutral import cut, escaped, one_line
from bot.adapters.slack.clicks import Click, clicks_of
from bot.adapters.slack.commands import stopped
from bot.adapters.slack.deciding import decide
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.ears import Ears
from bot.adapters.slack.edits import AGAIN, again
from bot.adapters.slack.handling import handled
from bot.adapters.slack.modals import edit_opened, thumbed
from bot.adapters.slack.past import NOTHING, Mark
from bot.adapters.slack.places import Place
from bot.adapters.slack.rendering.cards import approval as cards
from bot.adapters.slack.rendering.cards.post import Post
from bot.adapters.slack.rendering.cards.reply import FEEDBACK, RETRY, SHARE, reply_post
from bot.adapters.slack.rendering.cards.tasks import STOP
from bot.adapters.slack.rendering.elements import person
from bot.adapters.slack.responding import (
    Spot,
    answered,
    first,
    headed,
    message_of,
    note,
    sent,
    thread_of,
    whisper,
)
from bot.adapters.slack.turns import missing
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.message import ConversationId, Reply
from bot.domain.person import Sender
from bot.domain.run import Document
from bot.domain.turn import Turn
from bot.domain.work import Job
from bot.errors import StorageError

log = logging.getLogger(__name__)


async def pressed(ears: Ears, body: Mapping[str, Any]) -> None:
    """Take a press (``block_actions``): what does work is kept, what must be quick is done at once.

    Raises StorageError; the person was told then that nothing came of it.
    """
    desk = ears.desk
    for click in clicks_of(body):
        if click.action in _KEPT:
            await _kept(ears, click)
        else:
            desk.tasks.spawn(_done_at_once(desk, click), "a button")


async def done(desk: Desk, job: Job) -> None:
    """Do what a kept press asked for."""
    click = Click.of(desk, job.payload)
    try:
        await _KEPT[click.action](desk, click, job)
    except (StorageError, SlackUnreachable):
        raise  # it is begun again
    except Exception:
        log.exception("a press of %s failed", click.action)
        await whisper(desk, click.spot, note(wording.FAILED))


async def given_up(desk: Desk, job: Job) -> None:
    """Whoever pressed has waited for nothing."""
    await whisper(desk, Click.of(desk, job.payload).spot, note(wording.FAILED))


async def _kept(ears: Ears, click: Click) -> None:
    """In a lane of its own question: those of others do not hold it up, and the engine keeps a thread's order."""
    try:
        await ears.pressed(click.token, f"slack/press/{click.value}", click.kept(ears.desk))
    except StorageError:
        ears.desk.tasks.spawn(whisper(ears.desk, click.spot, note(wording.TRY_AGAIN)), "a press that was not kept")
        raise


async def _done_at_once(desk: Desk, click: Click) -> None:
    if not await first(desk, click.token):
        return
    try:
        await _AT_ONCE.get(click.action, _unknown)(desk, click)
    except Exception:
        log.exception("a press of %s failed", click.action)
        await whisper(desk, click.spot, note(wording.FAILED))


async def _feedback(desk: Desk, click: Click) -> None:
    thumb, _, turn_id = click.value.partition(":")
    await thumbed(desk, click.spot, click.trigger, turn_id, thumb == "good")


async def _retry(desk: Desk, click: Click, job: Job) -> None:
    """The same question again. One press of any number counts."""
    profile = await desk.people.profile(click.spot.team, click.spot.user)
    turn = await desk.conversations.turn(click.value, profile.sender)
    refusal = wording.NOT_YOURS if turn is None else wording.DECISION if turn.message_id.startswith("decision-") else ""
    if turn is None or refusal:
        await whisper(desk, click.spot, note(refusal))
    elif not await _first_of(desk, f"slack/retry/{turn.id}", job):
        await whisper(desk, click.spot, note(wording.PRESSED_BEFORE))
    else:
        conversation = ConversationId.parse(turn.conversation)
        if click.spot.hidden:
            await whisper(desk, click.spot, note("I try again."))
        anew = message_of(job.at, profile, conversation, f"retry-{turn.id}", turn.text)
        mark = Mark(f"slack/retry/{turn.id}", job.tries > 0, click.spot.message)
        await answered(desk, click.spot, profile.sender, partial(handled, desk, profile, anew), mark)


async def _first_of(desk: Desk, claim: str, job: Job) -> bool:
    """Whether no other press of it was before this one; one that was cut off goes on.

    An earlier try may have ended before its claim: it is claimed all the same, or a later press would win it.
    """
    return await desk.claims.claim(claim, desk.clock()) or job.tries > 0


async def _share(desk: Desk, click: Click, job: Job) -> None:
    """Post a private answer for all, with its question. Once."""
    by = (await desk.people.profile(click.spot.team, click.spot.user)).sender
    turn_id, _, thread = click.value.partition("/")
    turn = await desk.conversations.turn(turn_id, by)
    if turn is None:
        await whisper(desk, click.spot, note(wording.NOT_YOURS))
    elif click.spot.place.is_direct or not desk.rules.allows(click.spot.channel):
        await whisper(desk, click.spot, note("There is nowhere here that I may share to, so this stays private."))
    elif not await _first_of(desk, f"slack/share/{turn.id}", job):
        await whisper(desk, click.spot, note("“Share” was pressed for this answer before, and it is shared once."))
    else:
        await _shared(desk, _below(click.spot, turn, thread), turn, by, job)


def _below(spot: Spot, turn: Turn, thread: str) -> Spot:
    """In the thread of its question: a private answer stands beside that where nobody replied before."""
    asked = Place.of(ConversationId.parse(turn.conversation))
    return replace(spot, thread=spot.thread or thread or (asked.thread if asked.channel == spot.channel else ""))


async def _shared(desk: Desk, at: Spot, turn: Turn, by: Sender, job: Job) -> None:
    reply = Reply(turn.id, ConversationId.parse(turn.conversation), turn.reply, turn.used, turn.mode)
    question = cut(one_line(turn.text), 300, escaped)
    line = f"Asked by {person(at.user)}: {question}"
    post = headed(reply_post(reply), f"Asked by {by.display_name}: {one_line(turn.text)[:300]}", line)
    mark = f"slack/share/{turn.id}"
    past = await desk.outbox.past(at.place, at.message) if job.tries else NOTHING
    if mark not in past:
        await _announced(desk, at, replace(post, document=None), mark)
    documents = [*filter(None, [post.document]), *await _documents(desk, turn, by)]
    await _files_shared(desk, at, missing(documents, past.files_of(mark)))
    if at.hidden:
        with suppress(SlackRefused, SlackUnreachable):
            await _removed(desk, at)


async def _removed(desk: Desk, spot: Spot) -> None:
    """Take a private message away, once it is of no more use. Raises as ``change``."""
    await desk.responses.send(spot.address, {"delete_original": True})


async def _announced(desk: Desk, spot: Spot, post: Post, mark: str) -> None:
    """Post so that all see it, also where only the address lets us in. Raises as ``change``."""
    try:
        await desk.outbox.post(spot.place, post, mark=mark)
    except SlackRefused as refused:
        if not refused.no_way_in or not spot.address:
            raise
        await sent(desk, spot, post, {"response_type": "in_channel", "replace_original": False, **thread_of(spot)})


async def _files_shared(desk: Desk, spot: Spot, documents: Sequence[Document]) -> None:
    try:
        if documents:
            await desk.outbox.upload(spot.place, documents)
    except SlackRefused:
        await whisper(desk, spot, note("The answer is shared, but I may not put its files there."))


async def _documents(desk: Desk, turn: Turn, by: Sender) -> list[Document]:
    """All that the runs of a turn made."""
    found: list[Document] = []
    for used in turn.used:
        place = 0
        while document := await desk.conversations.document(used.run_id, place, by):
            found.append(document)
            place += 1
    return found


async def _unknown(desk: Desk, click: Click) -> None:
    log.warning("no button is called %s", click.action)
    await whisper(desk, click.spot, note(wording.OLD_BUTTON))


async def _again(desk: Desk, click: Click, job: Job) -> None:
    await again(desk, click.spot, click.value, job)


_KEPT: Mapping[str, Callable[[Desk, Click, Job], Awaitable[None]]] = {
    cards.CONFIRM: partial(decide, approved=True),
    cards.CANCEL: partial(decide, approved=False),
    RETRY: _retry,
    SHARE: _share,
    AGAIN: _again,
}
"""Presses that do work: they outlive the process."""
_AT_ONCE: Mapping[str, Callable[[Desk, Click], Awaitable[None]]] = {
    cards.EDIT: lambda desk, click: edit_opened(desk, click.spot, click.trigger, click.value),
    STOP: lambda desk, click: stopped(desk, click.spot),
    FEEDBACK: _feedback,
    f"{FEEDBACK}:good": _feedback,
    f"{FEEDBACK}:bad": _feedback,
}
