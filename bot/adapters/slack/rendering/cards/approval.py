"""The question about a write, and the line it becomes once it is answered."""

from __future__ import annotations

from collections.abc import Iterator

from bot.adapters.chat.approvals import (
    ASKS,
    CUT,
    FILE_NAME,
    MOST,
    SAID,
    Specs,
    aim,
    approvers_of,
    destroys,
    names,
    parameters,
    whole,
    with_arguments,
)
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import cut, escaped, one_line, plain
from bot.adapters.markup.tree import Fence
from bot.adapters.markup.writing import write
from bot.adapters.slack.rendering.cards.post import Payload, Post, notice_text, simple
from bot.adapters.slack.rendering.elements import Json, actions, button, context, moment, person, section, words
from bot.adapters.slack.rendering.limits import CONFIRM_BUTTON, CONFIRM_TEXT, CONFIRM_TITLE
from bot.adapters.slack.rendering.mrkdwn import MRKDWN
from bot.domain.action import ActionSpec
from bot.domain.approval import Approval, ApprovalItem
from bot.domain.run import Document

CONFIRM = "approval:confirm"
EDIT = "approval:edit"
CANCEL = "approval:cancel"
_ROOM = 8_000
_NAME = 150


def confirm_post(approval: Approval, specs: Specs) -> Post:
    """The card. The arguments must be masked already. If not all of them fit, the file holds them whole."""
    raw = whole(approval)
    text = notice_text(f"{raw}\nOpen my Home tab to decide.")
    blocks = tuple(confirm_blocks(approval, specs))
    file = Document(FILE_NAME, "text/plain", plain(raw).encode()) if _is_cut(approval) else None
    return Post((Payload(text, blocks), Payload(text)), file)


def confirm_blocks(approval: Approval, specs: Specs) -> Iterator[Json]:
    """Verb, target, exact parameters, who asked, until when, and the buttons. Their value is the approval's id."""
    yield section(f"{person(approval.asker)}, {ASKS}")
    for item in approval.items[:MOST]:
        yield section(_heading(item, specs.get(item.action)))
        if item.arguments:
            yield section(cut(parameters(item), _room(approval), _code))
    if _is_cut(approval):
        yield context(CUT.format(where="in the thread"))
    if approvers := approvers_of(approval, specs):
        yield context(cut(f"{approvers} may confirm it, too.", 500, escaped))
    yield context(f"Asked: {cut(one_line(approval.question), 300, escaped)}", f"Expires {_expiry(approval)}")
    yield actions("approval", list(_buttons(approval, specs)))


def decided_payload(approval: Approval) -> Payload:
    """What the card becomes: who decided what, and when. No buttons."""
    said = SAID.get(approval.state, "Waiting")
    by = f" by {person(approval.decided_by)}" if approval.decided_by else ""
    at = f" {moment(approval.decided_at, '{date_short_pretty} {time}')}" if approval.decided_at else ""
    line = f"{said}{by}{at}: {cut(one_line(names(approval)), 1_000, escaped)}"
    return simple(f"{said}: {names(approval)}", context(line), *map(_audited, with_arguments(approval)))


def working_payload(approval: Approval) -> Payload:
    """Between the click and the decision: the buttons are gone at once."""
    doing = names(approval)
    return simple(f"Working on it: {doing}", context(f"Working on it: {cut(one_line(doing), 1_000, escaped)}"))


def _heading(item: ApprovalItem, spec: ActionSpec | None) -> str:
    name = f"*{cut(one_line(item.name), _NAME, escaped)}*"
    target = aim(spec) if spec else ""
    return f"{name}\n`{cut(target, 200, escaped).replace('`', 'ˋ')}`" if target else name


def _code(text: str) -> str:
    return write((Fence(text),), MRKDWN)


def _room(approval: Approval) -> int:
    return min(2_800, _ROOM // max(1, len(approval.items[:MOST])))


def _is_cut(approval: Approval) -> bool:
    room = _room(approval)
    return len(approval.items) > MOST or any(size(_code(parameters(item))) > room for item in approval.items)


def _expiry(approval: Approval) -> str:
    return moment(approval.expires_at, "{date_short_pretty} {time}")


def _audited(item: ApprovalItem) -> Json:
    return context(cut(one_line(f"{item.name}: {parameters(item)}"), 500, escaped))


def _buttons(approval: Approval, specs: Specs) -> Iterator[Json]:
    deletes = destroys(approval, specs)
    confirm = button("Confirm", CONFIRM, approval.id, "danger" if deletes else "primary")
    yield {**confirm, "confirm": _again()} if deletes else confirm
    if any(item.arguments for item in approval.items):
        yield button("Edit", EDIT, approval.id)
    yield button("Cancel", CANCEL, approval.id)


def _again() -> Json:
    """Slack's own second question, before something is deleted."""
    return {
        "title": words("Are you sure?", CONFIRM_TITLE),
        "text": words("This deletes something and cannot be undone from here.", CONFIRM_TEXT),
        "confirm": words("Delete", CONFIRM_BUTTON),
        "deny": words("Back", CONFIRM_BUTTON),
        "style": "danger",
    }
