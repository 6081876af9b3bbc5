"""What an interaction's token allows for fifteen minutes: the original answer, and further messages."""

from __future__ import annotations

from tests.simulators.discord import posting, telling
from tests.simulators.discord.model import Interaction, Message
from tests.simulators.discord.protocol import JSON, Flags, refused
from tests.simulators.discord.routes.asking import Ask, Handler
from tests.simulators.discord.routes.interactions import DEFERRED, SENDABLE, place_of

TOKEN_SECONDS = 900.0


def _good(ask: Ask) -> Interaction:
    """The interaction, when it was answered already and not too long ago."""
    made = ask.interaction()
    if ask.arguments["application"] != ask.core.application or made.callback is None:
        raise refused(10015)
    if ask.core.clock.now() - made.at >= TOKEN_SECONDS:
        raise refused(50027)
    return made


def _found(ask: Ask, key: str | None) -> Message:
    found = ask.core.messages.get(key or "")
    if found is None or found.deleted:
        raise refused(10008)
    return found


def _own(ask: Ask) -> Message:
    made = _good(ask)
    if "message" not in ask.arguments:
        return _found(ask, made.original)
    if ask.arguments["message"] not in (*made.posts, made.original):
        raise refused(10008)
    return _found(ask, ask.arguments["message"])


def follow(ask: Ask) -> JSON:
    """A further message. The first one after a deferral takes its place."""
    made = _good(ask)
    original = ask.core.messages.get(made.original or "")
    if made.callback == DEFERRED and original and original.loading and not original.deleted:
        return _edited(ask, made, original)
    ephemeral = bool(int(ask.form.body.get("flags") or 0) & Flags.EPHEMERAL)
    more = _reply(ask, made)
    shown = posting.create(ask.core, place_of(ask, made, ephemeral=ephemeral, more=more), ask.form, sendable=SENDABLE)
    made.posts.append(shown.id)
    return telling.message(ask.core, shown)


def _reply(ask: Ask, made: Interaction) -> JSON:
    """Further messages refer to the first one."""
    original = ask.core.messages.get(made.original or "")
    if original is None or original.deleted:
        return {}
    return {"reference": posting.reply_to(original, ask.core.channels[made.channel])}


def _edited(ask: Ask, made: Interaction, shown: Message) -> JSON:
    place = place_of(ask, made, ephemeral=shown.only_for is not None)
    return telling.message(ask.core, posting.edit(ask.core, shown, ask.form, place))


def read(ask: Ask) -> JSON:
    """One of the messages."""
    return telling.message(ask.core, _own(ask))


def change(ask: Ask) -> JSON:
    """An edit; of a deferred answer it is the answer."""
    shown = _own(ask)
    channel = ask.core.channels[shown.channel]
    if channel.thread and channel.thread.archived and channel.thread.locked:
        raise refused(50083)
    return _edited(ask, ask.interaction(), shown)


def delete(ask: Ask) -> None:
    """Away with one of the messages."""
    ask.core.remove(_own(ask))


_TOKEN = "/webhooks/{application}/{token}"
ROUTES: dict[str, Handler] = {
    f"POST {_TOKEN}": follow,
    **{
        f"{method} {_TOKEN}/messages/{message}": handler
        for message in ("@original", "{message}")
        for method, handler in (("GET", read), ("PATCH", change), ("DELETE", delete))
    },
}
