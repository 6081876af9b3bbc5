"""Short messages of our own: help, errors, what a person can see of the service."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.adapters.chat.listings import MEANINGS, MOST_ACTIONS, NO_ACTIONS, NO_RUNS, action_line, run_line
from bot.adapters.discord.rendering.elements import Card, Colour, line, moment, person, post, small, words_of
from bot.adapters.discord.rendering.limits import OUR_TEXT
from bot.adapters.discord.rendering.notation import code, spoken
from bot.adapters.discord.rendering.post import Post
from bot.adapters.markup.measure import size
from bot.adapters.markup.neutral import cut
from bot.domain.action import ActionState
from bot.domain.run import Run

COMMANDS = (
    *((f"/{words}", meaning) for words, meaning in MEANINGS.items()),
    ("/link", "tell me who you are, for actions that need your e-mail; /unlink takes it back"),
)
"""Commands, and what they do."""
TAIL = "Or mention me in a channel, or write to me directly. Say “stop” in a thread to stop me."
_NOTE, _LINE = 1_800, 600


def note(text: str) -> Post:
    """Raw words of ours, line breaks kept."""
    said = cut(text.strip(), _NOTE, spoken)
    return post(Card(Colour.CALM, (said,)), said)


def for_post(user_id: str) -> Post:
    """What stands before an answer that Discord does not let us put under the question."""
    said = f"For {person(user_id)}, who asked me with a command:"
    return post(Card(Colour.CALM, (said,)), said)


def help_post() -> Post:
    """What can be said to us."""
    return _listed("What you can say", [f"{code(words)} – {meaning}" for words, meaning in COMMANDS], TAIL)


def actions_post(states: Sequence[ActionState]) -> Post:
    """What can be asked for: as much as there is room for."""
    lines = [line(action_line(state), _LINE) for state in states[:MOST_ACTIONS]]
    return _listed("Actions open to you", lines, beyond=len(states)) if lines else note(NO_ACTIONS)


def history_post(runs: Sequence[Run]) -> Post:
    """The latest runs of one person."""
    lines = [f"{line(run_line(run), _LINE)} · {moment(run.started_at, 'f')}" for run in runs[:MOST_ACTIONS]]
    return _listed("Your recent runs", lines, beyond=len(runs)) if lines else note(NO_RUNS)


def status_post(lines: Sequence[str]) -> Post:
    """Raw lines: what there is for one person, what runs, what waits."""
    return note("\n".join(lines))


def _listed(title: str, lines: Iterable[str], tail: str = "", beyond: int = 0) -> Post:
    """Harmless lines under a title, as many as find room; ``beyond`` is how many there are in all."""
    items = [f"- {each}" for each in lines]
    shown = _within(items, OUR_TEXT - 200)
    more = f"and {beyond - len(shown)} more" if beyond > len(shown) else ""
    under = [small(each) for each in (more, tail) if each]
    head = f"**{title}**"
    return post(Card(Colour.CALM, ("\n".join((head, *shown)),), under), words_of(head, *shown, *under))


def _within(lines: Sequence[str], room: int) -> list[str]:
    shown: list[str] = []
    for each in lines:
        room -= size(each) + 1
        if room < 0:
            break
        shown.append(each)
    return shown
