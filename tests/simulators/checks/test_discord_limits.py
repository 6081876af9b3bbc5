"""Limits of messages, embeds, components and commands, in Discord's words."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.simulators.checks.discord_bots import Api, api_of, discord, logged_in
from tests.simulators.discord import Channel, DiscordSimulator, Person

V2 = 1 << 15


def text(content: str = "x") -> dict[str, Any]:
    return {"type": 10, "content": content}


def button(key: str = "go", **more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": key, **more}


def row(*inner: Any) -> dict[str, Any]:
    return {"type": 1, "components": list(inner)}


def menu(options: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "type": 3,
        "custom_id": "menu",
        "options": [{"label": str(n), "value": str(n)} for n in range(options)],
        **more,
    }


def embed(**fields: Any) -> dict[str, Any]:
    return {"embeds": [{"title": "x", **fields}]}


@pytest.fixture
async def sim() -> AsyncIterator[DiscordSimulator]:
    async with DiscordSimulator(rates=False) as running:
        yield running


@pytest.fixture
async def api(sim: DiscordSimulator) -> AsyncIterator[Api]:
    async with api_of(sim) as made:
        yield made


@pytest.fixture
def support(sim: DiscordSimulator) -> Channel:
    return sim.guild.channel("support")


FINE: list[dict[str, Any]] = [
    {"content": "x" * 2000},
    {"content": "x", "components": [row(*(button(str(n)) for n in range(5)))] * 1},
    {"components": [row(menu(25))]},
    embed(description="x" * 4096),
    {"flags": V2, "components": [text("x" * 4000)]},
    {"flags": V2, "components": [text() for _ in range(40)]},
    {"flags": V2, "components": [{"type": 17, "components": [text()] * 9}] * 4},
    {
        "flags": V2,
        "components": [{"type": 17, "accent_color": 0xFFFFFF, "components": [text(), {"type": 14}, row(button())]}],
    },
    {"flags": V2, "components": [{"type": 9, "components": [text()], "accessory": button()}]},
    {"flags": V2, "components": [{"type": 12, "items": [{"media": {"url": "https://example.com/a.png"}}]}]},
    {"flags": 1 << 12, "content": "silent"},
    {"content": "x", "components": [row({"type": 2, "style": 5, "label": "Docs", "url": "https://example.com"})]},
]


@pytest.mark.parametrize("body", FINE)
async def test_what_fits_is_sent(api: Api, support: Channel, body: dict[str, Any]) -> None:
    assert (await api("POST", f"/channels/{support.id}/messages", body)).status == 200


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
    (embed(title="x" * 257), "embeds/0/title", "BASE_TYPE_MAX_LENGTH"),
    (embed(description="x" * 4097), "embeds/0/description", "BASE_TYPE_MAX_LENGTH"),
    (embed(fields=[{"name": "x", "value": "y"}] * 26), "embeds/0/fields", "BASE_TYPE_BAD_LENGTH"),
    (embed(fields=[{"name": "x", "value": "y" * 1025}]), "embeds/0/fields/0/value", "BASE_TYPE_BAD_LENGTH"),
    (embed(footer={"text": "x" * 2049}), "embeds/0/footer/text", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
    ({"embeds": [{"title": "x"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(*(button(str(n)) for n in range(6)))]}, "components/0/components", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(button(str(n))) for n in range(6)]}, "components", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row()]}, "components/0/components", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [text()]}, "components/0/type", "UNION_TYPE_CHOICES"),
    ({"components": [row(button("a"), button("a"))]}, "components", "COMPONENT_CUSTOM_ID_DUPLICATED"),
    ({"components": [row(button(""))]}, "components/0/components/0/custom_id", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(button("x" * 101))]}, "components/0/components/0/custom_id", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(button(label="x" * 81))]}, "components/0/components/0/label", "BASE_TYPE_MAX_LENGTH"),
    ({"components": [row(button(label=""))]}, "components/0/components/0", "BUTTON_COMPONENT_MUST_HAVE_LABEL_OR_EMOJI"),
    ({"components": [row(button(style=9))]}, "components/0/components/0/style", "BASE_TYPE_CHOICES"),
    ({"components": [row(menu(26))]}, "components/0/components/0/options", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(menu(0))]}, "components/0/components/0/options", "BASE_TYPE_BAD_LENGTH"),
    ({"components": [row(menu(), button())]}, "components/0/components", "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    ({"components": [row(menu(placeholder="x" * 151))]}, "components/0/components/0/placeholder",
     "BASE_TYPE_MAX_LENGTH"),
    ({"flags": V2, "components": [text("x" * 2001), text("x" * 2000)]}, "components", "COMPONENT_TEXT_LENGTH_EXCEEDED"),
    ({"flags": V2, "components": [text("")]}, "components/0/content", "BASE_TYPE_BAD_LENGTH"),
    ({"flags": V2, "components": [{"type": 17, "components": [text()] * 9}] * 4 + [text()]}, "components",
     "COMPONENT_MAX_COUNT"),
    ({"flags": V2, "components": [button()]}, "components/0/type", "UNION_TYPE_CHOICES"),
    ({"flags": V2, "components": [{"type": 9, "components": [text()]}]}, "components/0/accessory",
     "BASE_TYPE_REQUIRED"),
    ({"flags": V2, "components": [{"type": 9, "components": [text()] * 4, "accessory": button()}]},
     "components/0/components", "BASE_TYPE_BAD_LENGTH"),
    ({"flags": V2, "components": [{"type": 12, "items": []}]}, "components/0/items", "BASE_TYPE_BAD_LENGTH"),
    ({"flags": V2, "components": [{"type": 13, "file": {"url": "attachment://no.txt"}}]}, "components/0/file/url",
     "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"),
    ({"flags": V2, "components": [{"type": 13, "file": {"url": "https://example.com/x"}}]}, "components/0/file/url",
     "BASE_TYPE_REGEX"),
    ({"flags": V2, "components": [text()], "content": "beside"}, "content",
     "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
    ({"flags": V2, "components": [text()], "embeds": [{"title": "x"}]}, "embeds",
     "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2"),
    ({"flags": 1 << 6, "content": "private?"}, "flags", "MESSAGE_FLAGS_INVALID"),
    ({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}, "allowed_mentions",
     "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "path", "code"), WRONG)
async def test_what_does_not_fit_is_refused_where_it_is(
    api: Api, sim: DiscordSimulator, support: Channel, body: dict[str, Any], path: str, code: str
) -> None:
    reply = await api("POST", f"/channels/{support.id}/messages", body)
    assert (reply.status, reply.code) == (400, 50035)
    assert reply.fault(*path.split("/")) == code
    assert sim.guild.from_bot() == []


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"content": None, "embeds": []}, {"flags": V2}])
async def test_nothing_cannot_be_sent(api: Api, support: Channel, body: dict[str, Any]) -> None:
    assert (await api("POST", f"/channels/{support.id}/messages", body)).code == 50006


class Layout(discord.ui.LayoutView):
    text: discord.ui.TextDisplay[Any] = discord.ui.TextDisplay("new")


async def test_an_old_message_becomes_v2_only_without_its_text_and_never_goes_back(
    sim: DiscordSimulator, support: Channel, api: Api
) -> None:
    alex = sim.guild.person("alex")
    async with logged_in(sim) as bot:
        channel = await bot.text_channel(support.id)
        sent = await channel.send("old", embed=discord.Embed(title="x"))
        with pytest.raises(discord.HTTPException, match="cannot be used"):
            await sent.edit(view=Layout())
        await sent.edit(content=None, embeds=[], view=Layout())
        assert alex.sees(support) == "Deskhand: new (edited)"
        path = f"/channels/{support.id}/messages/{sent.id}"
        assert (await api("PATCH", path, {"content": "back"})).fault("content").startswith("MESSAGE_CANNOT_USE")
        assert (await api("PATCH", path, {"flags": 0, "components": []})).fault("flags") == "MESSAGE_FLAGS_INVALID"
        with pytest.raises(discord.HTTPException, match="cannot be used"):
            await channel.send("text", view=Layout())  # type: ignore[call-overload]


async def test_v2_shows_only_files_that_it_refers_to(sim: DiscordSimulator, support: Channel) -> None:
    alex: Person = sim.guild.person("alex")
    layout = discord.ui.LayoutView()
    layout.add_item(discord.ui.TextDisplay("**Result**"))
    layout.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://chart.png", description="a chart")))
    layout.add_item(discord.ui.File("attachment://all.md"))
    names = ("chart.png", "all.md", "hidden.txt")
    async with logged_in(sim) as bot:
        channel = await bot.text_channel(support.id)
        files = [discord.File(__file__, each) for each in names]
        sent = await channel.send(view=layout, files=files)
        assert alex.sees(support) == "Deskhand: **Result**\n    [image chart.png]\n    [file all.md]"
        gallery = sent.components[1]
        assert isinstance(gallery, discord.components.MediaGalleryComponent)
        assert gallery.items[0].media.url.startswith(sim.cdn_url)


COMMAND = {"name": "ask", "description": "Ask", "type": 1}


@pytest.mark.parametrize(("commands", "path", "code"), [
    ([{**COMMAND, "name": "Ask me"}], "0/name", "APPLICATION_COMMAND_INVALID_NAME"),
    ([{**COMMAND, "description": ""}], "0/description", "BASE_TYPE_BAD_LENGTH"),
    ([COMMAND, COMMAND], "", "APPLICATION_COMMANDS_DUPLICATE_NAME"),
    ([{**COMMAND, "options": [{"type": 3, "name": str(n), "description": "x"} for n in range(26)]}], "0/options",
     "BASE_TYPE_BAD_LENGTH"),
    ([{**COMMAND, "options": [{"type": 3, "name": "a", "description": "x"},
                              {"type": 3, "name": "b", "description": "x", "required": True}]}], "0/options/1",
     "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"),
    ([{"type": 3, "name": "x" * 33}], "0/name", "BASE_TYPE_BAD_LENGTH"),
])  # fmt: skip
async def test_commands_are_checked(api: Api, sim: DiscordSimulator, commands: Any, path: str, code: str) -> None:
    reply = await api("PUT", f"/applications/{sim.core.application}/commands", commands)
    assert reply.code == 50035
    assert reply.fault(*filter(None, path.split("/"))) == code
    assert sim.core.registry.syncs == []
