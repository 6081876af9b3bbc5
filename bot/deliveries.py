"""Results that are posted of the service's own accord, composed over a running service."""

from __future__ import annotations

from collections.abc import Iterable

from bot.app import Service
from bot.domain.message import Platform
from bot.domain.post import DELIVER
from bot.gateways import Gateway
from bot.ports import Poster
from bot.posting.delivering import Delivering
from bot.posting.postbox import Postbox
from bot.posting.telling import Telling


def open_postbox(service: Service, gateways: Iterable[Gateway]) -> Postbox:
    """What schedules and webhooks hand their results to; this process posts by the lines that it holds."""
    storage, work = service.records.storage, service.work
    posters = posters_of(gateways)
    delivering = Delivering(storage.posts, posters, storage.runs, storage.turns, work.dispatcher, service.clock)
    work.add({DELIVER: delivering.deliver}, {DELIVER: delivering.given_up})
    telling = Telling(service.model, service.records.masking)
    return Postbox(storage.posts, telling, work.dispatcher, service.clock)


def posters_of(gateways: Iterable[Gateway]) -> dict[Platform, Poster]:
    """The ways to post, by platform."""
    return {Platform(gateway.name): gateway.poster for gateway in gateways if gateway.poster}
