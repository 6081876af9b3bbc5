"""Gateway sessions: what each one may hear, its sequence, and the log that a resume replays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.simulators.discord import telling
from tests.simulators.discord.events import Event
from tests.simulators.discord.protocol import JSON, Intents

if TYPE_CHECKING:
    from tests.simulators.discord.connection import Connection


@dataclass(eq=False)
class Session:
    """One IDENTIFY and everything that was dispatched since."""

    id: str
    intents: int
    shard: tuple[int, int]
    bot: str
    connection: Connection | None = None
    log: list[JSON] = field(default_factory=list)
    """Dispatches; the sequence of each is its place, counted from one."""

    @property
    def sequence(self) -> int:
        """The last sequence."""
        return len(self.log)

    def hears(self, event: Event) -> bool:
        """Whether the event belongs to this shard and these intents."""
        return self.serves(event.guild) and (not event.intent or bool(self.intents & event.intent))

    def serves(self, guild: str | None) -> bool:
        """Guilds are spread by their ids; everything else comes to the first shard."""
        number, count = self.shard
        return number == ((int(guild) >> 22) % count if guild else 0)

    def dispatch(self, event: Event) -> None:
        """Add it to the log, and send it when somebody listens."""
        self.add(event.name, self._shaped(event))

    def add(self, name: str, data: JSON) -> None:
        """The next dispatch."""
        frame: JSON = {"op": 0, "t": name, "s": self.sequence + 1, "d": data}
        self.log.append(frame)
        if self.connection:
            self.connection.send(frame)

    def _shaped(self, event: Event) -> JSON:
        if event.name in ("MESSAGE_CREATE", "MESSAGE_UPDATE") and not self.intents & Intents.MESSAGE_CONTENT:
            return telling.without_content(event.data, self.bot)
        if event.name == "GUILD_CREATE" and not self.intents & Intents.GUILD_MEMBERS:
            return {**event.data, "members": event.data["members"][:1]}
        return event.data
