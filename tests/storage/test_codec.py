"""What is stored comes back equal, whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.approval import ApprovalItem
from bot.domain.message import Platform, Source, Used
from bot.domain.plan import OpenCall
from bot.domain.post import Address, Compose, Delivery, PostWhen
from bot.domain.run import Outcome
from bot.domain.turn import Remembered
from bot.storage import codec

TEXT = st.text(st.characters(categories=("L", "N", "P", "S", "Z", "C")))
VALUE = st.one_of(TEXT, st.integers(), st.floats(allow_nan=False), st.booleans())
VALUES = st.dictionaries(TEXT, VALUE, max_size=4)
SECONDS = st.one_of(st.none(), st.floats(allow_nan=False))


@given(st.lists(st.builds(Used, TEXT, TEXT, TEXT, st.sampled_from(Outcome), TEXT, SECONDS, TEXT)).map(tuple))
def test_used_actions_come_back(used: tuple[Used, ...]) -> None:
    assert codec.used_from_json(codec.used_to_json(used)) == used


SOURCES = st.lists(st.builds(Source, TEXT, TEXT)).map(tuple)


@given(st.lists(st.builds(Used, TEXT, TEXT, TEXT, st.sampled_from(Outcome), TEXT, SECONDS, sources=SOURCES)).map(tuple))
def test_the_pages_of_used_actions_come_back(used: tuple[Used, ...]) -> None:
    assert codec.used_from_json(codec.used_to_json(used)) == used


def test_a_row_from_before_there_were_sources_is_read_and_written_as_it_was() -> None:
    row = '[["r1","issues","Issues","success","found",0.5,"",null]]'
    used = (Used("r1", "issues", "Issues", Outcome.SUCCESS, "found", 0.5),)

    assert codec.used_from_json(row) == used
    assert codec.used_to_json(used) == row


@given(st.lists(st.builds(Remembered, TEXT, TEXT, VALUES, TEXT, TEXT, TEXT)).map(tuple))
def test_remembered_results_come_back(results: tuple[Remembered, ...]) -> None:
    assert codec.results_from_json(codec.results_to_json(results)) == results


@given(st.lists(st.builds(OpenCall, TEXT, VALUES, st.lists(TEXT).map(tuple), st.integers())).map(tuple))
def test_open_calls_come_back(calls: tuple[OpenCall, ...]) -> None:
    assert codec.open_calls_from_json(codec.open_calls_to_json(calls)) == calls


@given(st.lists(st.builds(ApprovalItem, TEXT, TEXT, VALUES, TEXT)).map(tuple))
def test_approval_items_come_back(items: tuple[ApprovalItem, ...]) -> None:
    assert codec.items_from_json(codec.items_to_json(items)) == items


@given(st.integers(-(10**16), 10**17), st.timezones())
def test_moments_come_back_to_the_microsecond(micros: int, zone: ZoneInfo) -> None:
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)).astimezone(zone)

    assert codec.to_micros(moment) == micros
    assert codec.from_micros(codec.to_micros(moment)) == moment.astimezone(UTC)


@pytest.mark.parametrize("value", [True, 1, 1.0, "1", "true", 0.1, -0.0, 2**60])
def test_values_keep_their_type(value: object) -> None:
    back = codec.from_json(codec.mapping_to_json({"v": value}))["v"]

    assert (type(back), back) == (type(value), value)


@pytest.mark.parametrize(
    ("moment", "zone"),
    [
        (datetime(2026, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata")), "Asia/Kolkata"),
        (datetime(2026, 1, 1, tzinfo=UTC), "UTC"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=2))), "UTC+02:00"),
    ],
)
def test_the_zone_of_the_reader_is_kept_by_name(moment: datetime, zone: str) -> None:
    assert codec.zone_of(moment) == zone


ADDRESSES = st.builds(Address, st.sampled_from(Platform), TEXT, TEXT, st.booleans())


@given(
    st.builds(
        Delivery,
        st.lists(ADDRESSES).map(tuple),
        st.sampled_from(Compose),
        TEXT,
        st.sampled_from(PostWhen),
        st.one_of(st.none(), ADDRESSES),
        st.integers(1, 100),
    )
)
def test_where_results_go_comes_back(delivery: Delivery) -> None:
    assert codec.delivery_from_json(codec.delivery_to_json(delivery)) == delivery
