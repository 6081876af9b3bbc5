"""The server: answers as scripted, in the way it is asked, with the faults that are asked for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any, Self

from aiohttp import web

from tests.simulators.openai.rules import complaint

KEY = "sk-sim-4f9c1b7e2d8a6053"
Plan = Mapping[str, Any]


class OpenAISimulator:
    """``async with OpenAISimulator() as sim``: point a client at ``sim.base_url`` with ``KEY``."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.messages: dict[str, dict[str, Any]] = {}
        """Whole messages that a fault of the same name answers with."""
        self.refused_modes: set[str] = set()
        self.refused_parameters: set[str] = set()
        self._plan: Callable[[dict[str, Any]], Plan] = lambda _: {"calls": []}
        self._reply: Callable[[dict[str, Any]], str] = lambda _: "Here is your answer."
        self._released = asyncio.Event()

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_post("/v1/chat/completions", self._complete)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}/v1"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._released.set()
        await self._runner.cleanup()

    def plan_with(self, plan: Plan | Callable[[dict[str, Any]], Plan]) -> None:
        self._plan = plan if callable(plan) else lambda _: plan

    def reply_with(self, text: str | Callable[[dict[str, Any]], str]) -> None:
        self._reply = text if callable(text) else lambda _: text

    def fail(self, fault: str, times: int = 1) -> None:
        self.faults += [fault] * times

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.requests.append(body)
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            return _error(401, "Incorrect API key provided: sk-***", "invalid_api_key")
        fault = self.faults.pop(0) if self.faults else ""
        problem = complaint(body) or self._unsupported(body)
        if problem:
            return _error(400, problem, None)
        if fault:
            answer = await self._faulty(fault, request, body)
            if answer is not None:
                return answer
        if body.get("stream"):
            return await self._stream(request, self._reply(body))
        return web.json_response(_completion(self._message(body)))

    def _unsupported(self, body: dict[str, Any]) -> str:
        refused = sorted(self.refused_parameters & body.keys())
        if refused:
            return f"Unsupported parameter: '{refused[0]}' is not supported with this model."
        mode = _mode(body)
        names = {"schema": "response_format json_schema", "json": "response_format json_object", "tools": "tools"}
        return f"{names[mode]} is not supported with this model" if mode in self.refused_modes else ""

    def _message(self, body: dict[str, Any]) -> dict[str, Any]:
        plan = self._plan(body)
        if _mode(body) != "tools":
            return {"role": "assistant", "content": json.dumps(plan) if _mode(body) else self._reply(body)}
        calls = [
            {"id": f"call_{n}", "type": "function",
             "function": {"name": call["action"], "arguments": json.dumps(call["arguments"])}}
            for n, call in enumerate(plan["calls"])
        ]  # fmt: skip
        return {"role": "assistant", "content": None, "tool_calls": calls}

    async def _faulty(self, fault: str, request: web.Request, body: dict[str, Any]) -> web.StreamResponse | None:
        if fault in ("hang", "reset"):
            return await self._broken_off(request, hang=fault == "hang")
        if fault in _STREAMS:
            text, reason = _STREAMS[fault]
            return await self._stream(request, text, reason)
        if fault == "no choices":
            return web.json_response({**_completion({}), "choices": []})
        plan = json.dumps(self._plan(body))
        fenced = {"role": "assistant", "content": f"```json\n{plan}\n``` done"}
        message = {**_MESSAGES, **self.messages, "fenced": fenced}.get(fault)
        if message is not None:
            return web.json_response(_completion(message, "content_filter" if fault == "filtered" else "stop"))
        return _refusal(fault)

    async def _broken_off(self, request: web.Request, *, hang: bool) -> web.Response:
        if hang:
            await self._released.wait()
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    async def _stream(self, request: web.Request, text: str, reason: str = "stop") -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        words = [word + " " for word in text.split(" ")] if text else []
        for delta in [{"role": "assistant", "content": ""}, *({"content": word} for word in words)]:
            await response.write(_chunk(delta))
        if not reason:
            assert request.transport is not None
            request.transport.abort()
            return response
        await response.write(_chunk({}, reason))
        await response.write(b"data: [DONE]\n\n")
        return response


_STREAMS = {
    "broken stream": ("Half an ans", ""),
    "empty stream": ("", "stop"),
    "filtered stream": ("Half an ans", "content_filter"),
}
"""Words and the reason that ends them; with none the connection breaks."""
_MESSAGES: dict[str, dict[str, Any]] = {
    "refusal": {"role": "assistant", "content": None, "refusal": "I cannot help with that."},
    "garbage": {"role": "assistant", "content": "Sure! I think you should look it up."},
    "other json": {"role": "assistant", "content": '{"answer": 42}'},
    "bad arguments": {"role": "assistant", "content": '{"calls": [{"action": "order", "arguments": "x"}]}'},
    "filtered": {"role": "assistant", "content": None},
}


def _refusal(fault: str) -> web.Response:
    """Faults that are a status or no JSON at all."""
    if fault == "html":
        return web.Response(text="<html>Bad gateway</html>", content_type="text/html")
    if fault == "come back later":
        return _error(429, "Rate limit reached", None, {"Retry-After": "40"})
    if fault == "400 tools":
        return _error(400, "tools are not supported with this model", None)
    if fault in ("max_completion_tokens", "temperature"):
        return _error(400, f"Unsupported parameter: '{fault}' is not supported with this model.", None)
    return _error(int(fault), "an error of the server", None, {"Retry-After": "0"})


def _chunk(delta: dict[str, str], reason: str | None = None) -> bytes:
    """One event of a stream; the last one says why it ends, and has no words."""
    chunk = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "sim",
             "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}  # fmt: skip
    return f"data: {json.dumps(chunk)}\n\n".encode()


def _mode(body: dict[str, Any]) -> str:
    if body.get("tools"):
        return "tools"
    return {"json_schema": "schema", "json_object": "json"}.get(body.get("response_format", {}).get("type", ""), "")


def _completion(message: dict[str, Any], reason: str = "stop") -> dict[str, Any]:
    return {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "sim",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }  # fmt: skip


def _error(status: int, message: str, code: str | None, headers: Mapping[str, str] | None = None) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return web.json_response({"error": error}, status=status, headers=headers)
