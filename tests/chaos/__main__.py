"""``python -m tests.chaos``: kills the service at every named point and at random, and says whether all held.

Exit code 1, with the story of what went wrong, on any violation.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from tests.chaos.database import open_database
from tests.chaos.office import WRITES, Question, conversations
from tests.chaos.points import IN_CALL, IN_WRITE, NAMES
from tests.chaos.stage import PEOPLE, Stage, open_stage
from tests.chaos.target import Call
from tests.chaos.verdict import RULES, Evidence, Violation, story, violations

_DESKS = 6
"""Conversations side by side on each platform."""
_BATCH = 5
"""Questions for each named point."""
_ATTEMPTS = 6
"""Batches after which a point that no process passed counts as missed."""
_NAMED_MOST = 5_000
"""Numbers of questions that are kept for the points."""
_EARLY = 0.5
"""Seconds within which a process is chosen to die while it works."""
_EMBEDDED = {"run": ("run",)}
_CLUSTER = {"gateway": ("gateway",), "worker-1": ("worker",), "worker-2": ("worker",)}


def main() -> None:
    """Read the arguments, run, tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--driver", choices=("embedded", "procrastinate"), default="embedded")
    parser.add_argument("--rounds", type=int, default=3, help="how often each named point is struck")
    parser.add_argument("--kills", type=int, default=50, help="random kills")
    parser.add_argument("--messages", type=int, default=1_000, help="messages during the random kills")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("--point", nargs="*", default=[""], help="strike only the points whose name holds one of these")
    given = parser.parse_args()
    sys.exit(asyncio.run(play(given)))


async def play(given: argparse.Namespace) -> int:
    """The whole run; the exit code."""
    chance, began = random.Random(given.seed), time.monotonic()
    commands = _EMBEDDED if given.driver == "embedded" else _CLUSTER
    async with open_database(given.driver) as url:
        async with open_stage(commands, url) as stage, asyncio.TaskGroup() as group:
            print(f"logs in {stage.folder}", flush=True)
            telling = group.create_task(_progress(stage, began))
            await _greeted(stage)
            names = [name for name in NAMES if any(part in name for part in given.point)] * given.rounds
            missed = await _named(stage, chance, names)
            await _at_random(stage, chance, given.messages, given.kills, _NAMED_MOST)
            telling.cancel()
        return _told(_evidence(stage), missed, began)


async def _greeted(stage: Stage) -> None:
    """One answer on each platform: from the very first moment of a bot nobody expects that it catches up."""
    async with asyncio.TaskGroup() as group:
        for number, office in enumerate(stage.offices):
            group.create_task(office.converse([Question(f"T{9000 + number}", "look-up", PEOPLE[0])]))


async def _named(stage: Stage, chance: random.Random, names: list[str]) -> list[str]:
    """Strike each of the points with some questions around it; the points that were never passed."""
    missed, numbers = [], itertools.count(1, _BATCH)
    for name in names:
        for attempt in range(_ATTEMPTS):
            talks = conversations(chance, _BATCH, next(numbers), WRITES)
            if await _struck(stage, chance, name, talks, attempt):
                break
        else:
            missed.append(name)
    return missed


async def _struck(
    stage: Stage, chance: random.Random, name: str, talks: Iterator[list[Question]], attempt: int
) -> bool:  # fmt: skip
    """Whether a process died at the point. The first time one is chosen in the midst of work, then from its start."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_office_hours(stage, chance, talks))
        await asyncio.sleep(chance.random() * (attempt % 2 == 0) * _EARLY)
        expected = len(stage.deaths) + _armed(stage, name, chance.randint(1, 2) if attempt == 0 else 1)
    for role in stage.roles:
        role.armed = ""
    return len(stage.deaths) > expected


def _armed(stage: Stage, name: str, passage: int) -> int:
    """Have the next process die at a point; how many die already so that a next one begins, in the middle of work."""
    if name in (IN_CALL, IN_WRITE):
        stage.target.on_call = _killing(stage, passage, only_writes=name == IN_WRITE)
        return 0
    for role in stage.roles:
        role.armed, role.passage = name, passage
    return sum(role.kill() for role in stage.roles)


async def _at_random(stage: Stage, chance: random.Random, messages: int, kills: int, before: int) -> None:
    """Kill some process whenever so many more questions have come to their end."""
    ended = sum(bool(question.ended) for question in _asked(stage))
    moments = [ended + 1 + messages * number // max(1, kills) for number in range(kills)]
    killing = asyncio.create_task(_kill_at(stage, chance, moments))
    await _office_hours(stage, chance, conversations(chance, messages, 1 + before))
    killing.cancel()
    with suppress(asyncio.CancelledError):
        await killing


async def _kill_at(stage: Stage, chance: random.Random, moments: list[int]) -> None:
    for moment in moments:
        while sum(bool(question.ended) for question in _asked(stage)) < moment:
            await asyncio.sleep(0.05)
        await asyncio.sleep(chance.random())
        while not chance.choice(stage.roles).kill():
            await asyncio.sleep(0.05)


def _killing(stage: Stage, passage: int, *, only_writes: bool) -> Callable[[Call], None]:
    """Kills whoever may be calling, in the middle of the call with that number; once."""
    left = passage

    def on_call(call: Call) -> None:
        nonlocal left
        left -= not only_writes or call.kind in ("change", "note")
        if left == 0:
            left = -1
            for role in stage.roles:
                role.kill()

    return on_call


async def _office_hours(stage: Stage, chance: random.Random, talks: Iterator[list[Question]]) -> None:
    """All conversations, a few side by side on each platform."""
    slots = {office: asyncio.Semaphore(_DESKS) for office in stage.offices}

    async def talk(questions: list[Question]) -> None:
        office = chance.choice(stage.offices)
        async with slots[office]:
            await office.converse(questions)

    async with asyncio.TaskGroup() as group:
        for questions in talks:
            group.create_task(talk(questions))


def _asked(stage: Stage) -> list[Question]:
    return [question for office in stage.offices for question in office.questions]


async def _progress(stage: Stage, began: float) -> None:
    while True:
        await asyncio.sleep(10)
        asked = _asked(stage)
        ended = sum(bool(question.ended) for question in asked)
        print(f"{time.monotonic() - began:6.0f} s  {ended}/{len(asked)} ended, {len(stage.deaths)} deaths", flush=True)


def _evidence(stage: Stage) -> Evidence:
    return Evidence(_asked(stage), stage.target, stage.faces, stage.deaths, stage.unknown_rows())


def _told(seen: Evidence, missed: list[str], began: float) -> int:
    """Print the table and the stories; 1 if anything did not hold."""
    found = violations(seen)
    writes = sum(call.kind != "look-up" for call in seen.target.calls)
    print(f"\n{len(seen.questions)} messages, {writes} writes called, {len(seen.deaths)} deaths, "
          f"{len(seen.unknown_rows)} unknown, {time.monotonic() - began:.0f} s")  # fmt: skip
    if slow := max(seen.questions, key=lambda question: question.ended - question.asked, default=None):
        print(f"  the longest wait: {slow.ended - slow.asked:.0f} s")
        print(story(Violation("patience", slow, "this is no violation"), seen, began))
    for rule in RULES:
        broken = sum(each.rule == rule for each in found)
        print(f"  {'FAIL' if broken else 'ok  '}  {rule:40} {broken or ''}")
    for name in missed:
        print(f"  FAIL  never passed: {name}")
    for violation in found:
        print(f"\n{story(violation, seen, began)}")
    return 1 if found or missed else 0


if __name__ == "__main__":
    main()
