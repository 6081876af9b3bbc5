"""Opens modals and takes what people submit in them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from bot.adapters.chat import wording
from bot.adapters.markup.neutral import cut, escaped
from bot.adapters.slack import home
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.rendering.cards.approval import confirm_post
from bot.adapters.slack.rendering.cards.modals import (
    EDIT_VIEW,
    FEEDBACK_VIEW,
    edit_modal,
    edits,
    feedback_modal,
    field_id,
    reason_and_note,
)
from bot.adapters.slack.rendering.cards.post import Post, simple
from bot.adapters.slack.rendering.elements import Json, context, section, words
from bot.adapters.slack.rendering.limits import VIEW_TITLE
from bot.adapters.slack.responding import Spot, asked_at, change, kept_spot, note, whisper
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.action import ActionSpec
from bot.domain.approval import Approval
from bot.domain.person import Sender
from bot.ports import Edited

log = logging.getLogger(__name__)

_FAILED = "Something went wrong on my side, so this was not saved. Please try again."

Said = Mapping[str, Any]
"""What a submission is acknowledged with; empty to close the modal."""


async def opened(desk: Desk, spot: Spot, trigger: str, view: Mapping[str, Any]) -> None:
    """Open a modal that knows where it was asked for; ``private_metadata`` says what it is about.

    Tells the person if Slack does not let us any more: a trigger is good for three seconds.
    """
    told = {**view, "private_metadata": spot.kept(str(view["private_metadata"]))}
    try:
        await desk.outbox.call(spot.team, "views.open", spot.user, trigger_id=trigger, view=told)
    except (SlackRefused, SlackUnreachable) as error:
        log.warning("a modal could not be opened: %s", error)
        await whisper(desk, spot, note(wording.LATE_FORM))


async def edit_opened(desk: Desk, spot: Spot, trigger: str, approval_id: str) -> None:
    """Let its asker change what waits. By id alone: the trigger dies in three seconds, a profile may take as long."""
    approval, specs = await waiting(desk, spot.sender, approval_id)
    if approval is None:
        await whisper(desk, spot, note(wording.NOT_YOURS))
    else:
        await opened(desk, spot, trigger, edit_modal(approval, specs))


async def thumbed(desk: Desk, spot: Spot, trigger: str, turn_id: str, good: bool) -> None:
    """A thumb counts at once; the reason for one that points down is asked for."""
    if not good:
        await opened(desk, spot, trigger, feedback_modal(turn_id))
    await desk.conversations.feedback(turn_id, good, spot.sender)
    if good:
        await whisper(desk, spot, note(wording.THANKS))


async def submitted(desk: Desk, body: Mapping[str, Any]) -> Said:
    """Take a ``view_submission``; what to acknowledge it with. What takes long goes on after that."""
    view = body["view"]
    try:
        about, spot = kept_spot(str(view.get("private_metadata") or ""))
        values = view["state"]["values"]
        match view.get("callback_id"):
            case kind if kind == EDIT_VIEW:
                return await _edited(desk, spot, about, view, edits(values))
            case kind if kind == FEEDBACK_VIEW:
                return await _reasoned(desk, spot, about, *reason_and_note(values))
    except Exception:
        log.exception("a modal failed")
        return _told(_FAILED)
    return _told("I do not know this form; it may be of an older version of me.")


async def waiting(desk: Desk, by: Sender, approval_id: str) -> tuple[Approval | None, Mapping[str, ActionSpec]]:
    """What waits under that id, if this person may decide it, and the actions open to them."""
    found = await desk.conversations.waiting(approval_id, by)
    return found, (await desk.conversations.overview(by)).specs


async def _edited(desk: Desk, spot: Spot, about: str, view: Json, given: Mapping[int, Mapping[str, str]]) -> Said:
    """A person's own values for what waits. By id alone: Slack waits three seconds for the acknowledgement."""
    old, specs = await waiting(desk, spot.sender, about)
    if old is None:
        return _told(wording.NOT_WAITING)
    values = [given.get(place, {}) for place in range(max(given, default=-1) + 1)]
    edited = await desk.conversations.edit(about, values, spot.sender)
    if edited.approval is None:
        return _faults(view, edited)
    desk.tasks.spawn(_replaced(desk, spot, old, edited.approval, specs), "the card of an edited question")
    return {}


def _faults(view: Json, edited: Edited) -> Said:
    """Errors beside the fields they are about; what no field shows is told instead of the form."""
    fields = [str(block["block_id"]) for block in view["blocks"] if block["type"] == "input"]
    wrong = {field_id(place, name): fault for (place, name), fault in edited.faults.items()}
    errors = {each: wrong[each] for each in fields if each in wrong}
    if errors:
        return {"response_action": "errors", "errors": errors}
    return _told(edited.problem or " ".join(f"{name}: {fault}" for (_, name), fault in edited.faults.items()))


async def _replaced(desk: Desk, spot: Spot, old: Approval, new: Approval, specs: Mapping[str, ActionSpec]) -> None:
    """The old card becomes a line, and the new question is put where the old one was."""
    names = ", ".join(item.name for item in old.items)
    line = simple(f"Replaced: {names}", context(cut(f"Replaced by a changed request: {names}", 1_000, escaped)))
    try:
        await change(desk, spot, Post((line,)))
    except (SlackRefused, SlackUnreachable) as error:
        log.warning("a card stays as it was: %s", error)
    await _asked(desk, spot, confirm_post(new, specs), new)
    await home.publish(desk, spot.team, spot.user)


async def _asked(desk: Desk, spot: Spot, card: Post, new: Approval) -> None:
    at = spot if spot.channel else await asked_at(desk, spot, new.conversation)
    if at.hidden or at.channel in desk.rules.private:
        await whisper(desk, at, card)
        return
    try:
        await desk.outbox.post(at.place, card)
    except (SlackRefused, SlackUnreachable) as error:
        log.warning("a card goes to its asker alone: %s", error)
        await whisper(desk, at, card)


async def _reasoned(desk: Desk, spot: Spot, turn_id: str, reason: str, said: str) -> Said:
    await desk.conversations.feedback(turn_id, False, spot.sender, reason, said)
    desk.tasks.spawn(whisper(desk, spot, note(wording.THANKS)), "thanks for feedback")
    return {}


def _told(said: str) -> Said:
    """Put words in the place of the form."""
    view = {
        "type": "modal",
        "title": words("Not saved", VIEW_TITLE),
        "close": words("Close", VIEW_TITLE),
        "blocks": [section(cut(said, 2_900, escaped))],
    }
    return {"response_action": "update", "view": view}
