"""``chat`` and ``ask``: questions from a terminal."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from bot.commands.entry import run

if TYPE_CHECKING:
    from bot.app import Service
    from bot.domain.message import Message, Reply
    from bot.domain.person import Sender

Email = Annotated[str | None, typer.Option(help="E-mail of the person who asks.")]
Name = Annotated[str | None, typer.Option(help="Name of the person who asks.")]
Groups = Annotated[str | None, typer.Option(help="Groups of the person who asks, comma-separated.")]
Conversation = Annotated[str | None, typer.Option(help="Continue this conversation; a new one starts without it.")]


def register(cli: typer.Typer) -> None:
    """Add these commands to the command line."""
    cli.command("chat")(chat)
    cli.command("ask")(ask)


def chat(email: Email = None, name: Name = None, groups: Groups = None, conversation: Conversation = None) -> None:
    """Talk in the terminal, with live progress. Ctrl-C stops a running turn, Ctrl-D ends."""
    run(_chat(email, name, groups, conversation))


def ask(
    question: Annotated[str, typer.Argument(help="The question; `-` reads it from standard input.")],
    email: Email = None,
    name: Name = None,
    groups: Groups = None,
    conversation: Conversation = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Confirm writes without asking.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reply as one JSON object.")] = False,
) -> None:
    """Ask one question and print the one reply.

    A write is not run until it is confirmed: add `--yes`, or answer `yes` in the same `--conversation`.
    """
    text = sys.stdin.read() if question == "-" else question
    run(_ask(text, email, name, groups, conversation, yes=yes, as_json=as_json))


async def _chat(email: str | None, name: str | None, groups: str | None, conversation: str | None) -> None:
    from bot.app import open_service
    from bot.commands.serving import talk_alone
    from bot.settings import read_settings

    async with open_service(read_settings()) as service:
        await talk_alone(service, _person(service, email, name, groups), conversation)


async def _ask(
    text: str, email: str | None, name: str | None, groups: str | None, conversation: str | None, *,
    yes: bool, as_json: bool,
) -> None:  # fmt: skip
    from bot.app import open_service
    from bot.domain.message import ConversationId, Message, Platform
    from bot.settings import read_settings

    async with open_service(read_settings()) as service:
        place = ConversationId(Platform.TERMINAL, conversation or service.new_id())
        sender = _person(service, email, name, groups)
        message = Message(service.new_id(), place, sender, text, service.clock())
        reply = await service.engine.handle(message, _progress(as_json))
        if reply.approval and yes:
            reply = _joined(reply, await service.engine.decide(reply.approval.id, True, sender, _progress(as_json)))
        _print(reply, message, as_json=as_json)


def _progress(as_json: bool):  # type: ignore[no-untyped-def]
    from bot.adapters.terminal import quiet, show_progress

    return quiet if as_json else show_progress


def _joined(first: Reply, second: Reply) -> Reply:
    """One reply of what ran at once and what ran after the yes."""
    text = "\n\n".join(filter(None, (first.text if first.used else "", second.text)))
    return replace(second, text=text, used=(*first.used, *second.used), question=first.question or second.question)


def _print(reply: Reply, message: Message, *, as_json: bool) -> None:
    from bot.adapters.footer import as_json as reply_as_json
    from bot.adapters.footer import plain

    if as_json:
        typer.echo(json.dumps(reply_as_json(reply, message.text), ensure_ascii=False, indent=2))
        return
    typer.echo(plain(reply))
    if reply.approval or reply.question:
        answer = "yes" if reply.approval else "…"
        typer.echo(f'\nContinue with: deskhand ask "{answer}" --conversation {message.conversation.channel}', err=True)


def _person(service: Service, email: str | None, name: str | None, groups: str | None) -> Sender:
    person = service.person
    listed = tuple(filter(None, (group.strip() for group in (groups or "").split(","))))
    changed = replace(
        person,
        email=person.email if email is None else email,
        name=person.name if name is None and email is None else name or "",
        groups=listed or person.groups,
    )
    return replace(changed, id=f"terminal:{changed.email or 'local'}")
