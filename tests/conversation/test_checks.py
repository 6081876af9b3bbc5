"""Tables for what a proposed value must pass: its type, and that somebody said it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.conversation.grounding import Grounding
from bot.conversation.redaction import redacted_text
from bot.conversation.values import coerced
from bot.domain.action import Parameter, ParameterType, Value
from bot.domain.turn import Context, Remembered, Turn, TurnState

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TEXT, NUMBER, BOOLEAN = ParameterType.STRING, ParameterType.NUMBER, ParameterType.BOOLEAN


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (TEXT, " 12345 ", "12345"),
        (TEXT, 12345, "12345"),
        (TEXT, True, "true"),
        (TEXT, "", None),
        (TEXT, None, None),
        (TEXT, "null", None),
        (TEXT, "N/A", None),
        (TEXT, "unknown", None),
        (TEXT, ["a"], None),
        (TEXT, {"a": 1}, None),
        (TEXT, "x" * 4001, None),
        (NUMBER, 2, 2),
        (NUMBER, 2.0, 2),
        (NUMBER, 2.5, 2.5),
        (NUMBER, "2", 2),
        (NUMBER, "$49.99", 49.99),
        (NUMBER, "1,200", 1200),
        (NUMBER, "2 hours", 2),
        (NUMBER, "many", None),
        (NUMBER, True, None),
        (NUMBER, "nan", None),
        (NUMBER, float("inf"), None),
        (NUMBER, "-3", -3),
        (BOOLEAN, True, True),
        (BOOLEAN, "yes", True),
        (BOOLEAN, "No", False),
        (BOOLEAN, 1, True),
        (BOOLEAN, "maybe", None),
    ],
)
def test_a_raw_value_becomes_one_of_its_type_or_nothing(kind: ParameterType, raw: object, value: Value | None) -> None:
    assert coerced(Parameter("p", kind), raw) == value


def test_a_choice_is_matched_whatever_its_case_and_nothing_else_is_taken() -> None:
    parameter = Parameter("priority", TEXT, choices=("Low", "High"))

    assert coerced(parameter, "high") == "High"
    assert coerced(parameter, "urgent") is None


def dates(text: str, now: datetime) -> frozenset[date]:
    return frozenset({date(2026, 11, 27)} if "Friday" in text else ())


@pytest.mark.parametrize(
    ("said", "kind", "value", "holds"),
    [
        ("order 12345", TEXT, "12345", True),
        ("order 12345", TEXT, "12346", False),
        ("order 12345", TEXT, "1234", True),
        ("ORDER inv-7", TEXT, "INV-7", True),
        ("weather in New York", TEXT, "new york", True),
        ("weather in San Francisco", TEXT, "San Francisco, CA", True),
        ("weather please", TEXT, "London", False),
        ("the export crashes on big files", TEXT, "Export crash with big files", True),
        ("it is broken", TEXT, "Login page shows error 500 after update", False),
        ("mail z", TEXT, "z@z.com", False),
        ("Book Friday off", TEXT, "2026-11-27", True),
        ("Book Friday off", TEXT, "2026-11-28", False),
        ("Book Friday off", TEXT, "27.11.2026", True),
        ("next 2 hours", NUMBER, 2, True),
        ("next two hours", NUMBER, 2, True),
        ("next 2 hours", NUMBER, 120, True),
        ("in an hour", NUMBER, 1, True),
        ("soon", NUMBER, 2, False),
        ("charge of $49.99", NUMBER, 49.99, True),
        ("charge of $1,200", NUMBER, 1200, True),
        ("charge of $49.99", NUMBER, 50, False),
        ("half an hour", NUMBER, 0.5, True),
        ("whatever", BOOLEAN, True, True),
        ("my plan", TEXT, "alex@acme.example", True),
    ],
)
def test_a_value_must_have_been_said(said: str, kind: ParameterType, value: Value, holds: bool) -> None:
    context = Context("c", said, "Alex", "alex@acme.example", NOW)

    assert Grounding(context, dates).holds(Parameter("p", kind), value) is holds


def test_earlier_turns_and_results_count_as_said() -> None:
    result = Remembered("charges", "Charges", {}, "success", "ch_998877 of 20 USD")
    before = Turn("t", "m", "c", "Alex", "alex", "charges of bob@x.example?", NOW, TurnState.DONE, results=(result,))
    grounding = Grounding(Context("c", "refund the first", "Alex", "", NOW, (before,)), dates)

    assert grounding.holds(Parameter("p", TEXT), "ch_998877")
    assert grounding.holds(Parameter("p", TEXT), "bob@x.example")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('{"card": "4242", "ok": true}', "4242"),
        ('[{"a": {"Card": 4242}}]', "4242"),
        ("card: 4242\nname: Kim", "4242"),
        ("Card = 4242", "4242"),
        ('{"card": ["4242"]}', "4242"),
        ("[" * 990 + '{"card": "4242"}' + "]" * 990, "4242"),
    ],
    ids=range(6),
)
def test_named_fields_are_left_out_at_any_depth(text: str, left: str) -> None:
    assert left not in redacted_text(text, ["card"])
    assert redacted_text(text, []) == text
