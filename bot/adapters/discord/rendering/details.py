"""One action in full, and how to tell us who somebody is."""

from __future__ import annotations

from bot.adapters.discord.rendering.elements import Card, Colour, line, post, small, words_of
from bot.adapters.discord.rendering.notation import code
from bot.adapters.discord.rendering.post import Post
from bot.adapters.markup.neutral import cut, one_line
from bot.domain.action import ActionState, Effect, Parameter

_NAME, _TEXT, _PARAMETER, _MOST = 100, 600, 60, 10


def action_post(state: ActionState) -> Post:
    """What it does, what it needs to know, and a question that calls for it."""
    spec = state.spec
    head = f"**{line(spec.name, _NAME)}**"
    parts = [head, line(spec.condition, _TEXT)]
    if spec.parameters:
        more = len(spec.parameters) - _MOST
        needs = [*map(_needed, spec.parameters[:_MOST]), *([f"and {more} more"] if more > 0 else [])]
        parts.append(f"It needs: {', '.join(needs)}")
    if spec.examples:
        parts.append(f"Such as: “{line(spec.examples[0], _TEXT)}”")
    notes = [small("It changes something, so I ask before.")] if spec.effect is Effect.WRITE else []
    notes += [small(line(state.reason or "switched off", _TEXT))] if not state.enabled else []
    return post(Card(Colour.CALM, ("\n".join(parts),), notes), words_of(*parts, *notes))


def _needed(parameter: Parameter) -> str:
    name = cut(one_line(parameter.name), _PARAMETER, code)
    return name if parameter.required else f"{name} (optional)"


def link_post(email: str, address: str, pairing: str) -> Post:
    """The ways to prove an e-mail address. ``address`` is our own, or empty; ``email`` the one known so far."""
    known = [f"You are linked as {line(email, _NAME)}. To change that:"] if email else []
    page = [f"**[Open this page]({address})** and let Discord tell me your e-mail."] if address else []
    typed = (
        f"{'Or write' if address else 'Write'} {code(f'link {pairing}')} in the web chat, where your e-mail is known."
    )
    texts = ["\n".join((*known, *page, typed))]
    notes = [small("Both work once, for ten minutes, and are for you alone: do not pass them on.")]
    return post(Card(Colour.CALM, texts, notes), words_of(*texts, *notes))
