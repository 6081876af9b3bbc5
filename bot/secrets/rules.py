"""Which names and values a secret may have (F048, F088)."""

from __future__ import annotations

import re

from bot.domain.action import BUILT_IN_VARIABLES
from bot.errors import SecretError
from bot.secrets.visible import Visible

SHORTEST, LONGEST = 8, 32_768
"""In characters. Shorter values would be masked in innocent text; an environment variable holds no longer ones."""

RESERVED_PREFIX = BUILT_IN_VARIABLES[0].partition("_")[0] + "_"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)

_WORDS = """
password passw0rd password1 password123 changeme change_me change-me default example undefined disabled
customer customers username administrator localhost development production internal external database
message messages response content application anonymous everyone 12345678 123456789 1234567890
authorization service_account bearer_token your_api_key your-api-key placeholder
http:// https:// http://localhost https://localhost application/json
"""
COMMON_WORDS = frozenset(_WORDS.split())
"""Masking one of these would eat ordinary text, and none is a secret."""


def check_name(name: str) -> None:
    """Raises SecretError with the rule that the name breaks."""
    if not _NAME.fullmatch(name):
        raise SecretError(
            f"{name[:40]!r} cannot name a secret: use letters, digits and underscores, a letter or underscore first"
        )
    if name.upper().startswith(RESERVED_PREFIX):
        raise SecretError(f"{name} cannot name a secret: names that begin with {RESERVED_PREFIX} are kept")


def cleaned(name: str, value: str) -> str:
    """The value as it will be kept: one line loses the line break that pasting or ``echo`` put after it.

    Raises SecretError with the rule that the value breaks; never with the value.
    """
    if "\n" not in value.rstrip("\r\n"):
        value = value.rstrip("\r\n")
    if fault := _fault(value):
        raise SecretError(f"the value of {name} {fault}")
    return value


def _fault(value: str) -> str:
    if "\0" in value:
        return "holds a NUL character, which no environment variable can carry"
    if not value.isascii() and value.encode("utf-8", "ignore").decode() != value:
        return "holds half a surrogate pair, which no encoding can carry"
    if len(Visible.of(value).text.strip()) < SHORTEST:
        return (
            f"is shorter than {SHORTEST} characters: it could not be masked without eating ordinary text; "
            "if it is not secret, make it a variable of the action"
        )
    if len(value) > LONGEST:
        return f"is longer than {LONGEST} characters"
    if value.strip().lower() in COMMON_WORDS or len(set(value.strip())) == 1:
        return "is a common word: it could not be masked without eating ordinary text"
    return ""
