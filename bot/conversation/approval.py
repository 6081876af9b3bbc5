"""Asks before a write and carries the answer: one person decides, once, about exact calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.conversation.grounding import normal
from bot.conversation.values import coerced
from bot.domain.action import ActionSpec
from bot.domain.approval import Approval, ApprovalItem, ApprovalState
from bot.domain.audit import AuditEvent
from bot.domain.journal import Settling
from bot.domain.message import Message, Platform
from bot.domain.person import Sender
from bot.domain.plan import ActionCall
from bot.ports import ApprovalStore, AuditLog, Clock, Edited, NewId

ONLY_THEY = "Only the person who asked, or an approver that the action names, can decide this. Nothing was changed."
LIFETIME = timedelta(minutes=10)

_YES = frozenset(
    {"yes", "y", "yes please", "yep", "yeah", "confirm", "confirmed", "ok", "okay", "go ahead", "do it", "sure"}
    | {"ja", "sí", "si", "oui", "sim"}
)
_NO = frozenset({"no", "n", "nope", "no thanks", "cancel", "stop", "don't", "do not", "abort", "nein", "non", "não"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of an attempt to decide."""

    settling: Settling | None
    """How it is to end, if nobody else ends it first."""
    problem: str = ""
    """Why nothing is to be run, in words for the person who tried."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A yes or no to a waiting question, and whose it is."""

    approval: Approval
    approved: bool
    by: Sender
    at: datetime | None = None
    """When they said so; None for now."""


