"""Text as the eye sees it: without colour codes, zero-width characters and line breaks that could split a secret."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_CONTROL_SEQUENCE = r"\x1b\[[0-?]{0,32}[ -/]{0,4}"
_CHARSET = r"\x1b[()]"
_ZERO_WIDTH = "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff"
_CONTROLS = r"\x00-\x08\x0a-\x1f\x7f"

_UNSEEN = re.compile(f"(?:{_CONTROL_SEQUENCE}[@-~]|{_CHARSET}[0-9A-Za-z]|[{_ZERO_WIDTH}{_CONTROLS}])+")
_CUT_SHORT = re.compile(f"(?:{_CONTROL_SEQUENCE}|{_CHARSET}|\x1b)")


@dataclass(frozen=True, slots=True)
class Visible:
    """What is seen of a raw text, and where each seen character stands in it."""

    text: str
    _cuts: list[int]
    """Positions in ``text`` before which something was left out."""
    _left_out: list[int]
    """How many raw characters were left out up to that cut, all before it included."""

    @classmethod
    def of(cls, raw: str) -> Visible:
        pieces, cuts, left_out = [], [], []
        position = seen = 0
        for unseen in _UNSEEN.finditer(raw):
            pieces.append(raw[position : unseen.start()])
            seen += unseen.start() - position
            position = unseen.end()
            cuts.append(seen)
            left_out.append(position - seen)
        pieces.append(raw[position:])
        return cls("".join(pieces), cuts, left_out)

    def raw(self, position: int) -> int:
        """Where the character at ``position`` of ``text`` stands in the raw text."""
        cut = bisect_right(self._cuts, position)
        return position + (self._left_out[cut - 1] if cut else 0)


def whole_length(raw: str) -> int:
    """How much of a text that goes on can be judged: all but a terminal sequence that has only begun."""
    escape = raw.rfind("\x1b", -48)
    return escape if escape >= 0 and _CUT_SHORT.fullmatch(raw, escape) else len(raw)
