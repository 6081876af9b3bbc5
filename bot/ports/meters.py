"""What is counted and timed while the service works, by meaning; who keeps the numbers is not its business."""

from __future__ import annotations

from typing import Protocol


class Meters(Protocol):
    """Takes measures. None of these ever waits or raises. All times are in seconds."""

    def received(self, kind: str) -> None:
        """A job was kept, such as ``slack.message``."""
        ...

    def duplicate(self) -> None:
        """A job came a second time and was left alone."""
        ...

    def answered(self, kind: str, seconds: float) -> None:
        """A job was done, this long after it came."""
        ...

    def ran(self, kind: str, outcome: str, seconds: float) -> None:
        """A run of a ``read`` or ``write`` ended."""
        ...

    def sandbox_started(self, seconds: float) -> None:
        """A container was ready this long after it was wanted."""
        ...

    def asked_model(self, operation: str, outcome: str, seconds: float) -> None:
        """The language model made a plan or wrote an answer: ``plan``, ``compose``; ``ok`` or the kind of failure."""
        ...

    def read_tokens(self, model: str, sent: int, written: int) -> None:
        """What one request to the language model used."""
        ...

    def limited(self, platform: str) -> None:
        """A chat platform asked us to wait (HTTP 429)."""
        ...

    def fired(self, lag: float) -> None:
        """A schedule fired this long after its time."""
        ...

    def missed(self) -> None:
        """A time of a schedule went by without a run."""
        ...

    def loop_lagged(self, seconds: float) -> None:
        """The event loop came back this much later than asked."""
        ...


class Unmeasured:
    """``Meters`` of those who want none."""

    def received(self, kind: str) -> None:
        """Forgotten."""

    def duplicate(self) -> None:
        """Forgotten."""

    def answered(self, kind: str, seconds: float) -> None:
        """Forgotten."""

    def ran(self, kind: str, outcome: str, seconds: float) -> None:
        """Forgotten."""

    def sandbox_started(self, seconds: float) -> None:
        """Forgotten."""

    def asked_model(self, operation: str, outcome: str, seconds: float) -> None:
        """Forgotten."""

    def read_tokens(self, model: str, sent: int, written: int) -> None:
        """Forgotten."""

    def limited(self, platform: str) -> None:
        """Forgotten."""

    def fired(self, lag: float) -> None:
        """Forgotten."""

    def missed(self) -> None:
        """Forgotten."""

    def loop_lagged(self, seconds: float) -> None:
        """Forgotten."""
