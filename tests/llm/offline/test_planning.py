"""Planning by rules: the shipped actions case by case, and a strange set whose score must not fall."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.actions.folder import read_folder
from bot.conversation.planner import Planner
from bot.domain.action import ActionSpec, Effect, HttpCall, Parameter, ParameterType
from bot.domain.turn import Context, Remembered, Turn, TurnState
from bot.llm.offline.dates import read_dates
from bot.llm.offline.model import OfflineModel
from bot.llm.shortlist import LexicalShortlist
from tests.fakes import counting

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SHIPPED = read_folder(Path("actions.d")).specs
Expected = dict[str, Mapping[str, object]]


def context(text: str, *turns: Turn) -> Context:
    return Context("c", text, "Alex", "alex@acme.example", NOW, turns)


async def planned(text: str, actions: tuple[ActionSpec, ...], *turns: Turn) -> Expected:
    planner = Planner(OfflineModel(), LexicalShortlist(), read_dates, counting())
    plan = await planner.plan(context(text, *turns), actions)
    open_calls: Expected = {call.action: {"missing": call.missing} for call in plan.open_calls}
    return open_calls | {call.spec.slug: call.arguments for call in plan.calls}


CASES: list[tuple[str, Expected]] = [
    ("Where is my refund for order 12345?", {"refund-lookup": {"order_id": "12345"}}),
    ("check refund for order #12390", {"refund-lookup": {"order_id": "12390"}}),
    ("Where is my refund?", {"refund-lookup": {"missing": ("order_id",)}}),
    (
        "Check refund for order 12345 and is there an outage right now?",
        {"refund-lookup": {"order_id": "12345"}, "incident-status": {}},
    ),
    ("Which tickets will breach SLA in the next 2 hours?", {"sla-breach": {"hours_ahead": 2}}),
    ("Which tickets will breach SLA in the next four hours?", {"sla-breach": {"hours_ahead": 4}}),
    ("How many PTO days do I have left?", {"pto_balance_lookup": {}}),
    ("how many vacation days are left for me", {"pto_balance_lookup": {}}),
    (
        "Book Friday off then.",
        {"submit_pto_request": {"date": "2026-11-27"}, "notify_manager": {"date": "2026-11-27"}},
    ),
    (
        "dana.reyes@harbor.example sees two charges of $49.99. What happened?",
        {"double-charge": {"customer_email": "dana.reyes@harbor.example", "amount": 49.99}},
    ),
    (
        "Why can't kim@lumen.example use SSO?",
        {"entitlements": {"customer_email": "kim@lumen.example", "feature": "SSO"}},
    ),
    (
        "Create a Jira bug: export crashes on large files",
        {"jira-bug": {"summary": "export crashes on large files", "steps": "not given"}},
    ),
    (
        "Which customers are impacted by the EU latency issue?",
        {"incident-impact": {"incident_type": "latency", "region": "EU"}},
    ),
    ("Where is my order #12345?", {"order-status": {"order_id": "12345"}}),
    ("When will my package arrive? Order 12377", {"order-status": {"order_id": "12377"}}),
    ("What plan am I on?", {"account-billing": {"customer_email": "alex@acme.example"}}),
    (
        "Is the Blue Widget in stock in size XL?",
        {"product-availability": {"product_name": "Blue Widget", "variant": "XL"}},
    ),
    ("Hello there!", {}),
    ("Thanks, that solved my issue", {}),
    ("Tell me a joke about penguins", {}),
    ("What is the capital of France?", {}),
    ("Can you write a poem for my grandmother?", {}),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[case[0] for case in CASES])
async def test_the_shipped_actions_are_found_with_their_values(text: str, expected: Expected) -> None:
    assert await planned(text, SHIPPED) == expected


async def test_a_follow_up_repeats_the_last_action_with_the_new_value() -> None:
    ran = Remembered("refund-lookup", "Refund lookup", {"order_id": "12345"}, "success", "done")
    before = Turn("t", "m", "c", "Alex", "alex", "refund for order 12345?", NOW, TurnState.DONE, results=(ran,))

    assert await planned("And for order 12377?", SHIPPED, before) == {"refund-lookup": {"order_id": "12377"}}


def spec(slug: str, condition: str, *parameters: Parameter) -> ActionSpec:
    work = HttpCall("GET", "https://api.example.com")
    return ActionSpec(slug, slug.replace("_", " ").capitalize(), condition, Effect.READ, work, parameters)


def text(name: str, description: str, *, required: bool = True) -> Parameter:
    return Parameter(name, ParameterType.STRING, description, required)


STRANGE = (
    spec("get_weather", "When the user asks about the current weather in a city", text("city", "Name of the city")),
    spec(
        "exchange_rate",
        "When the user asks for the exchange rate between two currencies",
        text("base", "Currency code to convert from (e.g. USD)"),
        text("target", "Currency code to convert to"),
    ),
    spec(
        "book_table",
        "When the user wants to reserve a table at a restaurant",
        text("restaurant", "Name of the restaurant"),
        Parameter("guests", ParameterType.NUMBER, "Number of guests", True),
        text("date", "Date of the visit as YYYY-MM-DD", required=False),
    ),
    spec(
        "find_employee",
        "When the user wants to look up a colleague's phone number or department",
        text("employee_name", "Full name of the person"),
    ),
    spec(
        "run_report",
        "When the user asks to generate the sales report",
        text("period", "Period of the report (day/week/month)", required=False),
    ),
    spec("github_profile", "When the user asks for a GitHub user's profile", text("username", "The GitHub username")),
)
STRANGE_CASES: list[tuple[str, Expected]] = [
    ("What's the weather in Oslo?", {"get_weather": {"city": "Oslo"}}),
    ("how warm is it, I mean the current weather, in New York", {"get_weather": {"city": "New York"}}),
    ("Weather please", {"get_weather": {"missing": ("city",)}}),
    (
        "Reserve a table at Luigi's for 4 guests on March 3",
        {"book_table": {"restaurant": "Luigi's", "guests": 4, "date": "2027-03-03"}},
    ),
    ("What is the phone number of Maria Lopez?", {"find_employee": {"employee_name": "Maria Lopez"}}),
    ("Generate the sales report for this week", {"run_report": {"period": "week"}}),
    ("Show me the GitHub profile of user torvalds", {"github_profile": {"username": "torvalds"}}),
    (
        "Weather in Paris and the weekly sales report",
        {"get_weather": {"city": "Paris"}, "run_report": {"period": "week"}},
    ),
    ("Who won the match yesterday?", {}),
    ("Please sing a song", {}),
]


async def test_the_score_on_a_strange_set_does_not_fall() -> None:
    right = [text for text, expected in STRANGE_CASES if await planned(text, STRANGE) == expected]

    assert len(right) >= FLOOR, f"right: {right}"


FLOOR = 10
"""Of the cases above. 7 were right before three faults of the extraction were mended with their help."""


@pytest.mark.parametrize(
    ("said", "days"),
    [
        ("on Friday", ["2026-11-20", "2026-11-27"]),
        ("tomorrow", ["2026-11-21"]),
        ("the day after tomorrow", ["2026-11-22"]),
        ("next Monday", ["2026-11-23", "2026-11-30"]),
        ("last Tuesday", ["2026-11-17"]),
        ("March 3", ["2027-03-03"]),
        ("3 March 2027", ["2027-03-03"]),
        ("17.04.2027", ["2027-04-17"]),
        ("2026-12-24", ["2026-12-24"]),
        ("in two days", ["2026-11-22"]),
        ("order 12345", []),
        ("may I ask", []),
    ],
)
def test_dates_are_read_as_seen_from_a_friday(said: str, days: list[str]) -> None:
    assert read_dates(said, NOW) == {date.fromisoformat(day) for day in days}


def test_a_shortlist_of_a_thousand_holds_the_right_action() -> None:
    many = [
        *(spec(f"report_{n}", f"When the user asks for report number {n} of region {n % 40}") for n in range(1000)),
        *STRANGE,
    ]

    chosen = LexicalShortlist()("What's the weather in Oslo?", many)

    assert len(chosen) <= 20
    assert chosen[0].slug == "get_weather"
