"""Results that are posted of the service's own accord, composed over a running service."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from bot.app import Service
from bot.conversation.redaction import redacted_text
from bot.domain.message import Platform
from bot.domain.post import DELIVER
from bot.domain.run import ActionResult
from bot.gateways import Gateway
from bot.ports import Catalogue, Poster
from bot.posting.delivering import Delivering
from bot.posting.postbox import Postbox
from bot.posting.rehearsal import Rehearsal
from bot.posting.telling import Telling


def open_postbox(service: Service, gateways: Iterable[Gateway]) -> Postbox:
    """What schedules and webhooks hand their results to; this process posts by the lines that it holds."""
    storage, work = service.records.storage, service.work
    posters = posters_of(gateways)
    delivering = Delivering(storage.posts, posters, storage.runs, storage.turns, work.dispatcher, service.clock)
    work.add({DELIVER: delivering.deliver}, {DELIVER: delivering.given_up})
    return _postbox(service)


def open_rehearsal(service: Service) -> Rehearsal:
    """Shows posts to their author; needs no line to any platform."""
    catalogue, errands = service.records.catalogue, service.errands
    return Rehearsal(catalogue, errands, _postbox(service), service.clock, service.new_id)


def _postbox(service: Service) -> Postbox:
    telling = Telling(service.model, service.records.masking)
    posts, dispatcher = service.records.storage.posts, service.work.dispatcher
    return Postbox(posts, telling, partial(redacted, service.records.catalogue), dispatcher, service.clock)


async def redacted(catalogue: Catalogue, result: ActionResult) -> ActionResult:
    """A result without the fields that its action's author wants in no record; as it is if the action is gone."""
    for state in await catalogue.states():
        if state.spec.slug == result.action:
            return replace(result, output=redacted_text(result.output, state.spec.safety.redact_fields))
    return result


def posters_of(gateways: Iterable[Gateway]) -> dict[Platform, Poster]:
    """The ways to post, by platform."""
    return {Platform(gateway.name): gateway.poster for gateway in gateways if gateway.poster}
