"""Runs that a request starts: written down with the request, promised by their id, carried out afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.dashboard.problems import Problem
from bot.domain.action import Json, Value
from bot.domain.errand import Errand
from bot.domain.message import Origin
from bot.domain.person import Sender
from bot.domain.post import Fired
from bot.domain.progress import Progress
from bot.domain.webhook import Arrival
from bot.domain.work import Job
from bot.ports import Arrivals, Clock, Dispatcher, Errands, Masking, NewId, Outgoing, Webhooks

WEBHOOK_CALL = "webhook.call"
API_CALL = "webhook.start"
"""Kinds of jobs; the second is a start over the API, which has no webhook."""
API = "api"
"""The source of what comes over the API."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that passed every check."""

    source: str
    """Webhook id, or ``API``."""
    name: str
    """The sender's own name for the request; empty where there is none."""
    digest: str
    action: str
    values: Mapping[str, Value] = field(repr=False)


class Starts:
    """Takes requests, each once."""

    def __init__(
        self, arrivals: Arrivals, dispatcher: Dispatcher, masking: Masking, clock: Clock, new_id: NewId
    ) -> None:
        self._arrivals = arrivals
        self._dispatcher = dispatcher
        self._masking = masking
        self._clock = clock
        self._new_id = new_id

    async def take(self, asked: Asked) -> str:
        """The id of the run that will be made; on disk once this returns. The same request again gives the same id.

        Raises Problem: 409 where another request had that name, 503 where too many wait. Raises StorageError.
        """
        arrival = self._arrival(asked)
        job = await self._job(asked, arrival)
        found = await self._arrivals.take(arrival, job)
        if found is None:
            raise Problem(503, "Too many calls wait here. Please send it again later.", retry_after=60)
        if found.digest != arrival.digest:
            raise Problem(409, "A request of this name came before, with another content. Give each its own name.")
        if found.run_id == arrival.run_id:
            await self._dispatcher.dispatch(job)
        return found.run_id

    def _arrival(self, asked: Asked) -> Arrival:
        """Without a name a webhook's call is known by body and minute; each start over the API is one of its own."""
        now, run_id = self._clock(), self._new_id()
        unnamed = run_id if asked.source == API else f"{asked.digest[:32]}-{int(now.timestamp() // 60)}"
        return Arrival(asked.source, asked.name or unnamed, asked.digest, run_id, now)

    async def _job(self, asked: Asked, arrival: Arrival) -> Job:
        masker = await self._masking.current()
        values: dict[str, Json] = {
            name: masker.mask(value) if isinstance(value, str) else value for name, value in asked.values.items()
        }
        by_hand = asked.source == API
        payload: dict[str, Json] = {"run": arrival.run_id, "action": asked.action, "values": values}
        lane = f"webhook/{arrival.run_id if by_hand else asked.source}"
        if not by_hand:
            payload["webhook"] = asked.source
        return Job(arrival.key, API_CALL if by_hand else WEBHOOK_CALL, lane, payload, arrival.at)


class Calls:
    """The handler of such jobs."""

    def __init__(self, webhooks: Webhooks, errands: Errands, outgoing: Outgoing) -> None:
        self._webhooks = webhooks
        self._errands = errands
        self._outgoing = outgoing

    async def do(self, job: Job) -> None:
        """Carry it out and hand its result over. What a webhook took before it was removed is still run."""
        webhook_id = str(job.payload.get("webhook", ""))
        result = await self._errands.run(_errand(job, webhook_id), _unwatched)
        webhook = await self._webhooks.get(webhook_id) if webhook_id else None
        if webhook:
            fired = Fired(f"webhook/{webhook.id}", job.key, result.name, result.started_at, (result,))
            await self._outgoing.hand_over(fired, webhook.delivery)


def digest_of(*parts: bytes) -> str:
    """SHA-256 in hexadecimal digits; parts are kept apart."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def _errand(job: Job, webhook_id: str) -> Errand:
    payload, values = job.payload, job.payload["values"]
    assert isinstance(values, Mapping)
    return Errand(
        run_id=str(payload["run"]),
        action=str(payload["action"]),
        arguments={name: value for name, value in values.items() if isinstance(value, str | int | float)},
        origin=Origin.WEBHOOK if webhook_id else Origin.MANUAL,
        asker=Sender(f"webhook:{webhook_id}" if webhook_id else API),
        title=f"Webhook {webhook_id}" if webhook_id else "Started over the API",
        conversation=f"webhook:{webhook_id}" if webhook_id else API,
    )


async def _unwatched(progress: Progress) -> None:
    """Nobody looks on."""
