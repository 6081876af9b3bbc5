"""Payloads of what people do with commands, components and modals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tests.simulators.discord import access, components, events, shapes, telling
from tests.simulators.discord.model import Channel, Interaction, Message, Role, User
from tests.simulators.discord.protocol import JSON
from tests.simulators.discord.registry import CHAT
from tests.simulators.discord.routes.interactions import RESPONSE_SECONDS

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core

_SUBCOMMAND, _GROUP, _STRING, _INTEGER, _BOOLEAN, _USER, _CHANNEL, _ROLE, _NUMBER = 1, 2, 3, 4, 5, 6, 7, 8, 10


def begin(
    core: Core, user: User, channel: Channel, kind: int, data: JSON, message: Message | None = None
) -> Interaction:
    """Tell the app. It has three seconds; the person sees when they are over.

    The app is told the message as it is handed in: an old copy is what it was when the click was accepted.
    """
    key, token = core.ids.new(), core.ids.secret("interaction.")
    body = {**_base(core, user, channel), "id": key, "token": token, "type": kind, "data": data}
    if message:
        body["message"] = telling.message(core, message)
        message = core.messages[message.id]
    made = Interaction(key, token, kind, user, channel.id, body, core.clock.now(), message)
    core.interactions[token] = made
    if core.config.interactions_url is None:
        events.interaction(core, made)
    core.errands.start(_expire(core, made))
    core.changes.tell()
    return made


async def _expire(core: Core, made: Interaction) -> None:
    await core.clock.until(made.at + RESPONSE_SECONDS)
    if made.state == "waiting":
        made.state = "given up"
        core.changes.tell()


def _base(core: Core, user: User, channel: Channel) -> JSON:
    allowed = str(access.of(core, user.id, channel))
    told: JSON = {
        "application_id": core.application, "version": 1, "channel_id": channel.id, "locale": user.locale,
        "channel": {**shapes.channel(core, channel), "permissions": allowed}, "entitlements": [],
        "app_permissions": str(access.of(core, core.bot.id, channel)),
        "attachment_size_limit": core.config.upload_bytes,
        "authorizing_integration_owners": {"0": channel.guild or "0"}, "context": 0 if channel.guild else 1,
    }  # fmt: skip
    if channel.guild is None:
        return {**told, "user": shapes.user(user)}
    member = shapes.member(core.guilds[channel.guild].members[user.id])
    guild = {"id": channel.guild, "locale": "en-GB", "features": []}
    return {**told, "guild_id": channel.guild, "guild": guild, "guild_locale": "en-GB",
            "member": {**member, "permissions": allowed}}  # fmt: skip


# components


def found(message: Message, wanted: str) -> JSON:
    """The component of a label, placeholder or custom id."""
    usable = [each for each in components.walk(message.components) if each["type"] in (2, *components.SELECTS)]
    for each in usable:
        if wanted in (each.get("custom_id"), each.get("label"), each.get("placeholder"), _emoji(each)):
            return each
    there = ", ".join(str(each.get("label") or each.get("custom_id")) for each in usable)
    raise AssertionError(f"nothing to click named {wanted}; there is: {there or 'nothing'}")


def _emoji(component: JSON) -> str | None:
    name: str | None = (component.get("emoji") or {}).get("name")
    return name


def used(core: Core, component: JSON, choice: Any) -> JSON:
    """The data of a click, or of a choice from a menu."""
    data: JSON = {"custom_id": component["custom_id"], "component_type": component["type"],
                  "id": component.get("id", 0)}  # fmt: skip
    if component["type"] == 2:
        return data
    given: list[Any] = [choice] if isinstance(choice, str) or not isinstance(choice, Iterable) else list(choice)
    if component["type"] == components.STRING_SELECT:
        options = component["options"]
        data["values"] = [o["value"] for want in given for o in options if want in (o["value"], o["label"])]
        assert len(data["values"]) == len(given), f"no option {choice}"
    else:
        data["values"] = [each.id for each in given]
        data["resolved"] = resolved(core, None, given)
    least, most = component.get("min_values", 1), component.get("max_values", 1)
    assert least <= len(data["values"]) <= most, f"this menu takes {least} to {most} values"
    return data


# commands


def command(core: Core, guild: str | None, name: str, kind: int) -> JSON:
    """A command that people see there."""
    visible = [each for each in core.registry.visible(guild) if each["type"] == kind]
    for each in visible:
        if each["name"] == name and _in_context(each, guild):
            return each
    there = ", ".join(each["name"] for each in visible)
    raise AssertionError(f"no command named {name} here; there is: {there or 'nothing'}")


def _in_context(command: JSON, guild: str | None) -> bool:
    contexts = command.get("contexts")
    if contexts is not None:
        return (0 if guild else 1) in contexts
    return bool(guild or command.get("dm_permission", True))


def invoked(command: JSON, guild: str | None) -> JSON:
    """What every use of a command begins with."""
    data = {"id": command["id"], "name": command["name"], "type": command["type"]}
    return {**data, "guild_id": command["guild_id"]} if command.get("guild_id") and guild else data


def chat(
    core: Core, command: JSON, path: list[str], given: Mapping[str, Any], guild: str | None, typed: str = ""
) -> JSON:
    """A slash command with its options; ``typed`` names the one that has the cursor in it."""
    data, options = invoked(command, guild), command["options"]
    inner = data
    for name in path:
        step = next((o for o in options if o["name"] == name and o["type"] in (_SUBCOMMAND, _GROUP)), None)
        assert step, f"no subcommand {name}"
        inner["options"] = [{"name": name, "type": step["type"]}]
        inner, options = inner["options"][0], step.get("options") or []
    inner["options"] = _filled(options, given, typed)
    picked = [each for each in given.values() if not isinstance(each, (str, int, float))]
    if picked:
        data["resolved"] = resolved(core, guild, picked)
    assert command["type"] == CHAT
    return data


def _filled(options: list[JSON], given: Mapping[str, Any], typed: str) -> list[JSON]:
    known = [each["name"] for each in options]
    assert set(given) <= set(known), f"no option {set(given) - set(known)}; there is {known}"
    filled = []
    for option in options:
        if option["name"] in given:
            value = given[option["name"]] if typed else _checked(option, given[option["name"]])
            told = {"name": option["name"], "type": option["type"], "value": getattr(value, "id", value)}
            filled.append({**told, "focused": True} if option["name"] == typed else told)
        else:
            assert typed or not option.get("required"), f"Discord would not send it: {option['name']} is required"
    return filled


def _checked(option: JSON, value: Any) -> Any:
    """What Discord's own input field lets through."""
    kinds: dict[int, type | tuple[type, ...]] = {_STRING: str, _INTEGER: int, _BOOLEAN: bool, _NUMBER: (int, float)}
    wanted = kinds.get(option["type"])
    assert wanted is None or isinstance(value, wanted), f"{option['name']} takes {wanted}"
    for choice in option.get("choices") or ():
        if value in (choice["name"], choice["value"]):
            return choice["value"]
    assert not option.get("choices"), f"{option['name']} has no choice {value}"
    if option["type"] == _STRING:
        least, most = option.get("min_length") or 0, option.get("max_length") or 6000
        assert least <= len(value) <= most, f"{option['name']} takes {least} to {most} characters"
    if option["type"] in (_INTEGER, _NUMBER):
        least, most = option.get("min_value", -(1 << 53)), option.get("max_value", 1 << 53)
        assert least <= value <= most, f"{option['name']} takes {least} to {most}"
    return value


def resolved(core: Core, guild: str | None, picked: Iterable[Any]) -> JSON:
    """Whom and what the ids mean."""
    told: JSON = {}
    for each in picked:
        thing = getattr(each, "user", each)
        if isinstance(thing, User):
            told.setdefault("users", {})[thing.id] = shapes.user(thing)
            if guild and thing.id in core.guilds[guild].members:
                member = shapes.bare_member(core.guilds[guild].members[thing.id])
                told.setdefault("members", {})[thing.id] = {**member, "permissions": "0"}
        elif isinstance(thing, Role):
            told.setdefault("roles", {})[thing.id] = shapes.role(thing)
        elif isinstance(thing, Channel):
            told.setdefault("channels", {})[thing.id] = {**shapes.channel(core, thing), "permissions": "0"}
    return told


def on_message(core: Core, command: JSON, message: Message, guild: str | None) -> JSON:
    """A message command, with the whole message."""
    told = telling.message(core, message)
    return {**invoked(command, guild), "target_id": message.id, "resolved": {"messages": {message.id: told}}}
