"""A small bot on the real discord.py that uses everything the page can show."""

from __future__ import annotations

import asyncio
import io
import warnings
from contextlib import suppress
from typing import Any, Self

from yarl import URL

from tests.simulators.discord.simulator import DiscordSimulator

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # discord.py imports audioop
    import discord
    from discord import app_commands, ui
    from discord.gateway import DiscordWebSocket
    from discord.http import Route

Interaction = discord.Interaction[Any]
CHART = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="420" height="150"><rect width="420" height="150" fill="#1b1d20"/>'
    '<g fill="#3ea296"><rect x="40" y="60" width="60" height="70"/><rect x="140" y="30" width="60" height="100"/>'
    '<rect x="240" y="80" width="60" height="50"/><rect x="340" y="45" width="60" height="85"/></g></svg>'
)
ANSWER = (
    'Order **12345** left the warehouse *today*.\n- packed at 09:12\n- sent at 10:40\n```json\n{"state": "sent"}\n```'
)
FOOTER = "-# Used: order lookup ✓ 0.4 s · Jira ✗ timed out"
ACTIONS = ("order lookup", "refund", "return label", "stock")


def layout(*items: ui.Item[Any]) -> ui.LayoutView:
    """A new view of these."""
    view = ui.LayoutView(timeout=None)
    for each in items:
        view.add_item(each)
    return view


class Reason(ui.Modal, title="What was wrong?"):
    """Asked after a thumb down."""

    kind = ui.Label(
        text="Kind",
        component=ui.Select[Any](options=[discord.SelectOption(label=each) for each in ("Wrong", "Old", "Unclear")]),
    )
    words = ui.Label(
        text="In your words", component=ui.TextInput[Any](style=discord.TextStyle.long, required=False, max_length=500)
    )

    async def on_submit(self, interaction: Interaction) -> None:
        assert isinstance(self.kind.component, ui.Select)
        await interaction.response.send_message(f"Noted: {self.kind.component.values[0]}. Thank you.", ephemeral=True)


class Act(ui.DynamicItem[ui.Button[Any]], template=r"show:(?P<deed>\w+)"):
    """Every button of the showcase."""

    def __init__(self, deed: str, label: str = "", style: discord.ButtonStyle = discord.ButtonStyle.secondary) -> None:
        super().__init__(ui.Button(label=label or deed, custom_id=f"show:{deed}", style=style))
        self.deed = deed

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: Any, /) -> Self:
        return cls(match["deed"])

    async def callback(self, interaction: Interaction) -> Any:
        if self.deed == "bad":
            await interaction.response.send_modal(Reason())
        elif self.deed == "good":
            await interaction.response.send_message("Glad to hear it.", ephemeral=True)
        else:
            done = "Refund of £20.00 confirmed" if self.deed == "confirm" else "Cancelled"
            card = ui.Container[Any](ui.TextDisplay(f"{done} by {interaction.user.mention}"), accent_colour=0x4AA564)
            await interaction.response.edit_message(view=layout(card))


class Showcase(discord.AutoShardedClient):
    """Answers mentions in a thread, posts in forums, and direct messages; has two commands and a message command."""

    def __init__(self, simulator: DiscordSimulator) -> None:
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True, message_content=True)
        super().__init__(
            intents=intents, allowed_mentions=discord.AllowedMentions.none(), guild_ready_timeout=0.1,
            chunk_guilds_at_startup=False,
        )  # fmt: skip
        self._simulator = simulator
        self._tree = app_commands.CommandTree(self)
        self._tree.add_command(app_commands.Command(name="ask", description="Ask me something", callback=_ask))
        run: app_commands.Command[Any, ..., None] = app_commands.Command(
            name="run", description="Run an action", callback=_run
        )
        run.autocomplete("action")(_offer)
        self._tree.add_command(run)
        self._tree.add_command(app_commands.ContextMenu(name="Ask about this", callback=_about))

    async def __aenter__(self) -> Self:
        Route.BASE = self._simulator.api_base
        DiscordWebSocket.DEFAULT_GATEWAY = URL(self._simulator.gateway_url)
        self._running = asyncio.create_task(self.start(self._simulator.token))
        await self._simulator.connected()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        self._running.cancel()
        with suppress(asyncio.CancelledError, discord.DiscordException):
            await self._running

    async def setup_hook(self) -> None:
        """Register what outlives a restart."""
        self.add_dynamic_items(Act)
        await self._tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        """Answer where it is wanted."""
        plain = message.type in (discord.MessageType.default, discord.MessageType.reply)
        if message.author.bot or not plain:
            return
        if message.guild is None or isinstance(message.channel, discord.Thread):
            await _answer(message.channel)
        elif self.user in message.mentions:
            await _answer(await message.create_thread(name=message.clean_content[:60] or "Question"))


async def _answer(where: discord.abc.Messageable) -> None:
    working = ui.Container[Any](ui.TextDisplay("◐ Order lookup\n○ Jira"), accent_colour=0xD9A441)
    async with where.typing():
        await asyncio.sleep(0.5)
    sent = await where.send(view=layout(working))
    await asyncio.sleep(0.6)
    chart = discord.File(io.BytesIO(CHART.encode()), "orders.svg", description="Orders a day")
    answer = ui.Container[Any](
        ui.TextDisplay(ANSWER), ui.MediaGallery(discord.MediaGalleryItem("attachment://orders.svg")), ui.Separator(),
        ui.TextDisplay(FOOTER), accent_colour=0x3EA296,
    )  # fmt: skip
    votes = ui.ActionRow[Any](Act("good", "👍 Helpful"), Act("bad", "👎 Not helpful"))
    await sent.edit(view=layout(answer, votes), attachments=[chart])
    card = ui.Container[Any](
        ui.TextDisplay("### Issue a refund?\nOrder **12345** · amount **£20.00** · asks before it pays"),
        ui.ActionRow(Act("confirm", "Confirm", discord.ButtonStyle.danger), Act("cancel", "Cancel")),
        accent_colour=0xD9A441,
    )  # fmt: skip
    await where.send(view=layout(card))


async def _ask(interaction: Interaction, question: str, private: bool = True) -> None:
    await interaction.response.defer(thinking=True, ephemeral=private)
    await asyncio.sleep(0.5)
    await interaction.edit_original_response(content=f"> {question}\n{ANSWER}\n{FOOTER}")


async def _run(interaction: Interaction, action: str, order: str) -> None:
    await interaction.response.send_message(f"**{action}** ran for `{order}`.", ephemeral=True)


async def _offer(interaction: Interaction, current: str) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=each, value=each) for each in ACTIONS if current.lower() in each]


async def _about(interaction: Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"You mean: “{message.content}”", ephemeral=True)
