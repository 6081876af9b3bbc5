"""Keeps keys out of what Slack's libraries log: a refused handshake is told with its address, ticket and all."""

from __future__ import annotations

import logging
import re

_PLAIN = logging.Formatter()
_KEY = re.compile(r"(?i)(ticket=|(?:xapp|xox[a-z])[-.])[^\s&\"'<>,;)]+")
"""The ticket of a socket, or a token of any kind."""


def blanked(record: logging.LogRecord) -> bool:
    """A filter for a logger, as errors hold keys too and each formatter makes its own text of them."""
    said = _PLAIN.format(record)
    clean = _KEY.sub(r"\1***", said)
    if clean != said:
        record.msg, record.args = clean, ()
        record.exc_info = record.exc_text = record.stack_info = None
    return True