class Approvals:
    """The durable questions that wait for a yes or no."""

    def __init__(
        self,
        store: ApprovalStore,
        audit: AuditLog,
        fingerprint: Callable[[ActionSpec], str],
        clock: Clock,
        new_id: NewId,
        lifetime: timedelta = LIFETIME,
    ) -> None:
        self._store = store
        self._audit = audit
        self._taken = fingerprint
        self._fingerprints: dict[str, tuple[ActionSpec, str]] = {}
        """Of each action as it was seen last: every call asks, and definitions are long."""
        self._clock = clock
        self._new_id = new_id
        self._lifetime = lifetime

    def draft(self, calls: Sequence[ActionCall], message: Message) -> Approval | None:
        """The question about ``calls``, to be kept with the plan; None when there is nothing to ask."""
        if not calls:
            return None
        now = self._clock()
        return Approval(
            id=self._new_id(),
            conversation=str(message.conversation),
            asker=message.sender.id,
            asked_by=message.sender,
            items=tuple(map(self.item, calls)),
            question=message.text,
            created_at=now,
            expires_at=now + self._lifetime,
        )

    async def answered_by(self, message: Message) -> Answered | None:
        """The waiting question that a plain yes or no of its asker answers, and which of both it is."""
        word = normal(message.text).strip(".!, ")
        if word not in _YES | _NO:
            return None
        waiting = await self._store.waiting(str(message.conversation), message.sender.id)
        return Answered(waiting, word in _YES, message.sender) if waiting else None

    async def get(self, approval_id: str) -> Approval | None:
        return await self._store.get(approval_id)

    def may_decide(self, approval: Approval, by: Sender, actions: Mapping[str, ActionSpec]) -> bool:
        """The asker may, and whoever every action of it names as an approver, by an e-mail that is vouched for."""
        if by.id == approval.asker:
            return True
        specs = [actions.get(item.action) for item in approval.items]
        email = by.email.casefold()
        return by.verified and bool(email) and all(spec and email in spec.safety.approvers for spec in specs)

    def decide(self, answered: Answered, actions: Mapping[str, ActionSpec]) -> Decision:
        """What an answer comes to. It expires by the time of answering, not by when that is carried out."""
        approval, now = answered.approval, answered.at or self._clock()
        if not self.may_decide(approval, answered.by, actions):
            return Decision(None, ONLY_THEY)
        if now >= approval.expires_at:
            late = "This request has expired and nothing was run. Ask again if you still want it."
            return Decision(Settling(approval.id, ApprovalState.EXPIRED, answered.by.id, now), late)
        state = ApprovalState.CONFIRMED if answered.approved else ApprovalState.DECLINED
        return Decision(Settling(approval.id, state, answered.by.id, now))

    async def edit(
        self, approval: Approval, given: Sequence[Mapping[str, str]], by: Sender, actions: Mapping[str, ActionSpec]
    ) -> Edited:
        """Put a question with changed values in the place of one that waits; the old one can be answered no more."""
        if by.id != approval.asker:
            return Edited(None, "Only the person who asked can change this.")
        calls, changed = self.calls(approval, actions)
        if changed:
            return Edited(None, f"The action has changed since you were asked: {', '.join(changed)}. Please ask again.")
        faults = {(place, name): said for place, call in enumerate(calls[: len(given)])
                  for name, said in _unfit(call, given[place])}  # fmt: skip
        new = [_with_values(call, values) for call, values in zip(calls, given, strict=False)]
        if faults:
            return Edited(None, faults=faults)
        now = self._clock()
        won = await self._store.decide(approval.id, ApprovalState.REPLACED, by.id, now)
        if won is None or now >= approval.expires_at:
            return Edited(None, await self.already(approval.id))
        await self._audit.record(self.event(won, by.id, "replaced"))
        fresh = replace(
            approval,
            id=self._new_id(),
            items=(*map(self.item, new), *approval.items[len(new) :]),
            created_at=now,
            expires_at=now + self._lifetime,
        )
        await self._store.open(fresh)
        await self._audit.record(self.event(fresh, by.id, "asked"))
        return Edited(fresh)

    async def open_of(self, by: Sender) -> Sequence[Approval]:
        """What waits for this person."""
        return await self._store.open_of(by.id, self._clock())

    async def expired(self, platform: Platform, since: datetime, until: datetime) -> Sequence[Approval]:
        """What ran out there in that time with nobody having answered."""
        return await self._store.expired(f"{platform}:", since, until)

    def calls(self, approval: Approval, actions: Mapping[str, ActionSpec]) -> tuple[list[ActionCall], list[str]]:
        """The calls exactly as they were shown, and the names of those whose action changed since or is gone."""
        calls, changed = [], []
        for item in approval.items:
            if self.unchanged(item, actions):
                calls.append(ActionCall(self._new_id(), actions[item.action], item.arguments))
            else:
                changed.append(item.name)
        return calls, changed

    def unchanged(self, item: ApprovalItem, actions: Mapping[str, ActionSpec]) -> bool:
        """Whether its action is still there as it was shown."""
        spec = actions.get(item.action)
        return spec is not None and self._fingerprint(spec) == item.fingerprint

    def item(self, call: ActionCall) -> ApprovalItem:
        """The call as it is kept: exact values, and the definition that it is about."""
        return ApprovalItem(call.spec.slug, call.spec.name, call.arguments, self._fingerprint(call.spec))

    def _fingerprint(self, spec: ActionSpec) -> str:
        seen = self._fingerprints.get(spec.slug)
        if seen is None or seen[0] is not spec:
            seen = self._fingerprints[spec.slug] = spec, self._taken(spec)
        return seen[1]

    async def already(self, approval_id: str) -> str:
        """What to tell somebody whose answer came after another one."""
        stored = await self._store.get(approval_id)
        word = stored.state.value if stored else "removed"
        return f"This request was already {word}; nothing more was run."

    def event(self, approval: Approval, actor: str, what: str) -> AuditEvent:
        """The line of the audit log about a question."""
        names = ", ".join(item.action for item in approval.items)
        return AuditEvent(self._clock(), actor, f"approval.{what}", approval.id, {"actions": names})


def _unfit(call: ActionCall, given: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """A person's own values that do not fit: the parameter's name, and what is wrong."""
    for parameter in call.spec.parameters:
        text = given.get(parameter.name, "").strip()
        if text and coerced(parameter, text) is None:
            choices = f", one of {', '.join(map(str, parameter.choices))}" if parameter.choices else ""
            yield parameter.name, f"This must be a {parameter.type.value}{choices}."
        elif parameter.name in given and not text and parameter.required:
            yield parameter.name, "This is needed."


def _with_values(call: ActionCall, given: Mapping[str, str]) -> ActionCall:
    """The call with a person's own values; one that they emptied is left out."""
    read = {each.name: coerced(each, given[each.name].strip()) for each in call.spec.parameters if each.name in given}
    merged = {**call.arguments, **read}
    return replace(call, arguments={name: value for name, value in merged.items() if value is not None})
