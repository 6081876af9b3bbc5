"""Connects a bot to the simulated Slack in the way that the test is about."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any
from weakref import WeakKeyDictionary

from slack_bolt.async_app import AsyncApp

from tests.simulators.checks.bots import over_http, over_sockets
from tests.simulators.slack import SlackSimulator

OVER_HTTP: WeakKeyDictionary[SlackSimulator, bool] = WeakKeyDictionary()
"""Whether events come as signed requests; by Socket Mode where nothing is said."""


def linked(slack: SlackSimulator, app: AsyncApp, ping_interval: float = 1.0) -> AbstractAsyncContextManager[Any]:
    """The app, reached by Socket Mode or over HTTP."""
    if OVER_HTTP.get(slack):
        return over_http(slack, app)
    return over_sockets(slack, app, ping_interval)
