"""What happens when somebody presses a button. Every press is answered, if only by a private word."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from bot.adapters.chat import wording
from bot.adapters.chat.once import decision_counts
from bot.adapters.discord.modals import edit_form, opinion_form
from bot.adapters.discord.outbox import DiscordRefused
from bot.adapters.discord.places import Place, user_of
from bot.adapters.discord.press import Deed
from bot.adapters.discord.rendering.approval import confirm_post, decided_post, working_post
from bot.adapters.discord.rendering.notes import note
from bot.adapters.discord.rendering.reply import reply_posts
from bot.adapters.discord.sheets import ChannelSheet, InteractionSheet, Sheet, place_of_board
from bot.adapters.discord.spots import Spot
from bot.adapters.discord.turns import answer, documents_of
from bot.adapters.markup.neutral import one_line
from bot.domain.approval import Approval, ApprovalState
from bot.domain.message import ConversationId, Message, Reply
from bot.domain.person import Sender
from bot.domain.progress import Progress
from bot.domain.turn import Turn
from bot.ports import Watch

log = logging.getLogger(__name__)

_FORMS = frozenset({Deed.EDIT, Deed.BAD})
"""Answered by a form, which must be the first answer."""


async def pressed(spot: Spot, deed: str, about: str) -> None:
    """Do what a button of ours says. Never raises."""
    try:
        if deed not in _FORMS:
            await spot.acknowledge()
        if await spot.fresh():
            await _HANDLERS.get(deed, _unknown)(spot, about)
    except Exception:
        log.exception("a press of %s failed", deed)
        await spot.say(wording.FAILED)


# A write that waits for a yes


async def _decide(spot: Spot, about: str, *, approved: bool) -> None:
    desk, by = spot.desk, await spot.desk.people.of(spot.interaction)
    approval = await desk.conversations.waiting(about, by)
    if approval is None:
        await _settled(spot, about, by, approved)
    elif await decision_counts(desk.claims, "discord", approval.id, desk.clock()):
        state = ApprovalState.CONFIRMED if approved else ApprovalState.DECLINED
        decided = replace(approval, state=state, decided_by=by.id, decided_at=desk.clock())
        await _carried_out(spot, decided, by)
    else:
        await spot.say(wording.AT_WORK)


class _ShownBefore(Exception):
    """Another press has shown the reply."""


async def _carried_out(spot: Spot, decided: Approval, by: Sender) -> None:
    """The buttons go, the work is shown, the card becomes a line that says what was decided."""
    await spot.change(working_post(decided))
    desk, replies, yes = spot.desk, list[Reply](), decided.state is ApprovalState.CONFIRMED

    async def work(watch: Watch) -> Reply:
        replies.append(await desk.conversations.decide(decided.id, yes, by, watch))
        if not await desk.claims.claim(f"discord/decided/{decided.id}", desk.clock()):
            raise _ShownBefore
        return replace(replies[0], settled=None)  # the card is at hand

    asker = decided.asked_by or by  # whoever says yes, its files are the asker's
    try:
        with suppress(_ShownBefore):
            await answer(desk, _sheet(spot, decided.conversation, f"discord/decision/{decided.id}", asker), asker, work)
    finally:
        await _close(spot, decided, by, replies)


async def _close(spot: Spot, decided: Approval, by: Sender, replies: Sequence[Reply]) -> None:
    """The audit line; but if it still waits, because nothing came of the press, the buttons come back."""
    still = await spot.desk.conversations.waiting(decided.id, by)
    if still:
        await spot.change(confirm_post(still, (await spot.desk.conversations.overview(by)).specs))
    elif decided.state is ApprovalState.CONFIRMED and replies and not replies[0].used:
        names = ", ".join(item.name for item in decided.items)
        await spot.change(note(f"Not run: {names}. {one_line(replies[0].text)[:500]}"))
    else:
        await spot.change(decided_post(decided))


async def _settled(spot: Spot, about: str, by: Sender, approved: bool) -> None:
    """It is another person's, expired, replaced or decided: the engine says which, and nothing runs."""
    try:
        reply = await spot.desk.conversations.decide(about, approved, by, unwatched)
    except LookupError:
        await spot.say(wording.UNKNOWN_REQUEST)
        return
    await spot.say(reply.text)
    # the engine opens a turn for those who may decide alone; a line that says what was decided stays
    if reply.turn_id and await spot.shows(f"dh:{Deed.CONFIRM}:{about}"):
        await spot.change(note(one_line(reply.text)[:500]))


async def _edit(spot: Spot, about: str) -> None:
    """Let its asker change what waits."""
    by = await spot.desk.people.of(spot.interaction)
    approval = await spot.desk.conversations.waiting(about, by)
    if approval is None or approval.asker != by.id:
        await spot.say(wording.NOT_YOURS)
        return
    specs = (await spot.desk.conversations.overview(by)).specs
    if not await spot.opened(edit_form(approval, specs)):
        await spot.say(wording.LATE_FORM)


