"""The question about a write, and the line it becomes once it is answered."""

from __future__ import annotations

from collections.abc import Iterator

import discord

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
from bot.adapters.discord.press import Deed
from bot.adapters.discord.rendering.elements import Button, Card, Colour, line, moment, person, post, small, words_of
from bot.adapters.discord.rendering.files import Attached, attached
from bot.adapters.discord.rendering.notation import DISCORD, code
from bot.adapters.discord.rendering.post import Post
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import cut, one_line, plain
from bot.adapters.markup.tree import Fence
from bot.adapters.markup.writing import write
from bot.domain.action import ActionSpec
from bot.domain.approval import Approval, ApprovalItem, ApprovalState
from bot.domain.run import Document

DELETES = "This deletes something and cannot be undone from here."
ANSWER = "Answer yes or no."
_COLOURS = {ApprovalState.CONFIRMED: Colour.FINE}
_ROOM, _ROOM_IN_WORDS = 2_600, 1_200
"""Of all items together."""
_LEAST_NAME, _NAME, _AIM = 100, 150, 200
"""Of a name and of a target; less where there are several items."""


def confirm_post(approval: Approval, specs: Specs) -> Post:
    """The card. The arguments must be masked already. If not all of them fit, the file holds them whole."""
    shown, short = (
        [_item(approval, item, specs.get(item.action), room) for item in approval.items[:MOST]]
        for room in (_ROOM, _ROOM_IN_WORDS)
    )
    whole_text = [Document(FILE_NAME, "text/plain", _whole(approval, specs).encode())]
    files = attached(whole_text if _is_cut(approval, specs) else ())
    asks, lines = f"{person(approval.asker)}, {ASKS}", list(_small(approval, specs, files))
    card = Card(Colour.ASKING, (asks, *shown), lines, files.documents, list(_buttons(approval, specs)))
    return post(card, words_of(asks, *short, ANSWER, *lines))


def decided_post(approval: Approval) -> Post:
    """What the card becomes: who decided what, and when. No buttons."""
    said = SAID.get(approval.state, "Waiting")
    by = f" by {person(approval.decided_by)}" if approval.decided_by else ""
    at = f" {moment(approval.decided_at, 'f')}" if approval.decided_at else ""
    text = f"{said}{by}{at}: {line(names(approval), 700)}"
    lines = [small(line(f"{item.name}: {parameters(item)}", 300)) for item in with_arguments(approval)]
    return post(Card(_COLOURS.get(approval.state, Colour.CALM), (text,), lines), words_of(text, *lines))


def working_post(approval: Approval) -> Post:
    """Between the press and the decision: the buttons are gone at once."""
    text = f"Working on it: {line(names(approval), 1_000)}"
    return post(Card(Colour.CALM, (text,)), text)


def _item(approval: Approval, item: ApprovalItem, spec: ActionSpec | None, room: int) -> str:
    name, target = _heading(approval, item, spec)
    listed = cut(parameters(item), _share(approval, room), _code) if item.arguments else ""
    return "\n".join(filter(None, (f"**{name or 'Action'}**", target, listed)))


def _heading(approval: Approval, item: ApprovalItem, spec: ActionSpec | None) -> tuple[str, str]:
    share = max(1, len(approval.items[:MOST]))
    return (
        line(item.name, max(_LEAST_NAME, _NAME // share)),
        cut(one_line(aim(spec)), max(_LEAST_NAME, _AIM // share), code) if spec else "",
    )


def _share(approval: Approval, room: int) -> int:
    """For the parameters of one item."""
    return max(120, room // max(1, len(approval.items[:MOST])) - 2 * _LEAST_NAME)


def _is_cut(approval: Approval, specs: Specs) -> bool:
    """Whether anything that will run is not all on the card."""
    room = _share(approval, _ROOM)
    targets = [(item, specs.get(item.action)) for item in approval.items]
    return (
        len(approval.items) > MOST
        or any(size(_code(parameters(item))) > room for item in approval.items)
        or any(spec and _heading(approval, item, spec)[1] != code(aim(spec)) for item, spec in targets)
    )


def _whole(approval: Approval, specs: Specs) -> str:
    targets = [f"{item.name}: {aim(spec)}" for item in approval.items if (spec := specs.get(item.action))]
    return plain("\n".join((whole(approval), *(["", "Verb and target:", *targets] if targets else []))))


def _code(text: str) -> str:
    return write((Fence(text),), DISCORD)


def _small(approval: Approval, specs: Specs, files: Attached) -> Iterator[str]:
    if destroys(approval, specs):
        yield small(DELETES)
    if files.documents:
        yield small(CUT.format(where="here"))
    if files.left:
        yield small(line(f"Not everything fits here. {files.left}", 150))
    if approvers := approvers_of(approval, specs):
        yield small(line(f"{approvers} may confirm it, too.", 300))
    yield small(f"Asked: {line(approval.question, 250)}")
    yield small(f"Expires {moment(approval.expires_at, 'R')}")


def _buttons(approval: Approval, specs: Specs) -> Iterator[Button]:
    style = discord.ButtonStyle.danger if destroys(approval, specs) else discord.ButtonStyle.primary
    yield Button(Deed.CONFIRM, approval.id, "Confirm", style)
    if any(item.arguments for item in approval.items):
        yield Button(Deed.EDIT, approval.id, "Edit")
    yield Button(Deed.CANCEL, approval.id, "Cancel")
