"""Nothing is lost and nothing comes twice: a thousand messages over a bad line, and a process that is killed."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from tests.adapters.discord.asking import heard, written
from tests.adapters.discord.office import PATIENT, Office, buttons_of, looking_up
from tests.simulators.discord import DiscordSimulator, Message, Person


async def test_a_thousand_messages_give_a_thousand_answers(quiet_environment: None) -> None:
    """Many come twice, shuffled, over connections that break and sessions that are resumed with overlap or lost."""
    chance = random.Random(11)
    async with DiscordSimulator(rates=False) as discord:
        support, office = discord.guild.channel("support"), Office(discord, looking_up(1_100), PATIENT)
        people = [office.person(f"p{number}") for number in range(10)]
        async with office.open():
            asked: list[Message] = []
            for batch in range(20):
                discord.gateway.hold()
                for number in range(50):
                    person, text = people[number % 10], f"where is order {batch}-{number}?"
                    match number % 3:
                        case 0:
                            asked.append(await office.asks(person, text))
                        case 1 if batch:
                            thread = chance.choice(discord.guild.threads(support)).id
                            asked.append(await person.says(thread, text))
                        case _:
                            asked.append(await person.says(person.dm, text))
                discord.gateway.duplicate(25)
                if batch % 2:
                    shake(discord, batch)
                discord.gateway.release(lambda waiting: chance.sample(waiting, len(waiting)))
                if not batch % 2:
                    shake(discord, batch)
                await answered_all(discord, asked)
            await heard(office)

        assert len(asked) == 1_000
        assert places(written(discord)) == places(asked)
        assert len({turn.text for turn in office.world.turns.turns.values()}) == 1_000 + 1, "and the referee's"
        assert discord.alarms == []


def shake(discord: DiscordSimulator, batch: int) -> None:
    """What happens to the connection before or after the events of a batch; those after a lost session are lost."""
    match batch % 5:
        case 1:
            discord.gateway.overlap(40)
            discord.gateway.reconnect()
        case 2:
            discord.gateway.reset()
        case 3:
            discord.gateway.overlap(99)
            discord.gateway.reset()
        case 4:
            discord.gateway.invalidate()


async def answered_all(discord: DiscordSimulator, asked: list[Message]) -> None:
    """Each of these has an answer, so far."""
    await discord.until(lambda: len(written(discord)) >= len(asked), 240)


class Bot:
    """The real service in a process of its own, which may be killed; what it stored stays."""

    def __init__(self, discord: DiscordSimulator, folder: Path) -> None:
        self._discord = discord
        self._given = {
            "DESKHAND_DISCORD_BOT_TOKEN": discord.token,
            "DESKHAND_DISCORD_API_BASE": discord.api_base,
            "DESKHAND_DISCORD_GATEWAY_URL": discord.gateway_url,
            "DESKHAND_DEMO": "true",
            "DESKHAND_DEMO_PORT": "0",
            "DESKHAND_ENCODER": "false",
            "DESKHAND_DATA_DIR": str(folder / "data"),
        }
        self._log = (folder / "bot.log").open("ab")

    async def start(self) -> None:
        """Return when it is connected."""
        sessions = len(self._discord.gateway.identifies)
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "gateway", env={**os.environ, **self._given},
            stdout=self._log, stderr=self._log,
        )  # fmt: skip
        await self._discord.until(lambda: len(self._discord.gateway.identifies) > sessions, 180)

    async def kill(self) -> None:
        """SIGKILL: it has no time to do anything."""
        self._process.kill()
        await self._process.wait()

    async def end(self) -> None:
        """SIGTERM: it finishes what it does."""
        with suppress(ProcessLookupError):
            self._process.terminate()
        await self._process.wait()
        self._log.close()


QUESTIONS = 60


async def test_no_question_is_lost_when_the_process_is_killed_again_and_again(
    tmp_path: Path, quiet_environment: None
) -> None:
    """Killed while it answers, started anew, five times; meanwhile people ask on, in channels, threads and alone."""
    async with DiscordSimulator(rates=False, running=True) as discord:
        discord.guild.channel("support")
        people = [discord.guild.person(f"p{number}") for number in range(6)]
        discord.core.may_mention |= {person.id for person in people}
        bot, asked = Bot(discord, tmp_path), list[Message]()
        await bot.start()
        try:
            await ask_and_kill(discord, bot, people, asked)
            await settled(discord, asked)
        finally:
            await bot.end()

        assert places(written(discord)) == places(asked)
        assert not [message for message in written(discord) if "Stop" in buttons_of(message)]
        assert discord.alarms == []


async def ask_and_kill(discord: DiscordSimulator, bot: Bot, people: list[Person], asked: list[Message]) -> None:
    """Until there are enough questions; every bunch of them ends with a kill in the midst of the work."""
    chance, support = random.Random(5), discord.guild.channel("support")
    # Discord lists nowhere who writes to us for the first time
    asked += [await person.says(person.dm, "Check refund for order 12345") for person in people]
    await settled(discord, asked)
    while len(asked) < QUESTIONS:
        for _ in range(chance.randrange(6, 14)):
            person = chance.choice(people)
            text = f"Check refund for order {50000 + len(asked)}"
            match chance.randrange(3):
                case 0:
                    asked.append(await person.says(support, f"{discord.mention} {text}"))
                case 1 if threads := discord.guild.threads(support):
                    asked.append(await person.says(chance.choice(threads), text))
                case _:
                    asked.append(await person.says(person.dm, text))
            await discord.core.changes.next()
        await bot.kill()
        asked.append(await chance.choice(people).says(support, f"{discord.mention} is anybody there?"))
        await bot.start()


async def settled(discord: DiscordSimulator, asked: list[Message]) -> None:
    """As many messages of the bot as questions, and none of them only shows work."""

    def there() -> bool:
        found = written(discord)
        return len(found) >= len(asked) and not any("Stop" in buttons_of(message) for message in found)

    await discord.until(there, 180)


def places(messages: list[Message]) -> Counter[str]:
    """How many stand in each thread and direct message; a question in a channel counts for the thread at it."""
    return Counter(message.thread or message.channel for message in messages)
