"""How long and how often a job is tried; the same for every driver."""

from __future__ import annotations

from dataclasses import dataclass

from bot.domain.work import Job

PAUSES = (1.0, 5.0, 30.0, 120.0, 600.0)
"""Seconds before the next try, by how many tries failed; the last one goes on."""
FAILURES = 8
"""After so many failed tries a job is given up."""
CUT_OFF = 20
"""A job that was under way when so many processes died may be what kills them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process takes on."""

    side_by_side: int = 50
    """Jobs at a time."""
    drain_seconds: float = 20.0
    """How long jobs under way may go on once the process is asked to end."""


def pause_after(failures: int) -> float:
    """Seconds until the next try."""
    return PAUSES[min(failures, len(PAUSES)) - 1]


def hopeless(job: Job) -> str:
    """Why a job must not be begun again; empty if it may be."""
    if job.failures >= FAILURES:
        return f"it failed {job.failures} times"
    return f"{job.cut_off} processes ended while it ran" if job.cut_off >= CUT_OFF else ""
