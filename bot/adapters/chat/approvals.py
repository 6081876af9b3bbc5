"""What a question about a write says, whoever asks it: verb and target, exact parameters, who may answer. Raw text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.adapters.markup.neutral import one_line, plain
from bot.domain.action import ActionSpec, HttpCall
from bot.domain.approval import Approval, ApprovalItem, ApprovalState

FILE_NAME = "parameters.txt"
MOST = 8
"""Actions shown of one question; a turn runs no more."""
ASKS = "please confirm before I run:"
CUT = "Not everything fits here. The file {where} holds all parameters in full."
SAID = {
    ApprovalState.CONFIRMED: "✓ Confirmed",
    ApprovalState.DECLINED: "✗ Cancelled",
    ApprovalState.EXPIRED: "Expired",
    ApprovalState.REPLACED: "Changed",
}
_BASE = re.compile(r"\{([A-Z0-9_]+?)_BASE_URL\}")
Specs = Mapping[str, ActionSpec]
"""Definitions by slug, for the verb and target; an action that is not there is shown without."""


def aim(spec: ActionSpec) -> str:
    """The verb and target that the definition gives: ``DELETE api.example.com``, or ``POST SAP`` for a variable."""
    if isinstance(spec.work, HttpCall):
        variable = _BASE.match(spec.work.endpoint)
        host = spec.work.endpoint.partition("://")[2].partition("/")[0].rpartition("@")[2]
        return one_line(f"{spec.work.method} {variable[1] if variable else host}")
    return "Python script"


def destroys(approval: Approval, specs: Specs) -> bool:
    """Whether any of it deletes something."""
    works = [spec.work for item in approval.items if (spec := specs.get(item.action))]
    return any(isinstance(work, HttpCall) and work.method.upper() == "DELETE" for work in works)


def approvers_of(approval: Approval, specs: Specs) -> str:
    """The e-mail addresses that every action of it names."""
    named = [set(spec.safety.approvers) if (spec := specs.get(item.action)) else set() for item in approval.items]
    return ", ".join(sorted(set.intersection(*named))) if named else ""


def parameters(item: ApprovalItem) -> str:
    """One line each; a value that has more lines cannot pose as another parameter."""
    lines = (f"{name.replace('_', ' ')}: {_value(value)}" for name, value in item.arguments.items())
    return "\n".join(lines)


def whole(approval: Approval) -> str:
    """Everything, for a file and for those who see no card."""
    return "\n".join(("Please confirm before I run:", *map(_item, approval.items)))


def names(approval: Approval) -> str:
    """What it would run."""
    return ", ".join(item.name for item in approval.items[:MOST])


def with_arguments(approval: Approval) -> list[ApprovalItem]:
    """The items whose arguments are worth a line."""
    return [item for item in approval.items[:MOST] if item.arguments]


def _item(item: ApprovalItem) -> str:
    return f"- {item.name}\n{parameters(item)}"


def _value(value: object) -> str:
    return "\n  ↵ ".join(plain(str(value)).split("\n"))