# Work and answers


async def _stop(spot: Spot, about: str) -> None:
    by = await spot.desk.people.of(spot.interaction)
    names = await spot.desk.conversations.stop(place_of_board(about).conversation, by)
    await spot.say(wording.stopped(names) or wording.NOTHING_RUNS)


async def _good(spot: Spot, about: str) -> None:
    by = await spot.desk.people.of(spot.interaction)
    await spot.desk.conversations.feedback(about, True, by)
    await spot.say(wording.THANKS)


async def _bad(spot: Spot, about: str) -> None:
    """It counts at once; the reason is asked for."""
    by = await spot.desk.people.of(spot.interaction)
    opened = await spot.opened(opinion_form(about))
    await spot.desk.conversations.feedback(about, False, by)
    if not opened:
        await spot.say(wording.LATE_FORM)


async def _retry(spot: Spot, about: str) -> None:
    """The same question again. One press of any number counts."""
    desk, by = spot.desk, await spot.desk.people.of(spot.interaction)
    turn = await desk.conversations.turn(about, by)
    if turn is None:
        await spot.say(wording.NOT_YOURS)
    elif _decides(turn):
        await spot.say(wording.DECISION)
    elif not await desk.claims.claim(f"discord/retry/{turn.id}", desk.clock()):
        await spot.say(wording.PRESSED_BEFORE)
    else:
        if spot.hidden:
            await spot.say(wording.AGAIN)
        again = Message(f"retry-{turn.id}", ConversationId.parse(turn.conversation), by, turn.text, desk.clock())
        sheet = _sheet(spot, turn.conversation, f"discord/retry/{turn.id}", by)
        await answer(desk, sheet, by, partial(desk.conversations.handle, again))


async def _share(spot: Spot, about: str) -> None:
    """Post a private answer for all, with its question. Once."""
    desk, by = spot.desk, await spot.desk.people.of(spot.interaction)
    turn = await desk.conversations.turn(about, by)
    if turn is None:
        await spot.say(wording.NOT_YOURS)
    elif not spot.place.guild or not spot.allowed:
        await spot.say("There is nowhere here that I may share to, so this stays private.")
    elif not await desk.claims.claim(f"discord/share/{turn.id}", desk.clock()):
        await spot.say("“Share” was pressed for this answer before, and it is shared once.")
    else:
        await _shared(spot, turn, by)


async def _shared(spot: Spot, turn: Turn, by: Sender) -> None:
    """The private message goes, as all can see it now."""
    desk = spot.desk
    reply = Reply(turn.id, ConversationId.parse(turn.conversation), turn.reply, turn.used, turn.mode)
    who = by.display_name or "Somebody"
    asked = note(f"{who} shares this:" if _decides(turn) else f"{who} asked: {one_line(turn.text)[:300]}")
    try:
        for number, post in enumerate((asked, *reply_posts(reply, await documents_of(desk, turn.used, by)))):
            await desk.outbox.post(spot.place, post, f"discord/share/{turn.id}/{number}")
    except DiscordRefused as refused:
        if not refused.no_way_in:
            raise
        await spot.say(wording.NOT_SHARED)
    else:
        await spot.vanish()


async def _again(spot: Spot, about: str) -> None:
    """Answer a changed question, as it reads now, once for each change."""
    if not await spot.desk.edits(about, spot.user, spot.place):
        await spot.say(wording.NOT_YOURS)


async def _unknown(spot: Spot, about: str) -> None:
    log.warning("no button is called %s", about)
    await spot.say(wording.OLD_BUTTON)


def _decides(turn: Turn) -> bool:
    """What was said is a bare yes or no."""
    return turn.message_id.startswith("decision-")


def _sheet(spot: Spot, conversation: str, mark: str, asker: Sender) -> Sheet:
    """Beside the message whose button was pressed."""
    place = Place.of(ConversationId.parse(conversation))
    if spot.hidden:
        return InteractionSheet(spot.desk, spot.interaction, place, private=True, after=True)
    return ChannelSheet(spot.desk, place, mark, user=user_of(asker.id), at=spot.place)


async def unwatched(progress: Progress) -> None:
    """A watch where nobody looks on."""


_HANDLERS: Mapping[str, Callable[[Spot, str], Awaitable[None]]] = {
    Deed.CONFIRM: partial(_decide, approved=True),
    Deed.CANCEL: partial(_decide, approved=False),
    Deed.EDIT: _edit,
    Deed.STOP: _stop,
    Deed.GOOD: _good,
    Deed.BAD: _bad,
    Deed.RETRY: _retry,
    Deed.SHARE: _share,
    Deed.AGAIN: _again,
}
