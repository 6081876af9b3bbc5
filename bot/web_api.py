"""What programs reach over HTTP beside the web chat, composed over a running service: webhooks and runs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.app import Service
from bot.conversation.policy import asks_first
from bot.conversation.values import coerced
from bot.dashboard.starts import API_CALL, WEBHOOK_CALL, Calls, Starts
from bot.domain.action import ActionState
from bot.domain.webhook import Webhook
from bot.ports import Outgoing
from bot.webhooks import sealed_for

if TYPE_CHECKING:
    from aiohttp import web


@dataclass(frozen=True, slots=True)
class Api:
    """For the web server."""

    routes: Sequence[web.RouteDef]
    close: Callable[[], Awaitable[None]]
    """Ends the streams that would keep the server from stopping."""


def take_calls(service: Service, outgoing: Outgoing) -> None:
    """Have what requests started be carried out in this process."""
    calls = Calls(service.records.storage.webhooks, service.errands, outgoing)
    service.work.add({WEBHOOK_CALL: calls.do, API_CALL: calls.do})


def open_api(service: Service) -> Api:
    """The routes of webhooks and runs; in any process that has a web server, for what they take in is stored."""
    from bot.dashboard.rates import Rates
    from bot.dashboard.run_log import LogStreams
    from bot.dashboard.runs import RunRoutes, RunStores, StartRules
    from bot.dashboard.webhooks import Rules, WebhookRoutes

    records, storage = service.records, service.records.storage
    starts = Starts(storage.arrivals, service.work.dispatcher, records.masking, service.clock, service.new_id)
    rates = Rates(service.settings.webhook_calls_per_minute, time.monotonic)

    def unseal(webhook: Webhook) -> str:
        return records.sealing.decrypt(webhook.signing, sealed_for(webhook.id))

    rules = Rules(rates, coerced, unseal, _asks_first, service.clock)
    hooks = WebhookRoutes(storage.webhooks, records.catalogue, starts, rules)
    streams = LogStreams(storage.run_log, storage.runs)
    stores = RunStores(storage.runs, storage.run_pages, storage.arrivals)
    runs = RunRoutes(stores, service.runs, streams, StartRules(starts, records.catalogue, coerced, _asks_first))
    return Api((*hooks.routes(), *runs.routes()), streams.close)


def _asks_first(state: ActionState) -> bool:
    return asks_first(state.spec, by_model=True)
