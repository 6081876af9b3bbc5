"""Hears what happens in Slack and keeps it: Slack is told that we have it once it is on disk, and never before.

Which messages are for us, each kept once however often Slack delivers it (facts of delivery: retries, doubles).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from bot.adapters.chat.durable import Durable
from bot.adapters.chat.listening import Listening
from bot.adapters.slack.desk import Desk
from bot.adapters.slack.incoming import Incoming
from bot.domain.action import Json
from bot.domain.message import ConversationId, asks_to_stop
from bot.domain.work import Job

MESSAGE, EDITED, PRESS, COMMAND, QUESTION = (
    "slack.message", "slack.edited", "slack.press", "slack.command", "slack.question",
)  # fmt: skip
"""Kinds of jobs."""


class Ears:
    """Makes a job of each thing that is to be done; ``Hands`` do it, in this process or another."""

    def __init__(self, desk: Desk, durable: Durable) -> None:
        self.desk = desk
        self._durable = durable

    async def message(self, message: Incoming) -> bool:
        """Keep a message; False if it is not for us or was kept before. Raises StorageError.

        One that says stop does not wait for what it is to stop.
        """
        if not await self._is_for_us(message):
            return False
        lane = str(message.conversation(self.desk.rules)) + ("/stop" if asks_to_stop(message.text) else "")
        return await self._take(message.key, MESSAGE, lane, message.kept())

    async def edit(self, message: Incoming, edited: str) -> None:
        """A question reads otherwise now. If it was not begun the new text counts, else its asker may have it anew."""
        if await self._durable.revise(message.key, message.kept()) or not await self._durable.known(message.key):
            return
        key = f"{message.key}/{edited}"
        await self._take(key, EDITED, key, message.kept())

    async def pressed(self, trigger: str, lane: str, payload: Mapping[str, Json]) -> bool:
        """Keep a press; False if it was kept before. ``trigger`` names it, and only its hash is kept."""
        return await self._take(_name(trigger or self.desk.new_id()), PRESS, lane, payload)

    async def commanded(self, trigger: str, lane: str, payload: Mapping[str, Json]) -> bool:
        """Keep a question of a command, in the same way."""
        return await self._take(_name(trigger or self.desk.new_id()), COMMAND, lane, payload)

    async def asked(self, view: str, lane: str, payload: Mapping[str, Json]) -> bool:
        """Keep a question of the form whose id is ``view``."""
        return await self._take(f"slack/view/{view}", QUESTION, lane, payload)

    async def _take(self, key: str, kind: str, lane: str, payload: Mapping[str, Json]) -> bool:
        return await self._durable.take(Job(key, kind, lane, payload, self.desk.clock()))

    async def _is_for_us(self, message: Incoming) -> bool:
        if message.kind == "im":
            return True
        rules = self.desk.rules
        if not rules.allows(message.channel):
            return False
        if message.mentions_us or (message.begins and rules.mode(message.channel) is Listening.ALL):
            return True
        return not message.begins and await self._follows(message.conversation(rules))

    async def _follows(self, conversation: ConversationId) -> bool:
        """Whether we answered there, or shall: a question waits some time for its turn to be written down.

        In this order: a turn that begins between the two looks is not overlooked.
        """
        expected = await self._durable.expects(str(conversation))
        return expected or await self.desk.conversations.knows(conversation)


def _name(trigger: str) -> str:
    """Only a hash is kept: a trigger is a secret."""
    return f"slack/pressed/{hashlib.sha256(trigger.encode()).hexdigest()}"
