"""What planner and composer may know of a conversation: its last turns, within a budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.domain.message import Line, Message
from bot.domain.turn import Context, Remembered, Turn
from bot.ports import TurnStore

TURNS_KEPT = 20
CHARACTERS_KEPT = 16_000
"""Of all texts, replies and outputs together; the newest turns are kept."""
OUTPUT_KEPT = 2_000
"""Characters of one remembered output."""
LINES_KEPT = 30
"""Of what was written before we were called in, beside the line that began it."""
LINE_KEPT = 1_000
"""Characters of one such line."""
BACKGROUND_KEPT = 8_000
"""Characters of them together."""


class ContextBuilder:
    """Reads the memory of a conversation."""

    def __init__(self, turns: TurnStore) -> None:
        self._turns = turns

    async def of(self, message: Message) -> Context:
        """The context of a message that is about to be answered."""
        turns = await self._turns.recent(str(message.conversation), TURNS_KEPT)
        return Context(
            conversation=str(message.conversation),
            text=message.text,
            speaker=message.sender.display_name or message.sender.id,
            speaker_email=message.sender.email,
            now=message.sent_at,
            turns=within_budget(turns, CHARACTERS_KEPT),
            datapoints=datapoints(turns),
            background=message.background or _heard_before(turns),
        )


def within_budget(turns: Sequence[Turn], budget: int) -> tuple[Turn, ...]:
    """The newest turns whose texts fit ``budget`` characters, oldest first, each output cut to its share."""
    kept: list[Turn] = []
    for turn in map(_trimmed, reversed(turns)):
        budget -= _size(turn)
        if budget < 0 and kept:
            break
        kept.append(turn)
    return tuple(reversed(kept))


def overheard(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The line that began a thread, which mostly is the question, and the newest others that fit, oldest first."""
    room = BACKGROUND_KEPT
    kept: list[Line] = []
    for line in map(_line_cut, (*lines[:1], *reversed(lines[1:][-LINES_KEPT:]))):
        room -= len(line.text)
        if room < 0:
            break
        kept.append(line)
    return (*kept[:1], *reversed(kept[1:]))


def _heard_before(turns: Iterable[Turn]) -> tuple[Line, ...]:
    """What was told when we were first called in: later questions may be about it, too."""
    return next((turn.background for turn in turns if turn.background), ())


def datapoints(turns: Iterable[Turn]) -> dict[str, str]:
    """Results that actions keep under a datapoint slug (F037); the newest of a slug counts."""
    return {result.datapoint: result.output for turn in turns for result in turn.results if result.datapoint}


def _trimmed(turn: Turn) -> Turn:
    fits = all(len(result.output) <= OUTPUT_KEPT for result in turn.results)
    return turn if fits else replace(turn, results=tuple(map(_cut, turn.results)))


def _cut(result: Remembered) -> Remembered:
    return result if len(result.output) <= OUTPUT_KEPT else replace(result, output=result.output[:OUTPUT_KEPT] + " …")


def _line_cut(line: Line) -> Line:
    return line if len(line.text) <= LINE_KEPT else replace(line, text=line.text[:LINE_KEPT] + " …")


def _size(turn: Turn) -> int:
    return len(turn.text) + len(turn.reply) + sum(len(result.output) for result in turn.results)
