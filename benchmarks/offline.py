"""Planning by rules with the shipped actions, and a shortlist of a thousand. Prints JSON."""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bot.actions.folder import read_folder
from bot.domain.action import ActionSpec
from bot.domain.turn import Context
from bot.llm.offline.model import OfflineModel
from bot.llm.shortlist import LexicalShortlist

QUESTIONS = (
    "Check refund for order 12345 and is there an outage right now?",
    "Which tickets will breach SLA in the next 2 hours?",
    "Perfect. Book Friday off then.",
    "Which customers are impacted by the EU latency issue?",
    "Is the Blue Widget in stock in size XL?",
    "What is the capital of France?",
)
MOST_PLAN, MOST_SHORTLIST = 50.0, 10.0


def timed(times: list[float]) -> float:
    return round(statistics.quantiles(times, n=20)[18], 2)


async def plans(specs: tuple[ActionSpec, ...]) -> list[float]:
    model, times = OfflineModel(), []
    for number in range(120):
        begun = time.perf_counter()
        text = QUESTIONS[number % len(QUESTIONS)]
        await model.plan(Context("bench", text, "Alex", "alex@acme.example", datetime(2026, 11, 20, tzinfo=UTC)), specs)
        times.append((time.perf_counter() - begun) * 1000)
    return times[6:]


def shortlists(specs: tuple[ActionSpec, ...]) -> list[float]:
    many = [
        replace(
            spec, slug=f"{spec.slug}-{number}", condition=f"{spec.condition} of region {number} and shop {number % 37}"
        )
        for number in range(1000 // len(specs) + 1)
        for spec in specs
    ][:1000]
    shortlist, times = LexicalShortlist(), []
    shortlist("warm up the index", many)
    for number in range(60):
        begun = time.perf_counter()
        shortlist(QUESTIONS[number % len(QUESTIONS)], many)
        times.append((time.perf_counter() - begun) * 1000)
    return times


def main() -> int:
    specs = read_folder(Path("actions.d")).specs
    figures = {"plan_p95_ms": timed(asyncio.run(plans(specs))), "shortlist_1000_p95_ms": timed(shortlists(specs))}
    print(json.dumps(figures))
    return int(figures["plan_p95_ms"] > MOST_PLAN or figures["shortlist_1000_p95_ms"] > MOST_SHORTLIST)


if __name__ == "__main__":
    sys.exit(main())
