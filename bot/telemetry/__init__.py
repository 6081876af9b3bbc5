"""What operators see of a running service: logs, measures, health and traces. None of it holds a secret."""

from __future__ import annotations

from bot.telemetry.logs import MaskedText, configure_logs

__all__ = ["MaskedText", "configure_logs"]
