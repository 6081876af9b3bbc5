"""A simulated Discord: REST v10, the gateway, people, and what they see.

A bot on the real discord.py is pointed at it before it logs in::

    async with DiscordSimulator(rates=False) as discord:   # discord.py sleeps real seconds when a bucket is empty
        http.Route.BASE = discord.api_base                 # DESKHAND_DISCORD_API_BASE
        gateway.DiscordWebSocket.DEFAULT_GATEWAY = URL(discord.gateway_url)   # DESKHAND_DISCORD_GATEWAY_URL
        ...                                                # start the client with discord.token
        await discord.connected()
        guild = discord.guild
        support, alex = guild.channel("support"), guild.person("alex", roles=["agents"], email="alex@example.com")
        said = await alex.says(support, f"{discord.mention} where is order 12345?")
        answer = (await guild.until(lambda g: g.from_bot()))[0]
        await alex.clicks(answer, "Confirm")               # by label or custom id; returns when acknowledged
        await alex.runs("/ask", where=support, question="…")
        await alex.submits(alex.modal, {"Reason": "late"})
        assert "Confirmed" in alex.sees(support)
        assert discord.alarms == []                        # nobody was called who was not to be

    discord.faults.next("POST /channels/*/messages", faults.broken(502).accepted())   # done, then an error
    discord.gateway.reset(); .reconnect(); .invalidate(); .deafen(); .overlap(3); .duplicate(); .hold()/.release()
    discord.clock.advance(3); discord.called("POST /channels/{channel}/messages"); discord.core.registry.syncs
"""

from tests.simulators.discord.guild import Guild
from tests.simulators.discord.model import Alarm, Attachment, Call, Channel, Interaction, Message, Modal
from tests.simulators.discord.people import Person
from tests.simulators.discord.protocol import AppConfig, Intents
from tests.simulators.discord.simulator import DiscordSimulator

__all__ = [
    "Alarm",
    "AppConfig",
    "Attachment",
    "Call",
    "Channel",
    "DiscordSimulator",
    "Guild",
    "Intents",
    "Interaction",
    "Message",
    "Modal",
    "Person",
]
