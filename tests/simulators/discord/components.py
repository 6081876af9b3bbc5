"""Components of messages, old and new (V2): which may stand where, and their limits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.simulators.discord.problems import Problems
from tests.simulators.discord.protocol import JSON

ROW, BUTTON, STRING_SELECT, TEXT_INPUT, SECTION, TEXT, THUMBNAIL, GALLERY = 1, 2, 3, 4, 9, 10, 11, 12
FILE, SEPARATOR, CONTAINER, LABEL, UPLOAD, RADIOS, BOXES, BOX = 13, 14, 17, 18, 19, 21, 22, 23
SELECTS = (3, 5, 6, 7, 8)
LINK, PREMIUM = 5, 6
MOST_COMPONENTS = 40
MOST_TEXT = 4000
_TOP = {False: (ROW,), True: (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR, CONTAINER)}
_IN_CONTAINER = (ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR)

Check = Callable[[JSON, Problems], None]


def check(shown: Any, problems: Problems, *, v2: bool, files: set[str]) -> None:
    """All components of a message; ``files`` are the names that ``attachment://`` may refer to."""
    if not isinstance(shown, list):
        problems.add("BASE_TYPE_LIST", "Only list values are allowed.")
        return
    _Checker(files).children(shown, problems, _TOP[v2], MOST_COMPONENTS if v2 else 5, least=0)
    everything = list(walk(shown))
    if v2 and len(everything) > MOST_COMPONENTS:
        problems.add("COMPONENT_MAX_COUNT", f"The maximum number of components is {MOST_COMPONENTS}")
    if sum(len(str(each.get("content", ""))) for each in everything if each.get("type") == TEXT) > MOST_TEXT:
        problems.add("COMPONENT_TEXT_LENGTH_EXCEEDED", f"The total text of all components must be {MOST_TEXT} or fewer")
    _check_unique(everything, problems)


def _check_unique(everything: list[JSON], problems: Problems) -> None:
    for key, code in (("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED"), ("id", "COMPONENT_ID_DUPLICATED")):
        seen = [each[key] for each in everything if each.get(key)]
        if len(set(seen)) < len(seen):
            problems.add(code, f"Component {key} cannot be duplicated")


def walk(shown: list[JSON]) -> Iterator[JSON]:
    """Every component, the inner ones too."""
    for each in shown:
        if not isinstance(each, dict):
            continue
        yield each
        yield from walk(each.get("components") or [])
        yield from walk([each[key] for key in ("accessory", "component") if isinstance(each.get(key), dict)])


def numbered(shown: list[JSON]) -> list[JSON]:
    """The same with an ``id`` for each that has none."""
    taken = {each["id"] for each in walk(shown) if each.get("id")}
    numbers = (number for number in range(1, 1000) if number not in taken)

    def one(component: JSON) -> JSON:
        made = {**component, "id": component.get("id") or next(numbers)}
        if "components" in made:
            made["components"] = [one(each) for each in made["components"]]
        for key in ("accessory", "component"):
            if key in made:
                made[key] = one(made[key])
        return made

    return [one(each) for each in shown]


