"""What happens when somebody presses a button. Every press is answered, if only by a private word."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping

from bot.adapters.chat import wording
from bot.adapters.discord.modals import edit_form, opinion_form
from bot.adapters.discord.outbox import DiscordRefused
from bot.adapters.discord.press import Deed
from bot.adapters.discord.presses import KEPT, decides, press_job
from bot.adapters.discord.rendering.notes import note
from bot.adapters.discord.rendering.reply import reply_posts
from bot.adapters.discord.sheets import place_of_board
from bot.adapters.discord.spots import Spot
from bot.adapters.discord.turns import documents_of
from bot.adapters.markup.neutral import one_line
from bot.domain.message import ConversationId, Reply
from bot.domain.person import Sender
from bot.domain.turn import Turn

log = logging.getLogger(__name__)

_FORMS = frozenset({Deed.EDIT, Deed.BAD})
"""Answered by a form, which must be the first answer."""


async def pressed(spot: Spot, deed: str, about: str) -> None:
    """Do what a button of ours says, or keep it to be done. Never raises."""
    try:
        if deed in KEPT:
            await spot.desk.durable.take(press_job(spot, deed, about), spot.acknowledge)
            return
        if deed not in _FORMS:
            await spot.acknowledge()
        if await spot.fresh():
            await _HANDLERS.get(deed, _unknown)(spot, about)
    except Exception:
        log.exception("a press of %s failed", deed)
        await spot.acknowledge()
        await spot.say(wording.FAILED)


async def _edit(spot: Spot, about: str) -> None:
    """Let its asker change what waits."""
    by = await spot.sender()
    approval = await spot.desk.conversations.waiting(about, by)
    if approval is None or approval.asker != by.id:
        await spot.say(wording.NOT_YOURS)
        return
    specs = (await spot.desk.conversations.overview(by)).specs
    if not await spot.opened(edit_form(approval, specs)):
        await spot.say(wording.LATE_FORM)


# Work and answers


async def _stop(spot: Spot, about: str) -> None:
    by = await spot.sender()
    names = await spot.desk.conversations.stop(place_of_board(about).conversation, by)
    await spot.say(wording.stopped(names) or wording.NOTHING_RUNS)


async def _good(spot: Spot, about: str) -> None:
    by = await spot.sender()
    await spot.desk.conversations.feedback(about, True, by)
    await spot.say(wording.THANKS)


async def _bad(spot: Spot, about: str) -> None:
    """It counts at once; the reason is asked for."""
    by = await spot.sender()
    opened = await spot.opened(opinion_form(about))
    await spot.desk.conversations.feedback(about, False, by)
    if not opened:
        await spot.say(wording.LATE_FORM)


async def _share(spot: Spot, about: str) -> None:
    """Post a private answer for all, with its question. Once."""
    desk, by = spot.desk, await spot.sender()
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
    asked = note(f"{who} shares this:" if decides(turn) else f"{who} asked: {one_line(turn.text)[:300]}")
    try:
        for number, post in enumerate((asked, *reply_posts(reply, await documents_of(desk, turn.used, by)))):
            await desk.outbox.post(spot.place, post, f"discord/share/{turn.id}/{number}")
    except DiscordRefused as refused:
        if not refused.no_way_in:
            raise
        await spot.say(wording.NOT_SHARED)
    else:
        await spot.vanish()


async def _unknown(spot: Spot, about: str) -> None:
    log.warning("no button is called %s", about)
    await spot.say(wording.OLD_BUTTON)


_HANDLERS: Mapping[str, Callable[[Spot, str], Awaitable[None]]] = {
    Deed.EDIT: _edit,
    Deed.STOP: _stop,
    Deed.GOOD: _good,
    Deed.BAD: _bad,
    Deed.SHARE: _share,
}
