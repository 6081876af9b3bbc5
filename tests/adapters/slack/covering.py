"""What a scenario went through, told by the simulator's own record: a test cannot claim what did not happen in it.

``@pytest.mark.covers("chat.update", "is_archived")`` names events, methods and faults. The ``slack`` fixture fails the
test in which one of them did not happen; ``test_coverage.py`` fails where one of the list is claimed by no test.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.slack import Call, Delivery, SlackSimulator

COVERS = "covers"
Claim = tuple[str, str, str]
"""Name, line (``socket`` or ``http``) and the name of the file with the test."""
COVERED = pytest.StashKey[set[Claim]]()


def claims(item: pytest.Item) -> Iterator[Claim]:
    """What a collected test says that it covers. Without this folder's ``slack`` nobody would check it."""
    callspec = getattr(item, "callspec", None)
    line = callspec.params.get("slack") if callspec else None
    if item.path.parent == Path(__file__).parent and line in ("socket", "http"):
        for mark in item.iter_markers(COVERS):
            yield from ((name, line, item.path.name) for name in mark.args)


def seen(slack: SlackSimulator) -> set[str]:
    """Events that the app acknowledged, methods that Slack carried out, faults that were met."""
    return {
        *_delivered(slack), *(name for call in slack.calls for name in _called(call)), *_addressed(slack),
        *_met(slack), *slack.post.happened, *slack.sockets.happened, *_over_http(slack),
    }  # fmt: skip


def _delivered(slack: SlackSimulator) -> Iterator[str]:
    for delivery in slack.post.deliveries:
        if delivery.state == "acknowledged":
            yield _name(slack, delivery)
        yield from (outcome.reason for outcome in delivery.attempts if outcome.reason)
        if delivery.state == "given up":
            yield "given up"
        if delivery.sent > 1:
            yield "redelivered"


def _name(slack: SlackSimulator, delivery: Delivery) -> str:
    """An event's type; with its subtype and kind of conversation, or the place where it was pressed."""
    body, event = delivery.body, delivery.event
    if delivery.kind == "slash_commands":
        return "slash_commands"
    kind = str(event.get("type") or body.get("type"))
    match kind:
        case "message":
            return f"{event.get('subtype') or 'message'} in {event['channel_type']}"
        case "app_home_opened":
            return f"app_home_opened({event['tab']})"
        case "block_actions":
            return f"block_actions({_place(slack, delivery)})"
    return kind


def _place(slack: SlackSimulator, delivery: Delivery) -> str:
    container = delivery.body["container"]
    if container["type"] == "view":
        return str(delivery.body["view"]["type"])
    return "ephemeral" if container["is_ephemeral"] else "message"


def _called(call: Call) -> Iterator[str]:
    yield call.error or call.method
    if call.error and call.method == "apps.connections.open":
        yield f"{call.method} {call.error}"
    if {"needed", "provided"} <= call.answer.keys():
        yield f"{call.error}(needed, provided)"


def _addressed(slack: SlackSimulator) -> Iterator[str]:
    """Posts that are no calls of methods."""
    if any(place.left < 5 for _, place in slack.core.response_urls.values()):
        yield "response_url"
    if any(file.content is not None and file.user == slack.workspace.bot.id for file in slack.workspace.files.values()):
        yield "upload"


def _met(slack: SlackSimulator) -> Iterator[str]:
    for method, fault in slack.faults.met:
        yield {"error": fault.error, "status": str(fault.status)}.get(fault.kind, fault.kind)
        yield f"{method} {fault.error or fault.kind}"


def _over_http(slack: SlackSimulator) -> Iterator[str]:
    http = slack.http
    if http and http.verified:
        yield "url_verification"
    if http and 401 in http.statuses:
        yield "wrong signature" if http.secret != slack.core.config.signing_secret else "signature"
        if abs(http.signed_at() - time.time()) > 300:
            yield "old timestamp"
