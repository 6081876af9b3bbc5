"""The pages under a reply: found where an author said, whatever a service answers there."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bot.conversation.sources import MOST_OF_ONE, sources_of
from bot.domain.action import ActionSpec, Safety, SourceFields
from bot.domain.message import MOST_SOURCES, Source
from bot.domain.plan import ActionCall
from bot.domain.run import Outcome
from bot.ports import Emit
from tests.conversation.world import World
from tests.fakes import ActionFails, action, calls, result

ISSUES = replace(action("issues"), source_fields=SourceFields("html_url", "title"))
PAGE = {"html_url": "https://git.example/1", "title": "Export crashes"}


def found(output: object, spec: ActionSpec = ISSUES) -> list[tuple[str, str]]:
    text = output if isinstance(output, str) else json.dumps(output)
    ended = result(ActionCall("r1", spec, {}), Outcome.SUCCESS, text)
    return [(source.label, source.url) for source in sources_of(ended, spec)]


def urls(output: object) -> list[str]:
    return [url for _, url in found(output)]


def page(number: int) -> dict[str, str]:
    return {"html_url": f"https://git.example/{number}"}


def test_a_page_has_the_title_that_the_author_named() -> None:
    assert found(PAGE) == [("Export crashes", "https://git.example/1")]


def test_nothing_is_guessed() -> None:
    assert found(PAGE, action("issues")) == []
    assert found({"url": "https://git.example/1", "": "x"}) == []


@pytest.mark.parametrize("title", [None, 7, " ", ["x"], "\u202e\n"])
def test_a_page_without_a_title_is_called_by_its_host(title: object) -> None:
    assert found({**PAGE, "title": title}) == [("git.example", "https://git.example/1")]
    untitled = replace(ISSUES, source_fields=SourceFields("html_url"))
    assert found({**PAGE, "": "no title"}, untitled) == [("git.example", "https://git.example/1")]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "JaVaScRiPt://git.example/%0aalert(1)", "data:text/html,x", "file:///etc/passwd",
        "mailto:a@b.example", "//git.example/1", "/1", "git.example/1", "https://", "https:///1", "http:git.example",
        "https://bank.example@git.example/", "https://bank.example:x@git.example/", "https://git.example\\@x.example/",
        "https://git.example/a b", "https://git.example/\n1", " https://git.example/1", "https://git.example/\u202e1",
        "https://git.example/\ud800", "https://[1", f"https://git.example/{'x' * 2_000}", "", "[redacted]",
        7, None, True, ["https://git.example/1"], {"href": "https://git.example/1"},
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_no_source(url: object) -> None:
    assert found({"html_url": url, "title": "Innocent"}) == []


@pytest.mark.parametrize("output", ["", "no JSON", '"https://git.example/1"', "7", "null", "[" * 100_000, "{", "[]"])
def test_an_output_that_is_no_object_has_none(output: str) -> None:
    assert found(output) == []


def test_lists_and_objects_are_looked_through_from_the_outside_in() -> None:
    output = {"deep": {"deeper": [[page(3)]]}, "items": [page(1), {"more": page(2)}, "x", None], "html_url": None}
    assert urls(output) == ["https://git.example/1", "https://git.example/2", "https://git.example/3"]


def test_a_page_is_named_once_and_by_its_first_title() -> None:
    assert found([PAGE, {**PAGE, "title": "Again"}, page(2)]) == [
        ("Export crashes", "https://git.example/1"),
        ("git.example", "https://git.example/2"),
    ]


def test_the_first_few_are_enough() -> None:
    assert urls([page(number) for number in range(50)]) == [f"https://git.example/{n}" for n in range(MOST_OF_ONE)]


def test_of_a_huge_answer_only_the_beginning_is_looked_at() -> None:
    assert urls([{}] * 1_998 + [page(1), page(2)]) == ["https://git.example/1"]
    assert urls([[{}] * 3_000, page(1)]) == ["https://git.example/1"]


def test_a_title_is_one_short_line_without_what_nobody_sees() -> None:
    ((label, _),) = found({**PAGE, "title": "Ex\u202eport\n crashes\ud800 \x1b[2J" + "x" * 5_000})
    assert label.startswith("Export crashes [2Jxxx")
    assert (len(label), label[-1]) == (80, "…")


def test_fields_that_are_kept_out_of_records_are_not_shown_either() -> None:
    def hiding(*names: str) -> ActionSpec:
        return replace(ISSUES, safety=Safety(redact_fields=names))

    assert found(PAGE, hiding("HTML_URL")) == []
    assert found(PAGE, hiding("title")) == [("git.example", "https://git.example/1")]
    assert found({"private": [PAGE], "open": page(2)}, hiding("private")) == [("git.example", "https://git.example/2")]


def test_only_what_succeeded_is_a_source() -> None:
    failed = result(ActionCall("r1", ISSUES, {}), Outcome.ERROR, json.dumps(PAGE))
    assert sources_of(failed, ISSUES) == ()


async def test_a_reply_and_its_record_name_the_pages_of_all_that_was_used_without_secrets() -> None:
    specs = [replace(ISSUES, slug=slug, name=slug) for slug in ("a", "b", "c")]
    world = World(*specs, action("plain"), plans=(calls(*((slug, {}) for slug in ("a", "b", "c", "plain"))),),
                  secrets=("s3cret",))  # fmt: skip

    async def listed(call: ActionCall, emit: Emit) -> str:
        if call.spec.slug == "b":
            raise ActionFails("no such repository")
        rest = {"padding": "x" * 70_000} if call.spec.slug == "c" else {}
        return json.dumps(
            [{**PAGE, "title": "Key s3cret"}, {"html_url": f"https://git.example/{call.spec.slug}"}, rest]
        )

    world.executor.behaviours |= dict.fromkeys(("a", "b", "c", "plain"), listed)
    reply = await world.say("Which issues are open?")

    assert {used.name: len(used.sources) for used in reply.used} == {"a": 2, "b": 0, "c": 2, "Plain": 0}
    assert reply.sources == (
        Source("Key ***", "https://git.example/1"),
        Source("git.example", "https://git.example/a"),
        Source("git.example", "https://git.example/c"),
    )
    (turn,) = world.turns.turns.values()
    assert turn.used == reply.used


async def test_a_reply_names_so_many_pages_and_no_more() -> None:
    specs = [replace(ISSUES, slug=slug, name=slug) for slug in ("a", "b", "c")]
    world = World(*specs, plans=(calls(("a", {}), ("b", {}), ("c", {})),))

    async def many(call: ActionCall, emit: Emit) -> str:
        return json.dumps([{"html_url": f"https://{call.spec.slug}.example/{number}"} for number in range(9)])

    world.executor.behaviours |= dict.fromkeys(("a", "b", "c"), many)
    reply = await world.say("Which issues are open?")

    assert sum(len(used.sources) for used in reply.used) == 3 * MOST_OF_ONE
    assert len(reply.sources) == MOST_SOURCES
