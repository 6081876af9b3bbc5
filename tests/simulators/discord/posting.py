"""Messages as an app makes and edits them: by its channel routes, its webhook routes and its callbacks alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.simulators.discord import access, components, limits, mentions
from tests.simulators.discord.model import Attachment, Channel, Message
from tests.simulators.discord.problems import Problems
from tests.simulators.discord.protocol import JSON, Flags, Types, moment_of, refused

if TYPE_CHECKING:
    from tests.simulators.discord.core import Core

NONCE_SECONDS = 300.0


@dataclass(frozen=True)
class Upload:
    """One ``files[n]``."""

    name: str
    content: bytes


@dataclass
class Form:
    """A body with its files by number."""

    body: JSON
    files: Mapping[int, Upload] = field(default_factory=dict)


@dataclass
class Place:
    """Where a message goes, and as what."""

    channel: Channel
    route: str
    default: tuple[str, ...] = mentions.ALL
    """What is parsed when ``allowed_mentions`` is left out."""
    only_for: str | None = None
    type: int = Types.DEFAULT
    key: str | None = None
    """The message's id, when it is given already."""
    more: JSON = field(default_factory=dict)
    """Further fields of the message."""


def create(core: Core, place: Place, form: Form, *, sendable: int = Flags.MAY_BE_SENT) -> Message:
    """Check a new message and post it."""
    return core.post(prepared(core, place, form, sendable=sendable))


def prepared(core: Core, place: Place, form: Form, *, sendable: int = Flags.MAY_BE_SENT) -> Message:
    """A new message that was checked, and an alarm about whom it calls; nobody sees it yet."""
    body = form.body
    files = uploaded(core, place.channel, form, ephemeral=place.only_for is not None)
    limits.check_new(body, {each.name for each in files}, sendable=sendable)
    made = Message(
        place.key or core.ids.new(), place.channel.id, core.bot, str(body.get("content") or ""),
        place.type, list(body.get("embeds") or []), components.numbered(body.get("components") or []), files,
        int(body.get("flags") or 0), nonce=_nonce(body), tts=bool(body.get("tts")), only_for=place.only_for,
        **place.more,
    )  # fmt: skip
    core.attachments |= {each.id: each for each in files}
    if body.get("message_reference"):
        _refer(core, made, body["message_reference"])
    found = core.call(made, body.get("allowed_mentions"), place.default)
    core.watch(place.route, made, found)
    return made


def edit(core: Core, message: Message, form: Form, place: Place) -> Message:
    """Change what is named in the body; the rest stays."""
    body = form.body
    new = uploaded(core, place.channel, form, ephemeral=message.only_for is not None)
    kept = _kept(message, body) if "attachments" in body else message.attachments
    limits.check_edit(message, body, {each.name for each in [*kept, *new]})
    message.versions.append(message.text)
    if "content" in body:
        message.content = str(body["content"] or "")
    if "embeds" in body:
        message.embeds = list(body["embeds"] or [])
    if "components" in body:
        message.components = components.numbered(body["components"] or [])
    if body.get("flags") is not None:
        own = Flags.SUPPRESS_EMBEDS | Flags.COMPONENTS_V2
        message.flags = message.flags & ~own | int(body["flags"]) & own
    message.attachments = [*kept, *new]
    core.attachments |= {each.id: each for each in new}
    found = core.call(message, body.get("allowed_mentions"), place.default)
    core.watch(place.route, message, found)
    if message.loading:
        message.flags &= ~Flags.LOADING
    else:
        message.edited_at = core.clock.now()
    core.changed(message)
    return message


def uploaded(core: Core, channel: Channel, form: Form, *, ephemeral: bool = False) -> list[Attachment]:
    """The new files of a form; ``attachments`` may give them names and descriptions."""
    named = {str(each.get("id")): each for each in form.body.get("attachments") or [] if isinstance(each, dict)}
    made = []
    for number, upload in form.files.items():
        if len(upload.content) > core.config.upload_bytes:
            raise refused(40005)
        told = named.get(str(number), {})
        name = str(told.get("filename") or upload.name)
        made.append(
            Attachment(core.ids.new(), channel.id, name, upload.content, told.get("description"), ephemeral)
        )  # fmt: skip
    return made


def repeated(core: Core, channel: Channel, body: JSON) -> Message | None:
    """The message that was made with this nonce already, when the app asked for that."""
    nonce = _nonce(body)
    if not nonce or not body.get("enforce_nonce"):
        return None
    late = core.clock.now() - NONCE_SECONDS
    for each in core.messages.values():
        same = each.nonce == nonce and each.author.id == core.bot.id and each.channel == channel.id
        if same and not each.deleted and moment_of(each.id) > late:
            return each
    return None


def _nonce(body: JSON) -> str | None:
    return None if body.get("nonce") is None else str(body["nonce"])


def _kept(message: Message, body: JSON) -> list[Attachment]:
    ids = {str(each.get("id")) for each in body["attachments"] or []}
    return [each for each in message.attachments if each.id in ids]


def _refer(core: Core, made: Message, reference: JSON) -> None:
    """A reply. To a message that is gone it fails, unless ``fail_if_not_exists`` is false."""
    channel = core.channels[made.channel]
    target = core.message(made.channel, str(reference.get("message_id")))
    if not access.may(core, core.bot.id, channel, "read_message_history"):
        raise refused(160002)
    problems = Problems().at("message_reference")
    if target is None:
        if reference.get("fail_if_not_exists", True):
            problems.add("REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            problems.refuse()
        return
    if target.type not in Types.CAN_BE_REPLIED_TO:
        problems.add("REPLIES_CANNOT_REPLY_TO_SYSTEM_MESSAGE", "Cannot reply to a system message")
        problems.refuse()
    made.type = Types.REPLY
    made.reference = reply_to(target, channel)


def reply_to(target: Message, channel: Channel) -> JSON:
    """``message_reference`` of a reply."""
    told: JSON = {"type": 0, "message_id": target.id, "channel_id": target.channel}
    return {**told, "guild_id": channel.guild} if channel.guild else told


def system(core: Core, channel: Channel, kind: int, author: Any, **more: Any) -> Message:
    """A notice that Discord itself writes, in somebody's name."""
    return core.post(Message(core.ids.new(), channel.id, author, type=kind, **more))
