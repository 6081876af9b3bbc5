"""How long a text is, as the platforms count."""

from __future__ import annotations


def size(text: str) -> int:
    """Length in UTF-16 units, the widest way in which any platform is known to count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
