"""``assistant.threads.*`` and ``agents.sessions.*``: status lines, prompts, titles and sessions."""

from __future__ import annotations

from tests.simulators.slack.methods.asking import Ask, Method
from tests.simulators.slack.model import Channel
from tests.simulators.slack.protocol import JSON, Refused
from tests.simulators.slack.workspace import STATUS_SECONDS

SESSION_STATES = ("active", "processing", "suspended", "closed")


def _place(ask: Ask) -> tuple[Channel, str]:
    channel = ask.writable("channel_id")
    return channel, ask.thread(channel) or ""


def _status(ask: Ask) -> JSON:
    channel, thread = _place(ask)
    if len(ask.get("loading_messages") or ()) > 10:
        raise Refused("invalid_arguments", "[ERROR] no more than 10 items allowed [json-pointer:/loading_messages]")
    ask.workspace.watch(ask.method, ask.arguments)
    ask.workspace.statuses[channel.id, thread] = (ask.text("status"), ask.core.clock.now() + STATUS_SECONDS)
    return {}


def _prompts(ask: Ask) -> JSON:
    channel, thread = _place(ask)
    prompts = ask.get("prompts")
    if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
        raise Refused("invalid_arguments", "[ERROR] between 1 and 4 prompts required [json-pointer:/prompts]")
    if any(not (each.get("title") and each.get("message")) for each in prompts):
        raise Refused("invalid_arguments", "[ERROR] missing required field: title or message [json-pointer:/prompts]")
    ask.workspace.prompts[channel.id, thread] = prompts
    return {}


def _title(ask: Ask) -> JSON:
    channel, thread = _place(ask)
    ask.workspace.titles[channel.id, thread] = ask.text("title")
    return {}


def _session(ask: Ask) -> JSON:
    if not ask.core.config.agent_view:
        raise Refused("feature_not_enabled")
    if ask.get("status") not in SESSION_STATES:
        raise Refused("invalid_arguments", "[ERROR] invalid status")
    if len(ask.text("title")) > 200:
        raise Refused("invalid_arguments", "[ERROR] title must be less than 201 characters")
    channel, thread = _place(ask)
    ask.workspace.sessions[channel.id, thread] = ask.text("status")
    if ask.get("title"):
        ask.workspace.titles[channel.id, thread] = ask.text("title")
    subscribed = ask.core.config.events
    missing = subscribed is not None and "agent_session_stopped" not in subscribed
    return {"warning": "missing_agent_session_stopped_event_subscription"} if missing else {}


def _rename(ask: Ask) -> JSON:
    channel, thread = _place(ask)
    if (channel.id, thread) not in ask.workspace.sessions:
        raise Refused("session_not_found")
    return _title(ask)


METHODS: dict[str, Method] = {
    "assistant.threads.setStatus": _status,
    "assistant.threads.setSuggestedPrompts": _prompts,
    "assistant.threads.setTitle": _title,
    "agents.sessions.setStatus": _session,
    "agents.sessions.rename": _rename,
}
