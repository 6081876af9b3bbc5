"""Messages as JSON, for the API and for the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tests.simulators.discord import shapes
from tests.simulators.discord.model import Attachment, Message
from tests.simulators.discord.protocol import JSON, Types, moment_of, timestamp

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core

LINK_SECONDS = 86_400
_CONTENT: JSON = {"content": "", "embeds": [], "attachments": [], "components": []}


def attachment(core: Core, found: Attachment) -> JSON:
    """A file; its address is good for a day."""
    until = int(core.clock.now()) + LINK_SECONDS
    url = f"{core.url}/cdn/attachments/{found.channel}/{found.id}/{quote(found.name)}?ex={until:x}&hm=sim"
    told: JSON = {
        "id": found.id, "filename": found.name, "size": len(found.content), "url": url, "proxy_url": url,
        "content_type": found.media_type,
    }  # fmt: skip
    if found.description:
        told["description"] = found.description
    if found.media_type.startswith("image/"):
        told |= {"width": 64, "height": 64}
    return {**told, "ephemeral": True} if found.ephemeral else told


def components(core: Core, found: Message, shown: list[JSON]) -> list[JSON]:
    """Components with the addresses of their files."""
    return [_component(core, found, each) for each in shown]


def _component(core: Core, found: Message, component: JSON) -> JSON:
    told: JSON = {}
    for key, value in component.items():
        if key in ("components", "items"):
            told[key] = [_component(core, found, each) for each in value]
        elif key == "accessory":
            told[key] = _component(core, found, value)
        elif key in ("media", "file"):
            told[key] = _media(core, found, value)
        else:
            told[key] = value
    if component.get("type") == 13:
        named = _named(found, component["file"]["url"])
        told |= {"name": named.name, "size": len(named.content)} if named else {}
    return told


def _media(core: Core, found: Message, media: JSON) -> JSON:
    named = _named(found, media["url"])
    more: JSON = {"placeholder": "", "loading_state": 2}
    if named is None:
        return {**media, "proxy_url": media["url"], **more}
    told = attachment(core, named)
    return {**more, **{key: told[key] for key in ("url", "proxy_url", "content_type")}, "attachment_id": named.id}


def _named(found: Message, url: str) -> Attachment | None:
    name = url.removeprefix("attachment://")
    return next((each for each in found.attachments if each.name == name), None) if name != url else None


def message(core: Core, found: Message, *, with_reference: bool = True) -> JSON:
    """A message as the API tells it."""
    shown = [each for each in found.attachments if not _inside(found, each)]
    told: JSON = {
        "id": found.id, "channel_id": found.channel, "author": author(found), "content": found.content,
        "timestamp": timestamp(moment_of(found.id)),
        "edited_timestamp": timestamp(found.edited_at) if found.edited_at else None,
        "tts": found.tts, "mention_everyone": found.mention_everyone,
        "mentions": [shapes.user(core.users[each]) for each in found.mentions if each in core.users],
        "mention_roles": list(found.mention_roles), "attachments": [attachment(core, each) for each in shown],
        "embeds": [_embed(core, found, each) for each in found.embeds], "pinned": False, "type": found.type,
        "flags": found.flags, "components": components(core, found, found.components),
    }  # fmt: skip
    optional: dict[str, Any] = {
        "webhook_id": found.webhook, "application_id": found.application, "interaction_metadata": found.interaction,
        "message_reference": found.reference, "nonce": found.nonce,
    }  # fmt: skip
    told |= {key: value for key, value in optional.items() if value is not None}
    if found.reactions:
        told["reactions"] = [_reaction(core, name, users) for name, users in found.reactions.items()]
    if found.thread and (thread := core.channels.get(found.thread)) and not thread.deleted:
        told["thread"] = shapes.channel(core, thread)
    if with_reference and found.type in (Types.REPLY, Types.THREAD_STARTER) and found.reference:
        told["referenced_message"] = _referenced(core, found.reference)
    return told


def for_gateway(core: Core, found: Message) -> JSON:
    """The same with guild and member."""
    channel = core.channels[found.channel]
    told = message(core, found)
    if channel.guild is None:
        return {**told, "channel_type": channel.kind}
    members = core.guilds[channel.guild].members
    told |= {"guild_id": channel.guild, "channel_type": channel.kind}
    if found.author.id in members and not found.webhook:
        told["member"] = shapes.bare_member(members[found.author.id])
    for each in told["mentions"]:
        if each["id"] in members:
            each["member"] = shapes.bare_member(members[each["id"]])
    return told


def without_content(told: JSON, bot: str) -> JSON:
    """What an app without the message content intent is told; direct messages, mentions and its own stay whole."""
    inner = told.get("referenced_message")
    if inner:
        told = {**told, "referenced_message": without_content({**inner, "guild_id": told.get("guild_id")}, bot)}
    readable = not told.get("guild_id") or told["author"]["id"] == bot or any(m["id"] == bot for m in told["mentions"])
    return told if readable else {**told, **_CONTENT}


def author(found: Message) -> JSON:
    """Who wrote it."""
    told = shapes.user(found.author)
    return {**told, "bot": True} if found.webhook else told


def _referenced(core: Core, reference: JSON) -> JSON | None:
    original = core.messages.get(str(reference.get("message_id")))
    return message(core, original, with_reference=False) if original and not original.deleted else None


def _reaction(core: Core, name: str, users: list[str]) -> JSON:
    return {
        "emoji": {"id": None, "name": name}, "count": len(users), "me": core.bot.id in users, "me_burst": False,
        "count_details": {"burst": 0, "normal": len(users)}, "burst_colors": [],
    }  # fmt: skip


def _embed(core: Core, found: Message, embed: JSON) -> JSON:
    told = dict(embed)
    for key in ("image", "thumbnail"):
        if key in told and (named := _named(found, str(told[key].get("url", "")))):
            told[key] = {**told[key], "url": attachment(core, named)["url"]}
    return told


def _inside(found: Message, shown: Attachment) -> bool:
    """A picture that an embed shows is not listed again."""
    address = f"attachment://{shown.name}"
    return any(each.get(key, {}).get("url") == address for each in found.embeds for key in ("image", "thumbnail"))
