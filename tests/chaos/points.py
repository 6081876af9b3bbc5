"""The places where the service process can be told to die: before or after one step of the real code.

``arm`` wraps that one method in the process under test, so the product itself holds no hook for it.
"""

from __future__ import annotations

import functools
import importlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

STRUCK = "struck"
"""What a process says on standard error just before it kills itself."""


@dataclass(frozen=True)
class Point:
    """A named place."""

    name: str
    owner: str
    """``module:Class`` of the method."""
    method: str
    after: bool = False
    where: str = ""
    """A text that one of the arguments must hold, where the method serves several purposes."""


_INBOX, _TURNS, _RUNS = "bot.storage.inbox:InboxRows", "bot.storage.turns:Turns", "bot.storage.runs:Runs"
_JOURNALS, _MODEL = "bot.storage.journals:Journals", "bot.llm.openai_model:OpenAIModel"
_CALLS, _ENGINE = "bot.actions.api_call:ApiCallExecutor", "bot.conversation.engine:Engine"
_SLACK, _DISCORD = "slack_sdk.web.async_client:AsyncWebClient", "discord.http:HTTPClient"

POINTS = (
    Point("event heard, not written", _INBOX, "add"),
    Point("event written, not acknowledged", _INBOX, "add", after=True),
    Point("job about to begin", _INBOX, "begin"),
    Point("job begun", _INBOX, "begin", after=True),
    Point("turn about to be stored", _TURNS, "begin"),
    Point("turn stored", _TURNS, "begin", after=True),
    Point("before the plan", _MODEL, "plan"),
    Point("planned, not written", _MODEL, "plan", after=True),
    Point("before plan and question are put down", _JOURNALS, "write"),
    Point("plan and question put down", _JOURNALS, "write", after=True),
    Point("before the start of a run is written", _RUNS, "started"),
    Point("start of a run written, not called", _RUNS, "started", after=True),
    Point("before the call", _CALLS, "execute"),
    Point("called, result not written", _CALLS, "execute", after=True),
    Point("before the result is written", _RUNS, "finished"),
    Point("result written", _RUNS, "finished", after=True),
    Point("before the answer is composed", _MODEL, "compose"),
    Point("composed, not stored", _MODEL, "compose", after=True),
    Point("before the turn ends", _TURNS, "finish"),
    Point("turn ended, not posted", _TURNS, "finish", after=True),
    Point("before Slack is posted to", _SLACK, "api_call", where="chat.postMessage"),
    Point("Slack took the post, we do not know", _SLACK, "api_call", after=True, where="chat.postMessage"),
    Point("before Discord is posted to", _DISCORD, "send_message"),
    Point("Discord took the post, we do not know", _DISCORD, "send_message", after=True),
    Point("before a press is carried out", _ENGINE, "decide"),
    Point("press carried out, not shown", _ENGINE, "decide", after=True),
    Point("before the job is settled", _INBOX, "settle"),
    Point("job settled", _INBOX, "settle", after=True),
)
IN_CALL = "in the call"
"""The process is killed by the target, once the call has arrived there and before it is answered."""
IN_WRITE = "in the write"
"""The same, for a write without a key."""
NAMES = (*(point.name for point in POINTS), IN_CALL, IN_WRITE)


def arm(name: str, passage: int) -> None:
    """Have this process die at the given passage (1 is the first) of a point. Raises AttributeError if it is gone."""
    point = next(point for point in POINTS if point.name == name)
    module, _, kind = point.owner.partition(":")
    owner = getattr(importlib.import_module(module), kind)
    setattr(owner, point.method, _deadly(getattr(owner, point.method), point, passage))


def _deadly(method: Callable[..., Any], point: Point, passage: int) -> Callable[..., Any]:
    passed = 0

    @functools.wraps(method)
    async def wrapped(*given: Any, **named: Any) -> Any:
        nonlocal passed
        if point.where and point.where not in map(str, given):
            return await method(*given, **named)
        passed += 1
        last = passed == passage
        if last and not point.after:
            _die(point)
        result = await method(*given, **named)
        if last:
            _die(point)
        return result

    return wrapped


def _die(point: Point) -> None:
    os.write(2, f"{STRUCK} {point.name}\n".encode())
    os.kill(os.getpid(), signal.SIGKILL)
