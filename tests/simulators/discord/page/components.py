"""Components and forms as HTML."""

from __future__ import annotations

from html import escape

from tests.simulators.discord.core import Core
from tests.simulators.discord.modals import label_of
from tests.simulators.discord.model import Attachment, Channel, Message, Modal
from tests.simulators.discord.page import words
from tests.simulators.discord.protocol import JSON

_STYLES = {1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link"}


class Painter:
    """Paints the components of one message."""

    def __init__(self, core: Core, message: Message) -> None:
        self._core = core
        self._message = message

    def all(self, components: list[JSON]) -> str:
        """Every component in order."""
        return "".join(self.one(each) for each in components)

    def one(self, component: JSON) -> str:
        """One component."""
        match component["type"]:
            case 1:
                return f'<div class="row">{self.all(component["components"])}</div>'
            case 2:
                return _button(component)
            case 9:
                inner, beside = self.all(component["components"]), self.one(component["accessory"])
                return f'<div class="section"><div>{inner}</div><div>{beside}</div></div>'
            case 10:
                return f'<div class="md">{words.markdown(self._core, component["content"])}</div>'
            case 17:
                return self._container(component)
        return self._media(component)

    def _media(self, component: JSON) -> str:
        match component["type"]:
            case 11:
                return self._picture(component["media"]["url"], component.get("description"))
            case 12:
                shown = (self._picture(each["media"]["url"], each.get("description")) for each in component["items"])
                return f'<div class="gallery">{"".join(shown)}</div>'
            case 13:
                found = self._file(component["file"]["url"])
                return file(found) if found else ""
            case 14:
                return '<hr class="large">' if component.get("spacing") == 2 else "<hr>"
        return self._menu(component)

    def _container(self, component: JSON) -> str:
        colour = component.get("accent_color")
        style = f' style="border-left-color:#{int(colour):06x}"' if colour is not None else ""
        return f'<div class="container"{style}>{self.all(component["components"])}</div>'

    def _menu(self, component: JSON) -> str:
        offered = component.get("options") or self._things(component["type"])
        options = "".join(_option(each) for each in offered)
        many = " multiple" if component.get("max_values", 1) > 1 else ""
        off = " disabled" if component.get("disabled") else ""
        empty = escape(component.get("placeholder") or "Choose…")
        key = escape(component["custom_id"])
        return f'<select data-custom="{key}"{many}{off}><option value="">{empty}</option>{options}</select>'

    def _things(self, kind: int) -> list[JSON]:
        """People, roles or channels to choose from."""
        people = [{"label": each.user.name, "value": each.id} for each in self._core.people.values()]
        guild = self._core.channels[self._message.channel].guild
        if kind in (5, 7) or guild is None:
            return people
        if kind == 6:
            return [{"label": each.name, "value": each.id} for each in self._core.guilds[guild].roles.values()]
        return [{"label": each.name, "value": each.id} for each in self._core.channels.values() if each.guild == guild]

    def _file(self, url: str) -> Attachment | None:
        name = url.removeprefix("attachment://")
        return next((each for each in self._message.attachments if each.name == name), None)

    def _picture(self, url: str, description: str | None) -> str:
        found = self._file(url)
        source = f"/ui/files/{found.id}" if found else escape(url)
        return f'<img src="{source}" alt="{escape(description or "")}">'


def file(found: Attachment) -> str:
    """A picture is shown, any other file is a link."""
    address = f"/ui/files/{found.id}"
    if found.media_type.startswith("image/"):
        return f'<img src="{address}" alt="{escape(found.description or found.name)}">'
    name, size = escape(found.name), f"{len(found.content) / 1024:.1f} KiB"
    return f'<a class="file" href="{address}" download="{name}">▤ {name} <small>{size}</small></a>'


def _button(component: JSON) -> str:
    label = " ".join(filter(None, [(component.get("emoji") or {}).get("name"), component.get("label")]))
    style = _STYLES.get(component["style"], "secondary")
    off = " disabled" if component.get("disabled") else ""
    if component.get("url"):
        return f'<a class="button link" href="{escape(component["url"])}" target="_blank">{escape(label)} ↗</a>'
    key = escape(component.get("custom_id", ""))
    return f'<button type="button" class="{style}" data-custom="{key}"{off}>{escape(label)}</button>'


def _option(option: JSON) -> str:
    chosen = " selected" if option.get("default") else ""
    return f'<option value="{escape(option["value"])}"{chosen}>{escape(option["label"])}</option>'


def form(core: Core, modal: Modal) -> str:
    """A modal."""
    rows = modal.data["components"]
    inner = "".join(_part(core, rows, each) for each in rows)
    return (
        f"<h2>{escape(modal.title)}</h2><div class=form>{inner}</div>"
        "<footer><button type=button data-shut=modal>Cancel</button><button class=primary>Submit</button></footer>"
    )


def _part(core: Core, rows: list[JSON], row: JSON) -> str:
    if row["type"] == 10:
        return f'<div class="md">{words.markdown(core, row["content"])}</div>'
    fields = [row["component"]] if "component" in row else row["components"]
    hint = f"<small>{escape(row['description'])}</small>" if row.get("description") else ""
    return "".join(
        f'<div class="field"><b>{escape(label_of(rows, each))}{"" if each.get("required", True) else " (optional)"}</b>'
        f"{hint}{_field(each)}</div>"
        for each in fields
    )


def _field(field: JSON) -> str:
    key, required = escape(field["custom_id"]), " required" if field.get("required", True) else ""
    kind, value = field["type"], escape(str(field.get("value") or ""))
    limit = f' maxlength="{int(field["max_length"])}"' if field.get("max_length") else ""
    hint = f' placeholder="{escape(field["placeholder"])}"' if field.get("placeholder") else ""
    if kind == 4 and field.get("style") == 2:
        return f'<textarea name="{key}" rows="4"{required}{limit}{hint}>{value}</textarea>'
    if kind == 4:
        return f'<input name="{key}" value="{value}"{required}{limit}{hint}>'
    if kind == 23:
        return f'<input type="checkbox" name="{key}" value="yes"{" checked" if field.get("default") else ""}>'
    if kind in (21, 22):
        return _boxes(field, key, "radio" if kind == 21 else "checkbox")
    many = " multiple" if field.get("max_values", 1) > 1 else ""
    return (
        f'<select name="{key}"{required}{many}>{"".join(_option(each) for each in field.get("options") or ())}</select>'
    )


def _boxes(field: JSON, key: str, kind: str) -> str:
    return "".join(
        f'<label class="box"><input type="{kind}" name="{key}" value="{escape(each["value"])}"'
        f"{' checked' if each.get('default') else ''}> {escape(each['label'])}</label>"
        for each in field["options"]
    )


def label(channel: Channel) -> str:
    """How a channel stands in the list."""
    if channel.is_dm:
        return "◆"
    return {5: "◈", 15: "▦", 10: "↳", 11: "↳", 12: "⚿"}.get(channel.kind, "#")
