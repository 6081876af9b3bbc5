"""Webhooks as operators set them up. Each address and signing secret is given out once and never shown again."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.conversation.policy import asks_first
from bot.conversation.values import coerced
from bot.dashboard.arguments import Reading, check_reading, read_arguments
from bot.dashboard.bodies import parsed
from bot.dashboard.problems import Problem
from bot.dashboard.signatures import new_signing_secret
from bot.domain.action import ActionSpec, ActionState, Value
from bot.domain.audit import AuditEvent
from bot.domain.post import Delivery
from bot.domain.webhook import Webhook, WebhookRefused
from bot.posting.rules import delivery_faults
from bot.records import Records, utc_now
from bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Draft:
    """A webhook as it was written down, not looked at yet."""

    action: str
    """Slug."""
    paths: Mapping[str, str] = field(default_factory=dict)
    """Dotted paths by parameter."""
    values: Mapping[str, str] = field(default_factory=dict)
    """For parameters that a call leaves out."""
    sign: bool = False
    allow_writes: bool = False
    delivery: Delivery = field(default_factory=Delivery)
    faults: tuple[str, ...] = ()
    """What was found wrong with it before, so that all is told at once."""


@dataclass(frozen=True, slots=True)
class GivenOut:
    """What its owner must keep: nobody can be told again."""

    webhook: Webhook
    url: str = field(repr=False)
    signing_secret: str = field(default="", repr=False)
    """Empty where calls need no signature."""


class Switchboard:
    """Sets up, lists and changes webhooks. Each method raises StorageError."""

    def __init__(self, records: Records) -> None:
        self._records = records
        self._rows = records.storage.webhooks

    async def add(self, draft: Draft) -> GivenOut:
        """Set one up; running processes take its calls at once. Raises WebhookRefused with every fault."""
        states = await self._records.catalogue.states()
        state = next((state for state in states if state.spec.slug == draft.action), None)
        if state is None:
            known = ", ".join(state.spec.slug for state in states) or "none"
            raise WebhookRefused([*draft.faults, f"action: there is no action {draft.action!r}. There are: {known}."])
        values = _values(state.spec, draft.values)
        if faults := [*draft.faults, *_faults(state, draft, values), *map(str, delivery_faults(draft.delivery))]:
            raise WebhookRefused(faults)
        webhook = Webhook(
            id=secrets.token_hex(8),
            action=state.spec.slug,
            secret_hash="",
            created_at=utc_now(),
            paths=draft.paths,
            values={name: value for name, value in values.items() if value is not None},
            allow_writes=draft.allow_writes,
            delivery=draft.delivery,
        )
        return await self._given_out(webhook, "webhook.added", sign=draft.sign)

    async def rotate(self, webhook_id: str) -> GivenOut:
        """A new address, and a new signing secret where it has one; the old ones are refused from now on."""
        webhook = await self.find(webhook_id)
        return await self._given_out(webhook, "webhook.rotated", sign=bool(webhook.signing))

    async def pause(self, webhook_id: str, *, paused: bool) -> Webhook:
        """Refuse its calls with a plain word, or take them again."""
        webhook = await self.find(webhook_id)
        await self._rows.pause(webhook.id, paused=paused)
        await self._note("webhook.paused" if paused else "webhook.resumed", webhook)
        return webhook

    async def remove(self, webhook_id: str) -> Webhook:
        """Remove it for good; its runs stay in the history."""
        webhook = await self.find(webhook_id)
        await self._rows.remove(webhook.id)
        await self._note("webhook.removed", webhook)
        return webhook

    async def tried(self, webhook_id: str, body: str) -> Mapping[str, Value]:
        """The values that a call with this JSON body would run with. Raises WebhookRefused with every fault."""
        webhook = await self.find(webhook_id)
        states = await self._records.catalogue.states()
        state = next((state for state in states if state.spec.slug == webhook.action), None)
        if state is None:
            raise WebhookRefused([f"The action {webhook.action} is gone."])
        try:
            found = parsed(body.encode(), "application/json", None)
            return read_arguments(state.spec, found, Reading(webhook.paths, webhook.values), coerced)
        except Problem as problem:
            raise WebhookRefused([str(problem), *problem.lines]) from problem

    async def find(self, webhook_id: str) -> Webhook:
        """The webhook of that id. Raises WebhookRefused if there is none."""
        webhook = await self._rows.get(webhook_id)
        if webhook is None:
            raise WebhookRefused([f"There is no webhook {webhook_id}. `deskhand webhooks list` shows all."])
        return webhook

    async def all(self) -> Sequence[Webhook]:
        """Oldest first."""
        return await self._rows.all()

    async def _given_out(self, webhook: Webhook, kind: str, *, sign: bool) -> GivenOut:
        secret = secrets.token_urlsafe(32)
        signing = new_signing_secret(secrets.token_bytes(32)) if sign else ""
        sealed = self._records.sealing.encrypt(signing, sealed_for(webhook.id)) if sign else ""
        kept = replace(webhook, secret_hash=hashlib.sha256(secret.encode()).hexdigest(), signing=sealed)
        await self._rows.put(kept)
        await self._note(kind, kept)
        return GivenOut(kept, f"{base_url(self._records.settings)}/hooks/{kept.id}/{secret}", signing)

    async def _note(self, kind: str, webhook: Webhook) -> None:
        event = AuditEvent(utc_now(), "operator", kind, webhook.id, {"action": webhook.action})
        await self._records.storage.audit.record(event)


def sealed_for(webhook_id: str) -> str:
    """What a signing secret is sealed for; see ``bot.records``."""
    return f"webhook/{webhook_id}"


def base_url(settings: Settings) -> str:
    """Where others reach this service, as far as the settings tell."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return settings.public_url.rstrip("/") or f"http://{host}:{settings.port}"


def _values(spec: ActionSpec, given: Mapping[str, str]) -> Mapping[str, Value | None]:
    """None where a value does not fit, or belongs to no parameter."""
    found = {name: spec.parameter(name) for name in given}
    return {name: coerced(parameter, given[name]) if parameter else None for name, parameter in found.items()}


def _faults(state: ActionState, draft: Draft, values: Mapping[str, Value | None]) -> Iterator[str]:
    spec = state.spec
    yield from check_reading(spec, Reading(draft.paths, dict.fromkeys(values, "")))
    for name, value in values.items():
        parameter = spec.parameter(name)
        if parameter and value is None:
            choices = ", ".join(map(str, parameter.choices))
            yield f"-p {name}: the value does not fit; give {f'one of: {choices}' if choices else parameter.type.value}"
    if asks_first(spec, by_model=True) and not draft.allow_writes:
        yield (
            f"action: {spec.slug} asks for a yes before it runs, and a webhook cannot click. If every caller who knows "
            "the address may run it unasked, say so with --allow-writes."
        )
    if spec.safety.requires_identity_verification:
        yield f"action: {spec.slug} runs only for a person whose identity is proven; a webhook is nobody."
    if spec.after:
        yield f"action: {spec.slug} only runs after {spec.after.action}, and a webhook runs one action."
