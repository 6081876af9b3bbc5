"""Views and forms of the bots."""

from __future__ import annotations

from typing import Any

from tests.simulators.checks.discord_bots import Bot, discord
from tests.simulators.discord import Channel

Interaction = discord.Interaction[Any]


async def send(bot: Bot, channel: Channel, view: discord.ui.View | discord.ui.LayoutView, text: str = "") -> None:
    """A message with a view, in a channel that the bot knows."""
    found = bot.get_channel(int(channel.id))
    assert isinstance(found, discord.TextChannel)
    if isinstance(view, discord.ui.LayoutView):
        await found.send(view=view)
    else:
        await found.send(text or "choose", view=view)


class Ask(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"ask:(?P<id>\d+)"):
    """A button that survives a restart."""

    def __init__(self, key: str, label: str = "Confirm") -> None:
        super().__init__(discord.ui.Button(label=label, custom_id=f"ask:{key}"))
        self.key = key

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: Any, match: Any, /) -> Ask:
        return cls(match["id"])

    async def callback(self, interaction: Interaction) -> Any:
        await interaction.response.defer()
        await interaction.edit_original_response(view=said(f"confirmed {self.key}"))
        await interaction.followup.send(f"thank you, {interaction.user.name}", ephemeral=True)


def said(text: str, *buttons: Any) -> discord.ui.LayoutView:
    """A container with a text, and buttons below."""
    view = discord.ui.LayoutView(timeout=None)
    view.add_item(discord.ui.Container(discord.ui.TextDisplay(text), discord.ui.Separator()))
    if buttons:
        view.add_item(discord.ui.ActionRow(*buttons))
    return view


class Form(discord.ui.Modal, title="Edit the refund"):
    """A form with every kind of field."""

    amount = discord.ui.Label(
        text="Amount", component=discord.ui.TextInput[Any](custom_id="amount", default="20", max_length=5)
    )
    why = discord.ui.Label(
        text="Why",
        component=discord.ui.Select[Any](
            custom_id="why", options=[discord.SelectOption(label=each) for each in ("late", "lost")]
        ),
    )
    note = discord.ui.Label(text="Note", component=discord.ui.TextInput[Any](custom_id="note", required=False))

    async def on_submit(self, interaction: Interaction) -> None:
        fields: list[Any] = [each.component for each in (self.amount, self.why, self.note)]
        text = f"{fields[0].value} because {fields[1].values[0]} ({fields[2].value})"
        await interaction.response.send_message(text, ephemeral=True)
