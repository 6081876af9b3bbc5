"""A press that decides about a write: whoever may says yes or no, and what was asked is carried out once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from bot.adapters.chat import wording
from bot.adapters.markup.neutral import cut, escaped, one_line
from bot.adapters.slack import home
from bot.adapters.slack.clicks import Click
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.modals import waiting
from bot.adapters.slack.past import Mark
from bot.adapters.slack.rendering.cards import approval as cards
from bot.adapters.slack.rendering.cards.post import Payload, Post, simple
from bot.adapters.slack.rendering.cards.reply import reply_post
from bot.adapters.slack.rendering.elements import context
from bot.adapters.slack.responding import (
    Spot,
    answered,
    asked_at,
    change,
    note,
    whisper,
)
from bot.adapters.slack.turns import unwatched
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.approval import Approval, ApprovalState
from bot.domain.message import Reply
from bot.domain.person import Sender
from bot.domain.work import Job
from bot.ports import Watch

log = logging.getLogger(__name__)


async def decide(desk: Desk, click: Click, job: Job, *, approved: bool) -> None:
    """Carry out what a kept press says about what waits; where it says nothing any more, its person is told why."""
    by = (await desk.people.profile(click.spot.team, click.spot.user)).sender
    approval = await desk.conversations.request(click.value, by)
    if approval is None or not _counts(approval, by, job):
        await _settled(desk, click, by, approved)
        return
    state = ApprovalState.CONFIRMED if approved else ApprovalState.DECLINED
    if approval.state is ApprovalState.OPEN:
        approval = replace(approval, state=state, decided_by=by.id, decided_at=job.at)
    await _carried_out(desk, click, approval, by, job)


def _counts(approval: Approval, by: Sender, job: Job) -> bool:
    """A press counts if it came in time, or if it is the one that was being carried out when its process died."""
    if approval.state is ApprovalState.OPEN:
        return job.at < approval.expires_at
    return job.tries > 0 and approval.decided_by == by.id


async def _carried_out(desk: Desk, click: Click, decided: Approval, by: Sender, job: Job) -> None:
    """The buttons go, the work is shown, the card becomes a line that says what was decided."""
    await _changed(desk, click.spot, _line(cards.working_payload(decided)))
    replies: list[Reply] = []

    async def work(watch: Watch) -> Reply:
        replies.append(await desk.conversations.decide(decided.id, _is_yes(decided), by, watch, job.at))
        return replace(replies[0], settled=None) if click.spot.channel else replies[0]  # here the card is at hand

    mark = Mark(f"slack/decision/{decided.id}", job.tries > 0, click.spot.message)
    try:
        spot = await _answer_spot(desk, click.spot, decided)
        await answered(desk, spot, decided.asked_by or by, work, mark)  # whoever says yes, its files are the asker's
    finally:
        await _close(desk, click, decided, by, replies)


def _is_yes(decided: Approval) -> bool:
    return decided.state is ApprovalState.CONFIRMED


async def _close(desk: Desk, click: Click, decided: Approval, by: Sender, replies: Sequence[Reply]) -> None:
    """The audit line; but if it still waits, because nothing came of the press, the buttons come back."""
    still, specs = await waiting(desk, by, decided.id)
    if still:
        card = cards.confirm_post(still, specs)
    elif _is_yes(decided) and replies and not replies[0].used:
        card = _not_run(decided, replies[0].text)
    else:
        card = _line(cards.decided_payload(decided))
    await _changed(desk, click.spot, card)
    await home.publish(desk, click.spot.team, click.spot.user)


def _line(payload: Payload) -> Post:
    """Whatever Slack thinks of its form, the buttons must go."""
    return Post((payload, Payload(payload.text)))


def _not_run(decided: Approval, said: str) -> Post:
    """It expired or its action changed while it waited for its turn."""
    return note(f"Not run: {', '.join(item.name for item in decided.items)}. {one_line(said)[:500]}")


async def _settled(desk: Desk, click: Click, by: Sender, approved: bool) -> None:
    """It is another person's, expired, replaced or decided: the engine says which, and nothing runs."""
    try:
        reply = await desk.conversations.decide(click.value, approved, by, unwatched)
    except LookupError:
        await whisper(desk, click.spot, note(wording.UNKNOWN_REQUEST))
        return
    if reply.used:  # the answer to an earlier press, which stands there already
        where = "here" if click.spot.hidden else "in the thread"
        await whisper(desk, click.spot, note(f"This was decided already; the answer is {where}."))
        return
    await whisper(desk, click.spot, Post(reply_post(reply).ladder) if reply.turn_id else note(reply.text))
    if reply.turn_id:  # the engine opens a turn for the asker alone
        await _changed(desk, click.spot, _spent(click, reply.text))
        await home.publish(desk, click.spot.team, click.spot.user)


def _spent(click: Click, said: str) -> Post:
    """The card as it was, without buttons and with what became of it."""
    line = context(cut(one_line(said), 500, escaped))
    kept = [block for block in click.blocks if block.get("type") in ("section", "context")]
    return Post((Payload(escaped(said), (*kept, line)), simple(said, line)))


async def _changed(desk: Desk, spot: Spot, post: Post) -> None:
    """Change a card; one that cannot be changed does not stop what is decided."""
    try:
        await change(desk, spot, post)
    except (SlackRefused, SlackUnreachable) as error:
        log.warning("a card stays as it was: %s", error)


async def _answer_spot(desk: Desk, spot: Spot, approval: Approval) -> Spot:
    """Beside the card; for one in the Home tab, where the question was asked."""
    return spot if spot.channel else await asked_at(desk, spot, approval.conversation)
