"""Told after the last test: how many limits of the sandbox were proved on a real engine, and how many were not."""

from __future__ import annotations

import pytest

from tests.postgres import cluster, postgres_url, shared_url

__all__ = ["cluster", "postgres_url", "shared_url"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A limit that was skipped or failed counts as one that could not be checked."""
    proved = _limits(terminalreporter, "passed")
    unproved = sum(_limits(terminalreporter, kind) for kind in ("failed", "error", "skipped", "xfailed"))
    if proved or unproved:
        terminalreporter.write_line(f"Sandbox limits: {proved} tests proved them, {unproved} could not be checked.")


def _limits(reporter: pytest.TerminalReporter, kind: str) -> int:
    return sum("limit" in getattr(report, "keywords", ()) for report in reporter.stats.get(kind, ()))
