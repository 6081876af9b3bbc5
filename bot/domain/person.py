"""The person who asks: the one whose rights count."""

from __future__ import annotations

from dataclasses import dataclass

EVERYONE = "Everyone"
"""The group of a person of whom no group is known (F045)."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The person who asks: the one whose rights count."""

    id: str
    name: str = ""
    email: str = ""
    groups: tuple[str, ...] = (EVERYONE,)
    verified: bool = False
    """The platform vouches for the e-mail address, so that it may stand as proof of identity."""

    @property
    def display_name(self) -> str:
        """The name, else the part of the e-mail before the @ (F044), else nothing."""
        return self.name or self.email.partition("@")[0]
