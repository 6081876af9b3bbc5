"""Presses that begin work: kept as jobs first, so that one that was acknowledged is carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from bot.adapters.chat import wording
from bot.adapters.discord.answering import changed_question, delivered, settling, since
from bot.adapters.discord.desk import Desk
from bot.adapters.discord.happening import Happening
from bot.adapters.discord.places import Place, user_of
from bot.adapters.discord.press import Deed
from bot.adapters.discord.rendering.approval import decided_post, working_post
from bot.adapters.discord.rendering.notes import note
from bot.adapters.discord.sheets import ChannelSheet, InteractionSheet, Sheet
from bot.adapters.discord.spots import Spot
from bot.adapters.discord.turns import answer
from bot.adapters.markup.neutral import one_line
from bot.domain.action import Json
from bot.domain.approval import Approval, ApprovalState
from bot.domain.message import ConversationId, Message, Reply
from bot.domain.person import Sender
from bot.domain.progress import Progress
from bot.domain.turn import Turn
from bot.domain.work import Job
from bot.ports import Watch

PRESS = "discord.press"
"""Their kind of job."""


@dataclass(frozen=True, slots=True)
class Try:
    """One try at a job that somebody's press is."""

    job: Job
    spot: Spot

    @property
    def again(self) -> bool:
        """An earlier try may have done some of it."""
        return self.job.tries > 0

    async def first(self, claim: str) -> bool:
        """Whether this press is the one of any number that counts; the earlier try of the same counted already.

        That one may have ended before its claim: it is claimed all the same, or a later press would win it.
        """
        return await self.spot.desk.claims.claim(claim, self.spot.desk.clock()) or self.again

    def beside(self, conversation: str, mark: str, asker: Sender) -> Sheet:
        """Beside the message whose button was pressed."""
        spot, place = self.spot, Place.of(ConversationId.parse(conversation))
        if spot.hidden:
            return InteractionSheet(spot.desk, spot.happening, place, private=True, after=True, again=self.again)
        user, at = user_of(asker.id), spot.place
        return ChannelSheet(spot.desk, place, mark, user=user, at=at, since=since(self.job))


def press_job(spot: Spot, deed: str, about: str) -> Job:
    """A press to keep. All presses of one card are done one after the other."""
    payload: dict[str, Json] = {"at": spot.happening.payload(spot.desk.sealing), "deed": deed, "about": about}
    lane = f"discord/press/{about}" if deed in (Deed.CONFIRM, Deed.CANCEL) else f"discord/press/{deed}/{about}"
    return Job(spot.happening.key, PRESS, lane, payload, spot.desk.clock())


async def pressed(desk: Desk, job: Job) -> None:
    """Do a job of the kind ``discord.press``. Raises TryLater while Discord is away."""
    payload: Mapping[str, Any] = job.payload
    this = Try(job, Spot(desk, Happening.read(payload["at"], desk.sealing)))
    async with settling(job):
        await _DEEDS[payload["deed"]](this, payload["about"])


# A write that waits for a yes


async def _decide(this: Try, about: str, *, approved: bool) -> None:
    """What was pressed in time counts, however late it is carried out."""
    desk, by = this.spot.desk, await this.spot.sender()
    request = await desk.conversations.request(about, by)
    waits = request and request.state is ApprovalState.OPEN and this.job.at < request.expires_at
    if request and (waits or this.again):
        state = ApprovalState.CONFIRMED if approved else ApprovalState.DECLINED
        await _carried_out(this, replace(request, state=state, decided_by=by.id, decided_at=this.job.at), by)
    else:
        await _settled(this, about, by, approved)


async def _carried_out(this: Try, decided: Approval, by: Sender) -> None:
    """The buttons go, the work is shown, the card becomes a line that says what was decided."""
    spot, desk, replies = this.spot, this.spot.desk, list[Reply]()
    await spot.change(working_post(decided))

    async def work(watch: Watch) -> Reply:
        yes = decided.state is ApprovalState.CONFIRMED
        replies.append(await desk.conversations.decide(decided.id, yes, by, watch, this.job.at))
        return replace(replies[0], settled=None)  # the card is at hand

    asker = decided.asked_by or by  # whoever says yes, its files are the asker's
    sheet = this.beside(decided.conversation, f"discord/decision/{decided.id}", asker)
    try:
        await answer(desk, sheet, asker, work)
    finally:
        if replies:
            await _close(spot, decided, replies[0])


async def _close(spot: Spot, decided: Approval, reply: Reply) -> None:
    """The audit line."""
    if decided.state is ApprovalState.CONFIRMED and not reply.used:
        names = ", ".join(item.name for item in decided.items)
        await spot.change(note(f"Not run: {names}. {one_line(reply.text)[:500]}"))
    else:
        await spot.change(decided_post(decided))


async def _settled(this: Try, about: str, by: Sender, approved: bool) -> None:
    """It is another person's, expired, replaced or decided: the engine says which, and nothing runs."""
    spot = this.spot
    try:
        reply = await spot.desk.conversations.decide(about, approved, by, unwatched, this.job.at)
    except LookupError:
        await spot.say(wording.UNKNOWN_REQUEST)
        return
    await spot.say(reply.text)
    # the engine opens a turn for those who may decide alone; a line that says what was decided stays
    if reply.turn_id and await spot.shows(f"dh:{Deed.CONFIRM}:{about}"):
        await spot.change(note(one_line(reply.text)[:500]))


# Questions that are asked again


async def _retry(this: Try, about: str) -> None:
    """The same question again. One press of any number counts."""
    spot, desk, by = this.spot, this.spot.desk, await this.spot.sender()
    turn = await desk.conversations.turn(about, by)
    if turn is None:
        await spot.say(wording.NOT_YOURS)
    elif decides(turn):
        await spot.say(wording.DECISION)
    elif not await this.first(f"discord/retry/{turn.id}"):
        await spot.say(wording.PRESSED_BEFORE)
    else:
        if spot.hidden:
            await spot.say(wording.AGAIN)
        again = Message(f"retry-{turn.id}", ConversationId.parse(turn.conversation), by, turn.text, this.job.at)
        sheet = this.beside(turn.conversation, f"discord/retry/{turn.id}", by)
        await answer(desk, sheet, by, partial(desk.conversations.handle, again))


async def _again(this: Try, about: str) -> None:
    """Answer a changed question, as it reads now, once for each change."""
    asked = await changed_question(this.spot.desk, about, this.spot.user)
    if asked is None:
        await this.spot.say(wording.NOT_YOURS)
    elif await this.first(asked.key):
        await delivered(this.spot.desk, this.job, asked)


def decides(turn: Turn) -> bool:
    """What was said is a bare yes or no."""
    return turn.message_id.startswith("decision-")


async def unwatched(progress: Progress) -> None:
    """A watch where nobody looks on."""


_DEEDS: Mapping[str, Callable[[Try, str], Awaitable[None]]] = {
    Deed.CONFIRM: partial(_decide, approved=True),
    Deed.CANCEL: partial(_decide, approved=False),
    Deed.RETRY: _retry,
    Deed.AGAIN: _again,
}
KEPT = frozenset(_DEEDS)
"""What is kept as a job; all else is done at once."""
