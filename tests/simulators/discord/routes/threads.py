"""Threads: open, list, join."""

from __future__ import annotations

from tests.simulators.discord import access, events, posting, shapes, telling, threads
from tests.simulators.discord.limits import check_name
from tests.simulators.discord.model import Channel
from tests.simulators.discord.posting import Form, Place
from tests.simulators.discord.problems import Problems
from tests.simulators.discord.protocol import JSON, Kinds, Refused, refused
from tests.simulators.discord.routes.asking import Ask, Handler

_THREADABLE = (Kinds.TEXT, Kinds.ANNOUNCEMENT)


def _asked(ask: Ask) -> tuple[str, int]:
    """Name and time to archive."""
    problems, body = Problems(), ask.form.body
    check_name(body.get("name"), problems.at("name"))
    minutes = body.get("auto_archive_duration") or threads.DEFAULT_MINUTES
    problems.at("auto_archive_duration").among(minutes, *threads.MINUTES)
    problems.refuse()
    return str(body["name"]), int(minutes)


def at_message(ask: Ask) -> JSON:
    """A thread that begins at a message."""
    channel = ask.channel()
    if channel.kind not in _THREADABLE:
        raise refused(50024)
    access.require(ask.core, channel, "create_public_threads")
    message = ask.message(channel)
    if message.thread:
        raise refused(160004)
    if message.type in (18, 21):
        raise refused(50021)
    name, minutes = _asked(ask)
    threads.check_room(ask.core, channel)
    return shapes.channel(ask.core, threads.from_message(ask.core, message, ask.core.bot, name, minutes))


def alone(ask: Ask) -> JSON:
    """A thread at no message, or a post in a forum."""
    channel = ask.channel()
    if channel.kind == Kinds.FORUM:
        return _post(ask, channel)
    if channel.kind not in _THREADABLE:
        raise refused(50024)
    kind = int(ask.form.body.get("type", Kinds.PRIVATE_THREAD))
    private = kind == Kinds.PRIVATE_THREAD
    access.require(ask.core, channel, "create_private_threads" if private else "create_public_threads")
    name, minutes = _asked(ask)
    threads.check_room(ask.core, channel)
    return shapes.channel(ask.core, threads.alone(ask.core, channel, ask.core.bot, name, kind, minutes))


def _post(ask: Ask, forum: Channel) -> JSON:
    """The thread and its first message have one id."""
    access.require(ask.core, forum, "send_messages")
    name, minutes = _asked(ask)
    tags = [str(each) for each in ask.form.body.get("applied_tags") or []]
    _check_tags(forum, tags)
    threads.check_room(ask.core, forum)
    made = threads.begin(ask.core, forum, ask.core.bot, name, minutes=minutes)
    assert made.thread
    made.thread.tags = tags
    try:
        form = Form(dict(ask.form.body.get("message") or {}), ask.form.files)
        first = posting.prepared(ask.core, Place(made, ask.route, key=made.id), form)
    except Refused:
        del ask.core.channels[made.id]
        raise
    events.thread_created(ask.core, made)
    ask.core.post(first)
    return {**shapes.channel(ask.core, made), "message": telling.message(ask.core, first)}


def _check_tags(forum: Channel, tags: list[str]) -> None:
    problems, known = Problems(), {each.id for each in forum.tags}
    problems.at("applied_tags").count(tags, 0, 5)
    for place, each in enumerate(tags):
        if each not in known:
            problems.at("applied_tags", place).add("INVALID_FORUM_TAG", "Unknown tag")
    problems.refuse()
    if forum.requires_tag and not tags:
        raise refused(40067)


def change(ask: Ask, channel: Channel) -> JSON:
    """Archive, lock, rename, tag. What is archived must be opened first, or in the same request."""
    state, body, bot = channel.thread, ask.form.body, ask.core.bot.id
    assert state
    manages = access.may(ask.core, bot, channel, "manage_threads")
    only_opening = set(body) <= {"archived"} and body.get("archived") is False
    if "locked" in body and bool(body["locked"]) != state.locked and not manages:
        raise refused(50013)
    if not manages and state.owner != bot and not (only_opening and not state.locked):
        raise refused(50013)
    if state.locked and not manages:
        raise refused(50083 if state.archived else 160005)
    if state.archived and body.get("archived") is not False:
        raise refused(50083)
    _apply(ask, channel)
    events.thread_changed(ask.core, channel)
    ask.core.changes.tell()
    return shapes.channel(ask.core, channel)


def _apply(ask: Ask, channel: Channel) -> None:
    state, body, problems = channel.thread, ask.form.body, Problems()
    assert state
    assert channel.parent
    if "name" in body:
        check_name(body["name"], problems.at("name"))
    if body.get("auto_archive_duration") is not None:
        problems.at("auto_archive_duration").among(body["auto_archive_duration"], *threads.MINUTES)
    problems.refuse()
    if "applied_tags" in body:
        tags = [str(each) for each in body["applied_tags"]]
        _check_tags(ask.core.channels[channel.parent], tags)
        state.tags = tags
    channel.name = str(body.get("name", channel.name))
    state.minutes = int(body.get("auto_archive_duration") or state.minutes)
    state.locked = bool(body.get("locked", state.locked))
    if "archived" in body and bool(body["archived"]) != state.archived:
        state.archived, state.archived_at = bool(body["archived"]), ask.core.clock.now()
        state.active_at = ask.core.clock.now()


def _listed(ask: Ask, found: list[Channel]) -> JSON:
    bot = ask.core.bot.id
    seen = [each for each in found if access.sees(ask.core, bot, each)]
    members = [
        shapes.thread_member(each, bot, each.thread) for each in seen if each.thread and bot in each.thread.members
    ]
    return {"threads": [shapes.channel(ask.core, each) for each in seen], "members": members, "has_more": False}


def active(ask: Ask) -> JSON:
    """The open threads of a guild."""
    found = [t for t in ask.guild().threads() if t.thread and not (ask.core.channel(t.id) and t.thread.archived)]
    told = _listed(ask, found)
    return {key: told[key] for key in ("threads", "members")}


def archived(ask: Ask) -> JSON:
    """The archived public threads of a channel, last archived first."""
    channel = ask.channel("read_message_history")
    public = (Kinds.PUBLIC_THREAD, Kinds.ANNOUNCEMENT_THREAD)
    found = [each for each in ask.core.channels.values() if each.parent == channel.id and each.kind in public]
    done = [each for each in found if ask.core.channel(each.id) and each.thread and each.thread.archived]
    done.sort(key=lambda each: each.thread.archived_at if each.thread else 0, reverse=True)
    return _listed(ask, done)


def join(ask: Ask) -> None:
    """The bot joins a thread."""
    channel = ask.channel()
    if not channel.thread:
        raise refused(50024)
    threads.join(ask.core, channel, ask.core.bot)


ROUTES: dict[str, Handler] = {
    "POST /channels/{channel}/messages/{message}/threads": at_message,
    "POST /channels/{channel}/threads": alone,
    "GET /guilds/{guild}/threads/active": active,
    "GET /channels/{channel}/threads/archived/public": archived,
    "PUT /channels/{channel}/thread-members/@me": join,
}