class _Checker:
    def __init__(self, files: set[str]) -> None:
        self._files = files
        self._checks: dict[int, Check] = {
            ROW: self._row, BUTTON: check_button, SECTION: self._section, TEXT: self._text, GALLERY: self._gallery,
            THUMBNAIL: self._thumbnail, FILE: self._file, SEPARATOR: self._separator, CONTAINER: self._container,
            **dict.fromkeys(SELECTS, check_select),
        }  # fmt: skip

    def children(self, shown: Any, problems: Problems, allowed: tuple[int, ...], most: int, least: int = 1) -> None:
        if not isinstance(shown, list):
            problems.add("BASE_TYPE_REQUIRED", "This field is required")
            return
        problems.count(shown, least, most)
        for place, each in enumerate(shown):
            self.one(each, problems.at(place), allowed)

    def one(self, component: Any, problems: Problems, allowed: tuple[int, ...]) -> None:
        kind = component.get("type") if isinstance(component, dict) else None
        if kind not in allowed:
            names = ", ".join(map(str, allowed))
            problems.at("type").add("UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({names},).')
            return
        self._checks[kind](component, problems)

    def _row(self, row: JSON, problems: Problems) -> None:
        inner = row.get("components")
        self.children(inner, problems.at("components"), (BUTTON, *SELECTS), 5)
        kinds = [each.get("type") for each in inner or () if isinstance(each, dict)]
        if any(each in SELECTS for each in kinds) and len(kinds) > 1:
            problems.at("components").add("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The width of the layout is exceeded")

    def _section(self, section: JSON, problems: Problems) -> None:
        self.children(section.get("components"), problems.at("components"), (TEXT,), 3)
        if problems.at("accessory").require(section.get("accessory")):
            self.one(section["accessory"], problems.at("accessory"), (BUTTON, THUMBNAIL))

    def _text(self, text: JSON, problems: Problems) -> None:
        problems.at("content").length(text.get("content"), 1, MOST_TEXT)

    def _gallery(self, gallery: JSON, problems: Problems) -> None:
        items = gallery.get("items") or []
        problems.at("items").count(items, 1, 10)
        for place, each in enumerate(items):
            self._media(each.get("media"), problems.at("items", place, "media"))
            problems.at("items", place, "description").length(each.get("description"), 0, 1024)

    def _thumbnail(self, thumbnail: JSON, problems: Problems) -> None:
        self._media(thumbnail.get("media"), problems.at("media"))

    def _file(self, file: JSON, problems: Problems) -> None:
        url = str((file.get("file") or {}).get("url", ""))
        if not url.startswith("attachment://"):
            problems.at("file", "url").add("BASE_TYPE_REGEX", "Only attachment:// addresses are allowed.")
        self._media(file.get("file"), problems.at("file"))

    def _media(self, media: Any, problems: Problems) -> None:
        url = str((media or {}).get("url", ""))
        if url.startswith("attachment://") and url.removeprefix("attachment://") not in self._files:
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            problems.at("url").add(code, f"The referenced attachment was not found: {url}")
        elif not url.startswith(("attachment://", "http://", "https://")):
            problems.at("url").add("URL_TYPE_INVALID_URL", "Not a well formed URL.")

    def _separator(self, separator: JSON, problems: Problems) -> None:
        problems.at("spacing").among(separator.get("spacing", 1), 1, 2)

    def _container(self, container: JSON, problems: Problems) -> None:
        self.children(container.get("components"), problems.at("components"), _IN_CONTAINER, MOST_COMPONENTS)
        colour = container.get("accent_color")
        if colour is not None and not 0 <= colour <= 0xFFFFFF:
            problems.at("accent_color").add("NUMBER_TYPE_MAX", "int value should be less than or equal to 16777215.")


def check_button(button: JSON, problems: Problems) -> None:
    """A button: a link has an address, the others a custom id."""
    style = button.get("style")
    problems.at("style").among(style, 1, 2, 3, 4, 5, 6)
    problems.at("label").length(button.get("label"), 0, 80)
    if not button.get("label") and not button.get("emoji") and style != PREMIUM:
        problems.add("BUTTON_COMPONENT_MUST_HAVE_LABEL_OR_EMOJI", "A button needs a label or an emoji")
    if style == LINK:
        problems.at("url").length(button.get("url"), 1, 512)
        if button.get("custom_id"):
            problems.add("BUTTON_COMPONENT_CUSTOM_ID_AND_URL", "A custom id and url cannot both be specified")
    elif style != PREMIUM:
        problems.at("custom_id").length(button.get("custom_id"), 1, 100)


def check_select(select: JSON, problems: Problems) -> None:
    """A select menu."""
    problems.at("custom_id").length(select.get("custom_id"), 1, 100)
    problems.at("placeholder").length(select.get("placeholder"), 0, 150)
    least, most = select.get("min_values", 1), select.get("max_values", 1)
    if not (0 <= least <= 25 and 1 <= most <= 25 and least <= most):
        problems.at("max_values").add("NUMBER_TYPE_MIN", "The number of values is out of range.")
    if select.get("type") == STRING_SELECT:
        check_options(select.get("options") or [], problems.at("options"), 25)


def check_options(options: list[JSON], problems: Problems, most: int) -> None:
    """The options of a select, of radio buttons or of checkboxes."""
    problems.count(options, 1, most)
    for place, each in enumerate(options):
        for key, least in (("label", 1), ("value", 1), ("description", 0)):
            problems.at(place, key).length(each.get(key), least, 100)
    values = [each.get("value") for each in options]
    if len(set(values)) < len(values):
        problems.add("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used")
