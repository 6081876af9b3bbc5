"""Measures for Prometheus: ``ports.Meters`` over a registry of our own.

Labels come from fixed sets (platforms, outcomes, kinds of work), never from people, channels or actions; what still
grows beyond ``LABELS`` values is counted under ``other``, so that nobody can fill the memory by inventing names.
"""

from __future__ import annotations

from collections import defaultdict

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

LABELS = 50
"""Values that one label may have."""
OTHER = "other"
_MESSAGE = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900)
_CALL = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LAG = (0.005, 0.01, 0.05, 0.1, 0.5, 1, 5)


class Metrics:
    """Counts and times of this process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._values: dict[str, set[str]] = defaultdict(set)
        self._received = self._counter("inbox_received_total", "Jobs kept, by where they came from.", "platform")
        self._duplicates = self._counter("inbox_duplicates_total", "Jobs that came a second time.")
        self._message = self._timer("message_seconds", "From a job's arrival to its end.", _MESSAGE, "platform")
        self._runs = self._counter("action_runs_total", "Runs of actions that ended.", "kind", "outcome")
        self._run = self._timer("action_seconds", "How long runs of actions took.", _CALL, "kind")
        self._sandbox = self._timer("sandbox_start_seconds", "How long containers took to start.", _CALL)
        self._model = self._timer("llm_seconds", "How long the model took.", _CALL, "operation", "outcome")
        self._tokens = self._counter("llm_tokens_total", "Tokens of the language model.", "model", "direction")
        self._limits = self._counter("platform_429_total", "Times a platform asked us to wait.", "platform")
        self._cron_lag = self._timer("cron_lag_seconds", "How late schedules fired.", _LAG)
        self._missed = self._counter("cron_missed_total", "Times of schedules that went by without a run.")
        self._loop = self._timer("event_loop_lag_seconds", "How late the event loop came back.", _LAG)
        self._waiting = self._gauge("inbox_unfinished", "Jobs that are not done.")
        self._oldest = self._gauge("inbox_oldest_unfinished_seconds", "Age of the oldest job that is not done.")

    def page(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)

    def backlog(self, waiting: int, oldest: float) -> None:
        """How many jobs are not done, and the age of the oldest in seconds."""
        self._waiting.set(waiting)
        self._oldest.set(oldest)

    def received(self, kind: str) -> None:
        """A job was kept."""
        self._received.labels(self._label("platform", _origin(kind))).inc()

    def duplicate(self) -> None:
        """A job came a second time."""
        self._duplicates.inc()

    def answered(self, kind: str, seconds: float) -> None:
        """A job was done."""
        self._message.labels(self._label("platform", _origin(kind))).observe(seconds)

    def ran(self, kind: str, outcome: str, seconds: float) -> None:
        """A run ended."""
        self._runs.labels(self._label("kind", kind), self._label("outcome", outcome)).inc()
        self._run.labels(self._label("kind", kind)).observe(seconds)

    def sandbox_started(self, seconds: float) -> None:
        """A container was ready."""
        self._sandbox.observe(seconds)

    def asked_model(self, operation: str, outcome: str, seconds: float) -> None:
        """The language model served, or did not."""
        self._model.labels(self._label("operation", operation), self._label("outcome", outcome)).observe(seconds)

    def read_tokens(self, model: str, sent: int, written: int) -> None:
        """What one request used."""
        name = self._label("model", model)
        self._tokens.labels(name, "input").inc(sent)
        self._tokens.labels(name, "output").inc(written)

    def limited(self, platform: str) -> None:
        """A platform asked us to wait."""
        self._limits.labels(self._label("platform", platform)).inc()

    def fired(self, lag: float) -> None:
        """A schedule fired."""
        self._cron_lag.observe(lag)

    def missed(self) -> None:
        """A time went by."""
        self._missed.inc()

    def loop_lagged(self, seconds: float) -> None:
        """The event loop was late."""
        self._loop.observe(seconds)

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)

    def _timer(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, text, labels, registry=self._registry, buckets=buckets)

    def _label(self, name: str, value: str) -> str:
        known = self._values[name]
        if value not in known and len(known) >= LABELS:
            return OTHER
        known.add(value)
        return value


def _origin(kind: str) -> str:
    """``slack`` of ``slack.message``."""
    return kind.partition(".")[0]
