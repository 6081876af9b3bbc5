"""The question about a write, and the line it becomes once it is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import cut, escaped, one_line, plain
from bot.adapters.markup.tree import Fence
from bot.adapters.markup.writing import write
from bot.adapters.slack.rendering.cards.post import Payload, Post, notice_text, simple
from bot.adapters.slack.rendering.elements import Json, actions, button, context, moment, person, section, words
from bot.adapters.slack.rendering.limits import CONFIRM_BUTTON, CONFIRM_TEXT, CONFIRM_TITLE
from bot.adapters.slack.rendering.mrkdwn import MRKDWN
from bot.domain.action import ActionSpec, HttpCall
from bot.domain.approval import Approval, ApprovalItem, ApprovalState
from bot.domain.run import Document

CONFIRM = "approval:confirm"
EDIT = "approval:edit"
CANCEL = "approval:cancel"
FILE_NAME = "parameters.txt"
MOST = 8
"""Actions shown of one question; a turn runs no more."""
_ROOM = 8_000
_NAME = 150
_MARKS = {
    ApprovalState.CONFIRMED: "✓ Confirmed",
    ApprovalState.DECLINED: "✗ Cancelled",
    ApprovalState.EXPIRED: "Expired",
    ApprovalState.REPLACED: "Changed",
}
_BASE = re.compile(r"\{([A-Z0-9_]+?)_BASE_URL\}")
Specs = Mapping[str, ActionSpec]
"""Definitions by slug, for the verb and target; an action that is not there is shown without."""


def confirm_post(approval: Approval, specs: Specs) -> Post:
    """The card. The arguments must be masked already. If not all of them fit, the file holds them whole."""
    raw = "\n".join(("Please confirm before I run:", *map(_whole, approval.items)))
    text = notice_text(f"{raw}\nOpen my Home tab to decide.")
    blocks = tuple(confirm_blocks(approval, specs))
    file = Document(FILE_NAME, "text/plain", plain(raw).encode()) if _is_cut(approval) else None
    return Post((Payload(text, blocks), Payload(text)), file)


def confirm_blocks(approval: Approval, specs: Specs) -> Iterator[Json]:
    """Verb, target, exact parameters, who asked, until when, and the buttons. Their value is the approval's id."""
    yield section(f"{person(approval.asker)}, please confirm before I run:")
    for item in approval.items[:MOST]:
        yield section(_heading(item, specs.get(item.action)))
        if item.arguments:
            yield section(cut(_parameters(item), _room(approval), _code))
    if _is_cut(approval):
        yield context("Not everything fits here. The file in the thread holds all parameters in full.")
    if approvers := _approvers(approval, specs):
        yield context(cut(f"{approvers} may confirm it, too.", 500, escaped))
    yield context(f"Asked: {cut(one_line(approval.question), 300, escaped)}", f"Expires {_expiry(approval)}")
    yield actions("approval", list(_buttons(approval, specs)))


def decided_payload(approval: Approval) -> Payload:
    """What the card becomes: who decided what, and when. No buttons."""
    names = ", ".join(item.name for item in approval.items[:MOST])
    said = _MARKS.get(approval.state, "Waiting")
    by = f" by {person(approval.decided_by)}" if approval.decided_by else ""
    at = f" {moment(approval.decided_at, '{date_short_pretty} {time}')}" if approval.decided_at else ""
    line = f"{said}{by}{at}: {cut(one_line(names), 1_000, escaped)}"
    return simple(f"{said}: {names}", context(line), *map(_audited, _with_arguments(approval)))


def working_payload(approval: Approval) -> Payload:
    """Between the click and the decision: the buttons are gone at once."""
    names = ", ".join(item.name for item in approval.items[:MOST])
    return simple(f"Working on it: {names}", context(f"Working on it: {cut(one_line(names), 1_000, escaped)}"))


def refusal_payload(approval: Approval) -> Payload:
    """The private word to somebody who may not decide."""
    blocks = context(f"Only {person(approval.asker)} may decide this. Nothing was changed.")
    return simple("Only the person who asked may decide this. Nothing was changed.", blocks)


def _heading(item: ApprovalItem, spec: ActionSpec | None) -> str:
    name = f"*{cut(one_line(item.name), _NAME, escaped)}*"
    aim = _aim(spec) if spec else ""
    return f"{name}\n`{cut(aim, 200, escaped).replace('`', 'ˋ')}`" if aim else name


def _aim(spec: ActionSpec) -> str:
    """The verb and target that the definition gives: ``DELETE api.example.com``, or ``POST SAP`` for a variable."""
    if isinstance(spec.work, HttpCall):
        variable = _BASE.match(spec.work.endpoint)
        host = spec.work.endpoint.partition("://")[2].partition("/")[0].rpartition("@")[2]
        return one_line(f"{spec.work.method} {variable[1] if variable else host}")
    return "Python script"


def _parameters(item: ApprovalItem) -> str:
    """One line each; a value that has more lines cannot pose as another parameter."""
    lines = (f"{name.replace('_', ' ')}: {_value(value)}" for name, value in item.arguments.items())
    return "\n".join(lines)


def _value(value: object) -> str:
    return "\n  ↵ ".join(plain(str(value)).split("\n"))


def _code(text: str) -> str:
    return write((Fence(text),), MRKDWN)


def _approvers(approval: Approval, specs: Specs) -> str:
    """The e-mail addresses that every action of it names."""
    named = [set(spec.safety.approvers) if (spec := specs.get(item.action)) else set() for item in approval.items]
    return ", ".join(sorted(set.intersection(*named))) if named else ""


def _room(approval: Approval) -> int:
    return min(2_800, _ROOM // max(1, len(approval.items[:MOST])))


def _is_cut(approval: Approval) -> bool:
    room = _room(approval)
    return len(approval.items) > MOST or any(size(_code(_parameters(item))) > room for item in approval.items)


def _whole(item: ApprovalItem) -> str:
    return f"- {item.name}\n{_parameters(item)}"


def _expiry(approval: Approval) -> str:
    return moment(approval.expires_at, "{date_short_pretty} {time}")


def _with_arguments(approval: Approval) -> list[ApprovalItem]:
    return [item for item in approval.items[:MOST] if item.arguments]


def _audited(item: ApprovalItem) -> Json:
    return context(cut(one_line(f"{item.name}: {_parameters(item)}"), 500, escaped))


def _buttons(approval: Approval, specs: Specs) -> Iterator[Json]:
    deletes = any(_destroys(specs.get(item.action)) for item in approval.items)
    confirm = button("Confirm", CONFIRM, approval.id, "danger" if deletes else "primary")
    yield {**confirm, "confirm": _again()} if deletes else confirm
    if any(item.arguments for item in approval.items):
        yield button("Edit", EDIT, approval.id)
    yield button("Cancel", CANCEL, approval.id)


def _destroys(spec: ActionSpec | None) -> bool:
    return spec is not None and isinstance(spec.work, HttpCall) and spec.work.method.upper() == "DELETE"


def _again() -> Json:
    """Slack's own second question, before something is deleted."""
    return {
        "title": words("Are you sure?", CONFIRM_TITLE),
        "text": words("This deletes something and cannot be undone from here.", CONFIRM_TEXT),
        "confirm": words("Delete", CONFIRM_BUTTON),
        "deny": words("Back", CONFIRM_BUTTON),
        "style": "danger",
    }
