"""What Prometheus reads."""

from __future__ import annotations

import pytest

from bot.ports import Unmeasured
from bot.ports.meters import Meters
from bot.telemetry.metrics import LABELS, Metrics


def every_measure(meters: Meters) -> None:
    meters.received("slack.message")
    meters.duplicate()
    meters.answered("slack.message", 0.2)
    meters.ran("write", "unknown", 1.5)
    meters.sandbox_started(0.3)
    meters.asked_model("plan", "ok", 0.9)
    meters.read_tokens("gpt", 120, 30)
    meters.limited("discord")
    meters.fired(0.01)
    meters.missed()
    meters.loop_lagged(0.0)


@pytest.mark.parametrize(
    "line",
    [
        'inbox_received_total{platform="slack"} 1.0',
        "inbox_duplicates_total 1.0",
        'message_seconds_count{platform="slack"} 1.0',
        'action_runs_total{kind="write",outcome="unknown"} 1.0',
        'action_seconds_sum{kind="write"} 1.5',
        "sandbox_start_seconds_count 1.0",
        'llm_seconds_count{operation="plan",outcome="ok"} 1.0',
        'llm_tokens_total{direction="input",model="gpt"} 120.0',
        'llm_tokens_total{direction="output",model="gpt"} 30.0',
        'platform_429_total{platform="discord"} 1.0',
        "cron_lag_seconds_count 1.0",
        "cron_missed_total 1.0",
        "event_loop_lag_seconds_count 1.0",
        "inbox_unfinished 3.0",
        "inbox_oldest_unfinished_seconds 12.5",
    ],
)
def test_each_measure_has_its_line(line: str) -> None:
    metrics = Metrics()

    every_measure(metrics)
    metrics.backlog(3, 12.5)

    assert line in metrics.page().decode().splitlines()


def test_invented_names_do_not_fill_the_memory() -> None:
    metrics = Metrics()

    for number in range(1_000):
        metrics.limited(f"platform{number}")

    lines = [line for line in metrics.page().decode().splitlines() if line.startswith("platform_429_total{")]
    assert len(lines) == LABELS + 1
    assert f'platform_429_total{{platform="other"}} {1_000 - LABELS:.1f}' in lines


def test_two_services_in_one_process_keep_their_own_counts() -> None:
    one, other = Metrics(), Metrics()

    one.duplicate()

    assert "inbox_duplicates_total 0.0" in other.page().decode()


def test_who_wants_no_measures_takes_none() -> None:
    every_measure(Unmeasured())
