"""The first response to an interaction: within three seconds, once, and of a kind that fits."""

from __future__ import annotations

from typing import Any

from tests.simulators.discord import mentions, modals, posting, shapes, telling
from tests.simulators.discord.model import Interaction, Message, Modal
from tests.simulators.discord.posting import Form, Place
from tests.simulators.discord.problems import Problems
from tests.simulators.discord.protocol import JSON, Flags, Types, refused
from tests.simulators.discord.routes.asking import Ask, Handler

PONG, MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9
RESPONSE_SECONDS = 3.0
SENDABLE = Flags.MAY_BE_SENT | Flags.EPHEMERAL
COMMAND, COMPONENT, AUTOCOMPLETE, SUBMISSION = 2, 3, 4, 5
_FITTING = {
    COMMAND: (MESSAGE, DEFERRED, MODAL),
    COMPONENT: (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL),
    AUTOCOMPLETE: (CHOICES,),
    SUBMISSION: (MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE),
}


def callback(ask: Ask) -> JSON | None:
    """``POST /interactions/{interaction}/{token}/callback``."""
    made = ask.core.interactions.get(ask.arguments["token"])
    if made is None or made.id != ask.arguments["interaction"]:
        raise refused(10062)
    if made.callback is not None:
        raise refused(40060)
    if ask.core.clock.now() - made.at >= RESPONSE_SECONDS:
        raise refused(10062)
    kind = ask.form.body.get("type")
    problems = Problems()
    problems.at("type").among(kind, *_fitting(made))
    problems.refuse()
    shown = _respond(ask, made, int(kind or 0))
    made.callback, made.answer, made.state = kind, ask.form.body, "acknowledged"
    ask.core.changes.tell()
    return _told(ask, made, shown) if ask.query.get("with_response") in ("1", "true", "True") else None


def _fitting(made: Interaction) -> tuple[int, ...]:
    """A form that was opened by a command has no message to update."""
    if made.type == SUBMISSION and made.message is None:
        return (MESSAGE, DEFERRED)
    return _FITTING[made.type]


def _respond(ask: Ask, made: Interaction, kind: int) -> Message | None:
    data = ask.form.body.get("data") or {}
    match kind:
        case 4:
            return _say(ask, made, Form(data, ask.form.files))
        case 5:
            return _defer(ask, made, int(data.get("flags") or 0))
        case 7:
            return _update(ask, made, Form(data, ask.form.files))
        case 6:
            made.original = made.message.id if made.message else None
        case 8:
            _check_choices(data)
        case 9:
            _open(ask, made, data)
    return None


def place_of(ask: Ask, made: Interaction, *, ephemeral: bool, more: JSON | None = None) -> Place:
    """Where an answer to an interaction goes. Of itself it calls users only."""
    fields = {"interaction": _metadata(made), "application": ask.core.application, **(more or {})}
    fields["webhook"] = ask.core.application
    return Place(
        ask.core.channels[made.channel], ask.route, mentions.USERS, made.user.id if ephemeral else None, more=fields
    )  # fmt: skip


def _metadata(made: Interaction) -> JSON:
    return {"id": made.id, "type": made.type, "user": shapes.user(made.user), "authorizing_integration_owners": {}}


def _type(made: Interaction) -> int:
    if made.type != COMMAND:
        return Types.DEFAULT
    return Types.COMMAND if made.body["data"].get("type") == 1 else Types.CONTEXT_MENU


def _say(ask: Ask, made: Interaction, form: Form) -> Message:
    made.ephemeral = bool(int(form.body.get("flags") or 0) & Flags.EPHEMERAL)
    place = place_of(ask, made, ephemeral=made.ephemeral)
    place.type = _type(made)
    shown = posting.create(ask.core, place, form, sendable=SENDABLE)
    made.original = shown.id
    made.posts.append(shown.id)
    return shown


def _defer(ask: Ask, made: Interaction, flags: int) -> Message:
    """The app is thinking. Whether only one person will see the answer is settled here."""
    made.ephemeral = bool(flags & Flags.EPHEMERAL)
    place = place_of(ask, made, ephemeral=made.ephemeral)
    shown = Message(
        ask.core.ids.new(), made.channel, ask.core.bot, type=_type(made), only_for=place.only_for,
        flags=Flags.LOADING | flags & Flags.EPHEMERAL, **place.more,
    )  # fmt: skip
    ask.core.post(shown)
    made.original = shown.id
    made.posts.append(shown.id)
    return shown


def _update(ask: Ask, made: Interaction, form: Form) -> Message:
    assert made.message
    made.original = made.message.id
    if made.message.deleted:
        raise refused(10008)
    place = place_of(ask, made, ephemeral=made.message.only_for is not None)
    return posting.edit(ask.core, made.message, form, place)


def _check_choices(data: Any) -> None:
    problems, choices = Problems(), data.get("choices") or []
    here = problems.at("data", "choices")
    if len(choices) > 25:
        here.add("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for place, each in enumerate(choices):
        here.at(place, "name").length(each.get("name"), 1, 100)
        if isinstance(each.get("value"), str):
            here.at(place, "value").length(each["value"], 1, 100)
    problems.refuse()


def _open(ask: Ask, made: Interaction, data: JSON) -> None:
    problems = Problems()
    modals.check(data, problems.at("data"))
    problems.refuse()
    ask.core.modals[made.user.id] = Modal(made.user.id, data, made)


def _told(ask: Ask, made: Interaction, shown: Message | None) -> JSON:
    told: JSON = {"id": made.id, "type": made.type}
    resource: JSON = {"type": made.callback}
    if shown:
        told |= {"response_message_id": shown.id, "response_message_loading": shown.loading,
                 "response_message_ephemeral": shown.only_for is not None}  # fmt: skip
        resource["message"] = telling.message(ask.core, shown)
    return {"interaction": told, "resource": resource}


ROUTES: dict[str, Handler] = {"POST /interactions/{interaction}/{token}/callback": callback}
