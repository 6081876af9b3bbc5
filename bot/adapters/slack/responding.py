"""Where a click, command or modal came from, and how the person behind it always gets an answer."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.adapters.markup.neutral import cut, escaped
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.incoming import in_zone
from bot.adapters.slack.past import Mark
from bot.adapters.slack.people import Profile
from bot.adapters.slack.places import Place, sender_id, team_of
from bot.adapters.slack.questions import Question, Work
from bot.adapters.slack.rendering.cards.approval import confirm_post
from bot.adapters.slack.rendering.cards.post import Payload, Post, simple
from bot.adapters.slack.rendering.cards.reply import reply_post
from bot.adapters.slack.rendering.elements import context
from bot.adapters.slack.responses import SPENT
from bot.adapters.slack.turns import answer, documents_of, unwatched
from bot.adapters.slack.wire import SlackRefused, SlackUnreachable
from bot.domain.action import Json
from bot.domain.message import ConversationId, Message, Platform, Reply
from bot.domain.person import Sender
from bot.errors import SecretError

log = logging.getLogger(__name__)

_ADDRESS = "slack/response"
"""What a sealed address is sealed for."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a person did something. Fields that Slack did not tell are empty."""

    team: str
    user: str
    channel: str = ""
    """Empty in the Home tab."""
    thread: str = ""
    """As Slack told it, so that it has replies: in one without, nobody is shown what is for one person alone."""
    message: str = ""
    """The ``ts`` of the message that was used."""
    hidden: bool = False
    """Only this person sees what is here, and what is here can be changed at ``address`` alone."""
    address: str = field(default="", repr=False)
    """The response address, a secret."""

    @property
    def place(self) -> Place:
        """Answers go into the thread, else into the one that the message begins."""
        return Place(self.team, self.channel, self.thread or ("" if self.hidden else self.message))

    @property
    def sender(self) -> Sender:
        """The person by id alone, for what must not wait for a profile."""
        return Sender(sender_id(self.team, self.user))

    def kept(self, about: str) -> str:
        """For ``private_metadata``: this spot and what the modal is about."""
        return json.dumps({"about": about, "spot": asdict(self)})


def spot_of(body: Mapping[str, Any]) -> Spot:
    """The spot of ``block_actions``, a shortcut, a submission or a command."""
    user = body.get("user") or {}
    container = body.get("container") or {}
    message = body.get("message") or {}
    return Spot(
        team=team_of(body),
        user=str(user.get("id") or body.get("user_id") or ""),
        channel=str((body.get("channel") or {}).get("id") or body.get("channel_id") or ""),
        thread=str(container.get("thread_ts") or message.get("thread_ts") or ""),
        message=str(container.get("message_ts") or body.get("message_ts") or ""),
        hidden=bool(container.get("is_ephemeral")),
        address=str(body.get("response_url") or ""),
    )


def kept_spot(metadata: str) -> tuple[str, Spot]:
    """Undo ``Spot.kept``. Raises ValueError for what is not ours."""
    try:
        kept = json.loads(metadata)
        return str(kept["about"]), Spot(**kept["spot"])
    except (KeyError, TypeError) as error:
        raise ValueError("not a spot of ours") from error


def spot_sealed(desk: Desk, spot: Spot) -> dict[str, Json]:
    """For the payload of a job: the address is a secret and is kept encrypted."""
    address = desk.sealing.encrypt(spot.address, _ADDRESS) if spot.address else ""
    return {**asdict(spot), "address": address}


def spot_opened(desk: Desk, payload: Mapping[str, Any]) -> Spot:
    """Undo ``spot_sealed``. An address that cannot be read any more is done without."""
    spot = Spot(**payload)
    try:
        return replace(spot, address=desk.sealing.decrypt(spot.address, _ADDRESS) if spot.address else "")
    except SecretError:
        log.warning("a response address was sealed with a key that is gone")
        return replace(spot, address="")


def note(said: str) -> Post:
    """A few plain words."""
    return Post((simple(said, context(cut(said, 2_900, escaped))),))


def headed(post: Post, said: str, mrkdwn: str) -> Post:
    """A post with a line above it, in every form; ``mrkdwn`` must be safe."""
    rungs = (Payload(f"{escaped(said)}\n{rung.text}", _above(rung, mrkdwn)) for rung in post.ladder)
    return Post(tuple(rungs), post.document)


def _above(rung: Payload, mrkdwn: str) -> tuple[dict[str, Any], ...]:
    return (context(mrkdwn), *rung.blocks) if rung.blocks else ()


Way = Callable[[Desk, Spot, Post], Awaitable[None]]


async def whisper(desk: Desk, spot: Spot, post: Post) -> None:
    """Tell the person alone: at the response address, else where they are, else in direct messages. Never raises.

    A document follows in direct messages, for a file cannot be shown to one person in a channel.
    """
    words = replace(post, document=None)
    for way in (_at_address, _beside, _directly):
        if await _tried(way, desk, spot, words):
            break
    if post.document:
        await _tried(_document, desk, spot, post)


