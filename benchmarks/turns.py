"""What the engine adds to a turn: stub model, stub action, real SQLite with FULL sync. Prints JSON."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from bot.conversation.approval import Approvals
from bot.conversation.composer import Composer
from bot.conversation.context import ContextBuilder
from bot.conversation.engine import Engine, Parts
from bot.conversation.intake import Intake
from bot.conversation.ledger import Ledger
from bot.conversation.planner import Planner
from bot.conversation.runner import Runner
from bot.conversation.stopping import Stopping
from bot.domain.action import ActionSpec
from bot.domain.message import ConversationId, Message, Platform
from bot.domain.plan import Draft
from bot.domain.progress import Progress
from bot.domain.turn import Context
from bot.records import new_id, utc_now
from bot.storage.storage import Storage, open_storage
from tests.fakes import ALEX, InlineExecutor, ListedActions, ScriptedModel, WordMasker, action, calls, no_dates

ALONE, TOGETHER, ROUNDS = 200, 50, 8
MOST_MILLISECONDS, LEAST_TURNS = 15.0, 100.0


class EndlessModel(ScriptedModel):
    """Plans the same action for every message."""

    async def plan(self, context: Context, actions: Sequence[ActionSpec]) -> Draft:
        return calls(("lookup", {}))


def built(storage: Storage) -> Engine:
    """An engine of stubs over real tables."""
    model, masker = EndlessModel(), WordMasker("secret-value-1")
    approvals = Approvals(storage.approvals, storage.audit, repr, utc_now, new_id)
    runner = Runner(InlineExecutor(), storage.runs, storage.audit, storage.run_log, utc_now)
    return Engine(
        Parts(
            intake=Intake(storage.turns, masker, new_id),
            contexts=ContextBuilder(storage.turns),
            catalogue=ListedActions(action("lookup")),
            planner=Planner(model, lambda _, specs: specs, no_dates, new_id),
            approvals=approvals,
            runner=runner,
            stopping=Stopping(runner.live, storage.runs, storage.turns, storage.audit, utc_now),
            ledger=Ledger(storage.journals, storage.runs, runner, approvals),
            composer=Composer(model),
            turns=storage.turns,
            runs=storage.runs,
            opinions=storage.feedback,
            masking=masker,
            clock=utc_now,
        )
    )


@asynccontextmanager
async def engine(folder: Path) -> AsyncIterator[Engine]:
    async with open_storage(folder / "bench.db") as storage:
        yield built(storage)


async def unwatched(progress: Progress) -> None:
    """Nobody looks on."""


async def turn(engine: Engine, room: str) -> float:
    begun = time.perf_counter()
    place = ConversationId(Platform.WEB, room)
    await engine.handle(Message(new_id(), place, ALEX, "look it up", utc_now()), unwatched)
    return (time.perf_counter() - begun) * 1000


async def measure(folder: Path) -> dict[str, float]:
    async with engine(folder) as ready:
        for number in range(20):
            await turn(ready, f"warm-{number}")
        alone = [await turn(ready, f"room-{number % 10}") for number in range(ALONE)]
        begun = time.perf_counter()
        for _ in range(ROUNDS):
            await asyncio.gather(*(turn(ready, f"busy-{number}") for number in range(TOGETHER)))
        rate = TOGETHER * ROUNDS / (time.perf_counter() - begun)
    return {"p50_ms": round(statistics.median(alone), 2), "turns_per_second_at_50": round(rate, 1)}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder)))
    print(json.dumps(figures))
    return int(figures["p50_ms"] > MOST_MILLISECONDS or figures["turns_per_second_at_50"] < LEAST_TURNS)


if __name__ == "__main__":
    sys.exit(main())
