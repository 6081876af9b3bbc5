"""Logs: one event a line on standard error, with no secret in it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, MutableMapping
from typing import Any, TextIO

import structlog

Mask = Callable[[str], str]


class MaskedText:
    """The last processor of the chain: the finished line, exceptions included, goes through the masker.

    ``mask`` may be exchanged while the service runs, because secrets come and go.
    """

    def __init__(self) -> None:
        self.mask: Mask = str

    def __call__(self, _logger: object, _method: str, line: Any) -> str:
        return self.mask(str(line))


def configure_logs(level: str, stream: TextIO = sys.stderr) -> MaskedText:
    """Send our logs and those of libraries through one chain; JSON lines unless ``stream`` is a terminal."""
    masked = MaskedText()
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        _name_trace,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _renderer(stream), masked],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    return masked


def _name_trace(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """The trace that a line belongs to, where there are traces: their library is not imported for this."""
    if trace := sys.modules.get("opentelemetry.trace"):
        context = trace.get_current_span().get_span_context()
        if context.is_valid:
            event["trace_id"] = f"{context.trace_id:032x}"
    return event


def _renderer(stream: TextIO) -> Callable[[object, str, MutableMapping[str, Any]], str]:
    if stream.isatty():
        render = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        return lambda logger, method, event: str(render(logger, method, event))
    as_json = structlog.processors.JSONRenderer(ensure_ascii=False)
    return lambda logger, method, event: str(as_json(logger, method, event))