async def _tried(way: Way, desk: Desk, spot: Spot, post: Post) -> bool:
    try:
        await way(desk, spot, post)
    except (SlackRefused, SlackUnreachable) as error:
        log.info("a private word did not arrive: %s", error)
        return False
    return True


async def _at_address(desk: Desk, spot: Spot, post: Post) -> None:
    await sent(desk, spot, post, {"response_type": "ephemeral", "replace_original": False, **thread_of(spot)})


async def _beside(desk: Desk, spot: Spot, post: Post) -> None:
    if not spot.channel:
        raise SlackRefused("chat.postEphemeral", "channel_not_found")
    await desk.outbox.post(Place(spot.team, spot.channel, spot.thread), post, spot.user)


async def _directly(desk: Desk, spot: Spot, post: Post) -> None:
    await desk.outbox.post(await desk.outbox.direct(spot.team, spot.user), post)


async def _document(desk: Desk, spot: Spot, post: Post) -> None:
    if post.document:
        await desk.outbox.upload(await desk.outbox.direct(spot.team, spot.user), [post.document])


async def change(desk: Desk, spot: Spot, post: Post) -> None:
    """Put another message in the place of the one that was used. Raises SlackRefused or SlackUnreachable."""
    if spot.hidden:
        await sent(desk, spot, post, {"replace_original": True})
    elif spot.channel and spot.message:
        await desk.outbox.update(Place(spot.team, spot.channel, spot.thread), spot.message, post)


async def sent(desk: Desk, spot: Spot, post: Post, how: Mapping[str, Any]) -> None:
    """Down the ladder at the response address; each step costs one of its five posts."""
    *upper, last = post.ladder
    for payload in upper:
        try:
            return await desk.responses.send(spot.address, {**how, **_content(payload)})
        except SlackRefused as refused:
            if refused.error in SPENT:
                raise
    return await desk.responses.send(spot.address, {**how, **_content(last)})


def thread_of(spot: Spot) -> dict[str, str]:
    return {"thread_ts": spot.thread} if spot.thread else {}


def _content(payload: Payload) -> dict[str, Any]:
    return {"text": payload.text, "blocks": list(payload.blocks)} if payload.blocks else {"text": payload.text}


async def first(desk: Desk, token: str) -> bool:
    """Whether what carries ``token`` comes for the first time. Only a hash of it is kept: a trigger is a secret."""
    if not token:
        return True
    digest = hashlib.sha256(token.encode()).hexdigest()
    return await desk.claims.claim(f"slack/pressed/{digest}", desk.clock())


async def answered(desk: Desk, spot: Spot, by: Sender, work: Work, mark: Mark) -> None:
    """Do ``work`` and give its reply there; in sight of all unless the spot is hidden."""
    if spot.hidden:
        await tell(desk, spot, by, await work(unwatched))
    else:
        await answer(desk, _question(desk, spot, by, mark), work)


async def tell(desk: Desk, spot: Spot, by: Sender, reply: Reply, heading: str = "", thread: str = "") -> None:
    """Give a reply to one person alone. ``heading`` is raw; ``thread`` is where they may share it, if not here.

    What only one person sees cannot be found again: after a crash between this and the end of its job it comes twice.
    """
    if reply.text or reply.question or reply.used or not reply.approval:
        post = reply_post(reply, private=not spot.place.is_direct, thread=thread)
        await whisper(desk, spot, headed(post, heading, escaped(heading)) if heading else post)
    if reply.approval:
        specs = (await desk.conversations.overview(by)).specs
        await whisper(desk, spot, confirm_post(reply.approval, specs))
    if documents := await documents_of(desk, by, reply.files):
        await desk.outbox.attach(await desk.outbox.direct(spot.team, spot.user), documents)


def _question(desk: Desk, spot: Spot, by: Sender, mark: Mark) -> Question:
    private = spot.channel in desk.rules.private
    return Question(spot.place, by, private=private, mark=mark, replied=bool(spot.thread))


def message_of(at: datetime, profile: Profile, conversation: ConversationId, name: str, text: str) -> Message:
    """What a person asked by a button, command or shortcut at that moment; ``name`` is its id."""
    return Message(name, conversation, profile.sender, text, in_zone(at, profile.zone))


def own_conversation(spot: Spot) -> ConversationId:
    """What one person asks where nobody else reads along; nobody else's question remembers it."""
    return Place(spot.team, spot.user).conversation


async def asked_at(desk: Desk, spot: Spot, conversation: str) -> Spot:
    """The spot of a conversation. What one person asked alone is answered in direct messages."""
    known = ConversationId.parse(conversation)
    place = Place.of(known) if known.platform is Platform.SLACK else Place(spot.team, spot.user)
    if place.channel == spot.user:
        place = await desk.outbox.direct(spot.team, spot.user)
    return replace(spot, channel=place.channel, thread="", message=place.thread, hidden=False)
