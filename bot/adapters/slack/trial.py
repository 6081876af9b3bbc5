"""``doctor slack --listen``: somebody tries every event. Slack tells no bot what its app is subscribed to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import ClientWebSocketResponse, WSMsgType

from bot.adapters.slack.manifest import EVENTS
from bot.domain.finding import Finding

_KINDS = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
_SUBSCRIBE = "add it at Event Subscriptions, Subscribe to bot events, save, and install the app again."
_COMPARE = "Compare Event Subscriptions with bot/adapters/slack/manifest.json."
ONLY_SOCKETS = Finding("slack events", "warning", "over HTTP events go to the service, not here", _COMPARE)


@dataclass(frozen=True, slots=True)
class Trial:
    """``tell`` says to the person what to try and what came; ``sleep`` is in seconds."""

    seconds: float
    tell: Callable[[str], None]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def findings(self, socket: ClientWebSocketResponse, others: int) -> Sequence[Finding]:
        """What came until the time was over; ``others`` are connections that Slack gives some of the events to.

        Nothing is acknowledged: Slack sends it again, and the service answers it.
        """
        self._ask()
        heard: set[str] = set()
        async with asyncio.TaskGroup() as group:
            hearing = group.create_task(self._hear(socket, heard))
            waiting = group.create_task(self._wait())
            await asyncio.wait({hearing, waiting}, return_when=asyncio.FIRST_COMPLETED)
            hearing.cancel()
            waiting.cancel()
        return list(_judged(heard, others))

    def _ask(self) -> None:
        self.tell(f"Within {self.seconds:g} seconds, in Slack:")
        for trial in dict.fromkeys(event.trial for event in EVENTS):
            self.tell(f"  - {trial}")

    async def _wait(self) -> None:
        await self.sleep(self.seconds)

    async def _hear(self, socket: ClientWebSocketResponse, heard: set[str]) -> None:
        """Until all have come, or Slack ends the connection."""
        async for frame in socket:
            name = _name(frame.data) if frame.type == WSMsgType.TEXT else ""
            if name and name not in heard:
                heard.add(name)
                self.tell(f"  ✓ {name}")
            if heard.issuperset(event.name for event in EVENTS):
                return


def _judged(heard: Collection[str], others: int) -> Iterator[Finding]:
    if heard:
        yield Finding("slack events", "ok", f"came: {', '.join(sorted(heard))}")
    else:
        mend = f"Unless nobody tried: switch Event Subscriptions on. {_COMPARE}"
        yield Finding("slack events", "warning" if others else "problem", "nothing came at all", mend)
    for event in EVENTS if heard else ():
        if event.name not in heard:
            text = f"{event.name} did not come: {event.without}"
            mend = f"Unless you did not {event.trial}: {_SUBSCRIBE}"
            yield Finding("slack events", "warning" if others else "problem", text, mend)
    if others:
        text = f"{others} more connected with this app-level token: some events go there"
        yield Finding("slack events", "warning", text, "Stop the service and listen again.")


def _name(envelope: str) -> str:
    """What Event Subscriptions call the event in it; empty where there is none."""
    with suppress(AttributeError, KeyError, TypeError, ValueError):
        event = json.loads(envelope)["payload"]["event"]
        kind = _KINDS.get(str(event.get("channel_type")), "")
        return f"message.{kind}" if event["type"] == "message" and kind else str(event["type"])
    return ""
