"""Payloads of what people do with buttons, modals and commands. docs.slack.dev/reference/interaction-payloads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tests.simulators.slack.blocks import interactive
from tests.simulators.slack.model import Channel, Message, User, View
from tests.simulators.slack.protocol import JSON, without_none
from tests.simulators.slack.workspace import Workspace

_CHOSEN = {
    "plain_text_input": "value", "number_input": "value", "email_text_input": "value", "url_text_input": "value",
    "rich_text_input": "rich_text_value", "datepicker": "selected_date", "timepicker": "selected_time",
    "datetimepicker": "selected_date_time", "users_select": "selected_user", "channels_select": "selected_channel",
    "conversations_select": "selected_conversation", "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations", "multi_channels_select": "selected_channels",
    "static_select": "selected_option", "external_select": "selected_option", "radio_buttons": "selected_option",
    "overflow": "selected_option", "checkboxes": "selected_options", "multi_static_select": "selected_options",
    "multi_external_select": "selected_options", "file_input": "files",
}  # fmt: skip


def base(workspace: Workspace, user: User, kind: str, view: str | None = None) -> JSON:
    """What every interaction begins with."""
    who = {"id": user.id, "username": user.name, "name": user.name, "team_id": user.team}
    return {
        "type": kind, "user": who, "api_app_id": workspace.core.config.app_id,
        "token": workspace.core.config.verification_token, "trigger_id": workspace.core.trigger(user.id, view),
        "team": {"id": workspace.team, "domain": workspace.name.lower()}, "enterprise": None,
        "is_enterprise_install": False,
    }  # fmt: skip


def on_message(workspace: Workspace, user: User, message: Message, block: JSON, element: JSON, choice: Any) -> JSON:
    """``block_actions`` in a message. A private message is not told, only where it is."""
    private = message.only_for is not None
    container = without_none({
        "type": "message", "message_ts": message.ts, "channel_id": message.channel, "is_ephemeral": private,
        "thread_ts": message.thread_ts,
    })  # fmt: skip
    url, place = workspace.core.response_url(workspace.team, message.channel, user.id)
    place.message, place.thread_ts = workspace.find(message.channel, message.ts), message.thread_ts
    channel = workspace.channels[message.channel]
    return {
        **base(workspace, user, "block_actions"), "container": container, "response_url": url,
        "channel": {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name},
        **({} if private else {"message": message.as_json(workspace.files)}),
        "state": {"values": {}}, "actions": [_action(workspace, block, element, choice)],
    }  # fmt: skip


def on_view(workspace: Workspace, user: User, view: View, block: JSON, element: JSON, choice: Any) -> JSON:
    """``block_actions`` in a modal or Home."""
    return {
        **base(workspace, user, "block_actions", view.id), "container": {"type": "view", "view_id": view.id},
        "view": workspace.view_json(view), "actions": [_action(workspace, block, element, choice)],
    }  # fmt: skip


def submission(workspace: Workspace, user: User, view: View, values: Mapping[str, Any]) -> JSON:
    """``view_submission`` with everything that was filled in."""
    told = workspace.view_json(view) | {"state": {"values": state(view.view["blocks"], values)}}
    return {**base(workspace, user, "view_submission", view.id), "view": told, "response_urls": []}


def closing(workspace: Workspace, user: User, view: View) -> JSON:
    """``view_closed``."""
    return {**base(workspace, user, "view_closed"), "view": workspace.view_json(view), "is_cleared": False}


def shortcut(workspace: Workspace, user: User, callback: str, message: Message | None) -> JSON:
    """A global shortcut, or one on a message."""
    if message is None:
        return {**base(workspace, user, "shortcut"), "callback_id": callback, "action_ts": workspace.core.ids.ts()}
    url, place = workspace.core.response_url(workspace.team, message.channel, user.id)
    place.message, place.thread_ts = message, message.thread_ts
    channel = workspace.channels[message.channel]
    return {
        **base(workspace, user, "message_action"), "callback_id": callback, "action_ts": workspace.core.ids.ts(),
        "message_ts": message.ts, "message": message.as_json(workspace.files), "response_url": url,
        "channel": {"id": channel.id, "name": channel.name},
    }  # fmt: skip


def command(workspace: Workspace, user: User, name: str, text: str, channel: Channel) -> tuple[JSON, str]:
    """A slash command's form, and the key of its ``response_url``."""
    url, _ = workspace.core.response_url(workspace.team, channel.id, user.id)
    form = {
        "token": workspace.core.config.verification_token, "team_id": workspace.team,
        "team_domain": workspace.name.lower(), "channel_id": channel.id,
        "channel_name": "directmessage" if channel.kind == "im" else channel.name, "user_id": user.id,
        "user_name": user.name, "command": name, "text": text, "api_app_id": workspace.core.config.app_id,
        "is_enterprise_install": "false", "response_url": url, "trigger_id": workspace.core.trigger(user.id),
    }  # fmt: skip
    return form, url.rpartition("/")[2]


