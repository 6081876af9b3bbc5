"""What counts as the same, as nothing, and as a difference."""

from __future__ import annotations

import json

import pytest

from bot.domain.post import Delivery, PostWhen
from bot.domain.turn import Remembered
from bot.posting.comparing import changes, fingerprint, is_due
from tests.posting.samples import failed, fired, result, tickets


def before(output: str) -> list[Remembered]:
    return [Remembered("sla", "SLA watch", {}, "success", output)]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": 1, "b": 2}', '{"b":2,"a":1}', True),
        ("all  fine\n", " all fine", True),
        ('{"a": 1}', '{"a": 2}', False),
        ("[1, 2]", "[2, 1]", False),
        ("", " ", True),
    ],
)
def test_order_of_keys_and_spacing_are_no_change(one: str, other: str, same: bool) -> None:
    assert (fingerprint([result(one)]) == fingerprint([result(other)])) is same


@pytest.mark.parametrize(
    ("output", "empty"),
    [
        ("", True), (" \n", True), ("[]", True), ("{}", True), ("null", True), ('{"tickets": [], "count": 0}', True),
        ("0", False), ("[0]", False), ("fine", False), ('{"count": 1}', False), ('{"open": false}', True),
    ],
)  # fmt: skip
def test_nothing_is_not_posted_where_that_is_wished(output: str, empty: bool) -> None:
    delivery = Delivery(post=PostWhen.NOT_EMPTY)

    assert is_due(fired(result(output)), delivery, None) is not empty
    assert is_due(fired(result(output), failed()), delivery, None), "a failure is told in every case"


def test_new_and_gone_entries_and_other_values_are_told() -> None:
    then, now = tickets(1, 2).output, tickets(2, 3)

    assert changes([now], before(then)) == ["New: #3, Case 3", "Gone: #1, Case 1"]
    assert changes([result('{"open": 12, "team": "x"}')], before('{"open": 9, "team": "x"}')) == ["Open: 12 (was 9)"]
    assert changes([now], before(now.output)) == []
    assert changes([result("plain words")], before("other words")) == []


def test_many_differences_are_counted() -> None:
    many = tickets(*range(100, 109)).output

    found = changes([tickets(*range(9))], before(many))

    assert len(found) == 11
    assert found[-1] == "…and 8 more"


@pytest.mark.parametrize("output", ["[[[", "|||", "| a |\n| - |", "- **x**:", json.dumps({"a": {"b": {"c": [1]}}})])
def test_no_output_upsets_the_comparison(output: str) -> None:
    assert changes([result(output)], before(output)) == []
