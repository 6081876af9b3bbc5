"""A question as a job keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from bot.adapters.chat.attachments import Attachment
from bot.adapters.discord.people import Member
from bot.adapters.discord.places import Place
from bot.adapters.discord.reading import Incoming
from bot.domain.action import Json
from bot.domain.message import asks_to_stop

MESSAGE = "discord.message"
"""Its kind of job."""
_PLAIN = tuple(each.name for each in fields(Incoming) if each.name not in ("member", "files", "called"))


@dataclass(frozen=True, slots=True)
class Asked:
    """A message that is to be answered."""

    message: Incoming
    place: Place
    """Of the conversation."""
    edited: str = ""
    """Tells one change of it from another; empty for the first."""

    @property
    def key(self) -> str:
        """Of its job."""
        return f"{self.message.key}/{self.edited}" if self.edited else self.message.key

    @property
    def lane(self) -> str:
        """Its conversation; but a "stop" does not wait for what it is to stop."""
        lane = str(self.place.conversation)
        return f"{lane}/stop" if asks_to_stop(self.message.text) else lane

    def payload(self) -> dict[str, Json]:
        """To be kept with the job."""
        message, place = self.message, self.place
        kept: dict[str, Json] = {name: getattr(message, name) for name in _PLAIN}
        kept["member"] = message.member.payload()
        kept["files"] = [asdict(file) for file in message.files]
        kept["called"] = sorted(message.called)
        return {"message": kept, "place": [place.guild, place.channel, place.thread], "edited": self.edited}

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Asked:
        """Undo ``payload``."""
        kept: Mapping[str, Any] = payload["message"]
        message = Incoming(
            **{name: kept[name] for name in _PLAIN},
            member=Member.read(kept["member"]),
            files=tuple(Attachment(**file) for file in kept["files"]),
            called=frozenset(kept["called"]),
        )
        return cls(message, Place(*payload["place"]), payload["edited"])
