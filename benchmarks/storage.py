"""The store under the writes of a turn: one conversation alone, and fifty at once, each commit synced to disk.

A turn here is what the engine does: look up the message, begin, read the history, two runs started and finished
(look-up of an idempotency key for one), one audit line, finish. Prints one JSON object; exits 1 when a bound is missed.
The bounds are those of a whole turn; the store alone must leave most of them to the rest.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from bot.domain.audit import AuditEvent
from bot.domain.message import ConversationId, Message, Platform, Used
from bot.domain.person import Sender
from bot.domain.run import Outcome, Run, RunState
from bot.domain.turn import Remembered, Turn, TurnState
from bot.storage.storage import Storage, open_storage

BOUND_P50_MS = 15.0
"""One conversation alone."""
BOUND_TURNS_PER_SECOND = 100.0
"""Fifty at once."""
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
OUTPUT = "Refund re_1 of 12.50 EUR: succeeded, expected in 3 days. " * 6


async def one_turn(storage: Storage, room: ConversationId, number: int) -> float:
    """Milliseconds from the first look-up to the last commit."""
    start = perf_counter()
    turn_id, message_id = f"turn-{room.channel}-{number}", f"{room.channel}-{number}"
    message = Message(message_id, room, Sender("U1", "Ann", "ann@example.com"), "Where is my refund?", NOW)
    if not await storage.turns.begin(message, turn_id):
        raise RuntimeError("the message was new")
    await storage.turns.recent(str(room), 10)
    async with asyncio.TaskGroup() as group:
        for index in range(2):
            group.create_task(one_run(storage, turn_id, str(room), index))
    await storage.audit.record(AuditEvent(NOW, "U1", "turn.finished", turn_id))
    await storage.turns.finish(finished(message, turn_id))
    return (perf_counter() - start) * 1_000


async def one_run(storage: Storage, turn_id: str, room: str, index: int) -> None:
    run = Run(
        id=f"{turn_id}-{index}",
        turn_id=turn_id,
        conversation=room,
        action="refund-lookup",
        name="Refund lookup",
        question="Where is my refund?",
        inputs={"order_id": "12345"},
        trigger="chat",
        asker="U1 ann@example.com",
        state=RunState.STARTED,
        started_at=NOW,
        idempotency_key=f"key-{turn_id}" if index else "",
    )
    if run.idempotency_key:
        await storage.runs.with_key(run.action, run.idempotency_key, NOW)
    await storage.runs.started(run)
    await storage.runs.finished(replace(run, state=RunState.DONE, output=OUTPUT, outcome="success", seconds=0.1))


def finished(message: Message, turn_id: str) -> Turn:
    return Turn(
        id=turn_id,
        message_id=message.id,
        conversation=str(message.conversation),
        speaker="Ann",
        speaker_id="U1",
        text=message.text,
        started_at=NOW,
        state=TurnState.DONE,
        reply=OUTPUT,
        used=(Used("r", "refund-lookup", "Refund lookup", Outcome.SUCCESS, "success", 0.1),),
        results=(Remembered("refund-lookup", "Refund lookup", {"order_id": "12345"}, "success", OUTPUT),),
        seconds=0.2,
    )


async def conversation(storage: Storage, name: str, turns: int) -> list[float]:
    room = ConversationId(Platform.WEB, name)
    return [await one_turn(storage, room, number) for number in range(turns)]


async def load(storage: Storage, conversations: int, turns: int) -> dict[str, float]:
    start, cpu = perf_counter(), process_time()
    per_room = await asyncio.gather(
        *(conversation(storage, f"{conversations}-{n}", turns) for n in range(conversations))
    )
    took, total = perf_counter() - start, conversations * turns
    times = sorted(time for room in per_room for time in room)
    return {
        "conversations": conversations,
        "turns": total,
        "turns_per_second": round(total / took, 1),
        "p50_ms": round(median(times), 2),
        "p99_ms": round(times[int(len(times) * 0.99)], 2),
        "cpu_ms_per_turn": round((process_time() - cpu) * 1_000 / total, 2),
    }


async def measure() -> tuple[dict[str, float], dict[str, float]]:
    with tempfile.TemporaryDirectory() as directory:
        async with open_storage(Path(directory) / "bench.db") as storage:
            await load(storage, 3, 10)  # statements get compiled
            return await load(storage, 1, 100), await load(storage, 50, 20)


def main() -> int:
    alone, fifty = asyncio.run(measure())
    ok = alone["p50_ms"] <= BOUND_P50_MS and fifty["turns_per_second"] >= BOUND_TURNS_PER_SECOND
    bounds = {"alone_p50_ms": BOUND_P50_MS, "fifty_turns_per_second": BOUND_TURNS_PER_SECOND}
    print(json.dumps({"alone": alone, "fifty": fifty, "bounds": bounds, "ok": ok}))
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