def suggestion(workspace: Workspace, user: User, element: JSON, typed: str, view: View | None) -> JSON:
    """``block_suggestion``: the person types into an external select."""
    told = {"view": workspace.view_json(view)} if view else {}
    return {**base(workspace, user, "block_suggestion"), "action_id": element["action_id"], "value": typed, **told}


def found(shown: list[JSON], action_id: str) -> tuple[JSON, JSON]:
    """The block and element of an action that is shown now."""
    for block in shown:
        for element in interactive([block]):
            if element.get("action_id") == action_id:
                return block, element
    there = ", ".join(str(each.get("action_id")) for each in interactive(shown))
    raise AssertionError(f"nothing to click named {action_id}; there is: {there or 'nothing'}")


def _action(workspace: Workspace, block: JSON, element: JSON, choice: Any) -> JSON:
    told = {
        "action_id": element["action_id"], "block_id": block["block_id"], "type": element["type"],
        "action_ts": workspace.core.ids.ts(),
    }  # fmt: skip
    if element["type"] == "feedback_buttons":
        side = "negative_button" if choice in ("negative", False) else "positive_button"
        return {**told, "value": element[side]["value"], "text": element[side]["text"]}
    if element["type"] in ("button", "icon_button"):
        return {**told, **without_none({key: element.get(key) for key in ("value", "text", "style")})}
    return {**told, **chosen(element, choice)}


def chosen(element: JSON, choice: Any) -> JSON:
    """An element's state: what the person chose, or what it began with."""
    key = _CHOSEN[element["type"]]
    if choice is None:
        initial = next((value for name, value in element.items() if name.startswith("initial_")), None)
        return {"type": element["type"], key: initial if initial is not None else ([] if key.endswith("s") else None)}
    if key == "selected_option":
        return {"type": element["type"], key: _option(element, choice)}
    if key == "selected_options":
        return {"type": element["type"], key: [_option(element, each) for each in choice]}
    return {"type": element["type"], key: choice}


def _option(element: JSON, value: Any) -> JSON:
    groups = [each["options"] for each in element.get("option_groups", ())]
    for option in [*element.get("options", ()), *(each for group in groups for each in group)]:
        if value in (option["value"], option["text"]["text"]):
            return {key: option[key] for key in ("text", "value")}
    assert element["type"].endswith("external_select"), f"no option {value}"
    return {"text": {"type": "plain_text", "text": str(value)}, "value": str(value)}


def state(shown: list[JSON], values: Mapping[str, Any]) -> JSON:
    """``state.values``. Slack itself refuses to submit while a required input is empty."""
    filled: JSON = {}
    for block_id, action_id, block, element in _inputs(shown):
        value = chosen(element, values.get(action_id, values.get(block_id)))
        empty = value[_CHOSEN[element["type"]]] in (None, "", [])
        required = block["type"] == "input" and not block.get("optional")
        assert not (empty and required), f"Slack would not submit: {block['label']['text']} is required"
        filled.setdefault(block_id, {})[action_id] = value
    return filled


def _inputs(shown: list[JSON]) -> Iterator[tuple[str, str, JSON, JSON]]:
    for block in shown:
        for element in interactive([block]):
            if element["type"] in _CHOSEN:
                yield block["block_id"], element["action_id"], block, element
