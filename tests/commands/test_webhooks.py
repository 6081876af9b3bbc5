"""Setting up webhooks: the address is shown once, all faults are told at once, a new key opens what was sealed."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.commands import cli
from bot.commands.places import Wish, delivery_of
from bot.domain.webhook import WebhookRefused
from bot.records import Records, open_records, sealed
from bot.secrets.cipher import Cipher, Sealing, key_id_of
from bot.secrets.rotation import move
from bot.settings import Settings
from bot.webhooks import Draft, Switchboard, base_url, sealed_for
from tests.commands.test_command_line import ROOT

ORDER = Draft("order-status", {"order_id": "order.id"})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, actions_dir=ROOT / "actions.d", port=8080, _env_file=None)


@pytest.fixture
async def records(settings: Settings) -> AsyncIterator[Records]:
    async with open_records(settings) as opened:
        yield opened


async def test_the_address_is_given_out_once_and_only_its_hash_is_kept(records: Records, tmp_path: Path) -> None:
    given = await Switchboard(records).add(ORDER)

    base, _, secret = given.url.rpartition("/")
    assert base == f"http://127.0.0.1:8080/hooks/{given.webhook.id}"
    assert len(secret) >= 43
    kept = await records.storage.webhooks.get(given.webhook.id)
    assert kept == given.webhook
    assert kept.secret_hash == sha256(secret.encode()).hexdigest()
    with closing(sqlite3.connect(tmp_path / "deskhand.db")) as connection:
        dump = "\n".join(connection.iterdump())
    assert secret not in dump + repr(given)
    assert [row for row in dump.splitlines() if "webhook.added" in row]


async def test_a_new_address_takes_the_place_of_the_old_one(records: Records) -> None:
    board = Switchboard(records)
    first = await board.add(replace(ORDER, sign=True))
    second = await board.rotate(first.webhook.id)

    (kept,) = await board.all()
    assert kept.secret_hash == second.webhook.secret_hash != first.webhook.secret_hash
    assert first.signing_secret != second.signing_secret
    assert first.signing_secret.startswith("whsec_")
    assert records.sealing.decrypt(kept.signing, sealed_for(kept.id)) == second.signing_secret
    assert (kept.paths, kept.created_at) == (first.webhook.paths, first.webhook.created_at)


async def test_a_signing_secret_moves_to_a_new_master_key(records: Records) -> None:
    keys = {"old": b"o" * 32, "new": b"n" * 32}
    old, both = Cipher(keys, "old"), Cipher(keys, "new")
    webhook = (await Switchboard(records).add(ORDER)).webhook
    text = Sealing(old).encrypt("whsec_x", sealed_for(webhook.id))
    await records.storage.webhooks.put(replace(webhook, signing=text))

    assert (await move(sealed(records.storage), both)).rows == 1
    kept = await records.storage.webhooks.get(webhook.id)
    assert kept
    assert key_id_of(kept.signing) == "new"
    assert Sealing(both).decrypt(kept.signing, sealed_for(webhook.id)) == "whsec_x"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (Draft("nothing"), ["there is no action 'nothing'", "order-status"]),
        (Draft("order-status", {"color": "x"}), ["color: order-status has no such parameter", "order_id"]),
        (Draft("order-status", {"order_id": "a..b"}), ["order_id=a..b: not a path"]),
        (Draft("order-status", values={"size": "1"}), ["size: order-status has no such parameter"]),
        (Draft("sla-breach", values={"hours_ahead": "soon"}), ["-p hours_ahead: the value does not fit; give number"]),
        (Draft("notify_manager"), ["only runs after"]),
        (Draft("jira-bug"), ["asks for a yes before it runs", "--allow-writes"]),
        (Draft("jira-bug", {"x": "y"}, faults=("--to: no such place",)), ["--to: no such place", "asks for", "x: "]),
    ],
)
async def test_what_cannot_be_set_up_is_refused_with_all_its_faults(
    records: Records, wrong: Draft, words: list[str]
) -> None:
    with pytest.raises(WebhookRefused) as refused:
        await Switchboard(records).add(wrong)

    assert all(word in str(refused.value) for word in words), str(refused.value)
    assert await records.storage.webhooks.all() == []


async def test_a_write_is_set_up_with_the_operators_word(records: Records) -> None:
    given = await Switchboard(records).add(Draft("jira-bug", allow_writes=True))

    assert given.webhook.allow_writes


async def test_a_body_is_tried_without_running_anything(records: Records) -> None:
    board = Switchboard(records)
    webhook = (await board.add(ORDER)).webhook

    assert await board.tried(webhook.id, '{"order": {"id": 12345}}') == {"order_id": "12345"}
    with pytest.raises(WebhookRefused, match=r"order\.id: is missing"):
        await board.tried(webhook.id, "{}")
    with pytest.raises(WebhookRefused, match="not valid JSON"):
        await board.tried(webhook.id, "{")
    with pytest.raises(WebhookRefused, match="There is no webhook nobody"):
        await board.tried("nobody", "{}")


async def test_results_go_where_the_wish_says(records: Records) -> None:
    delivery, faults = delivery_of(Wish(("slack:C0123ABC", "discord:1234567890")))
    given = await Switchboard(records).add(replace(ORDER, delivery=delivery))

    assert not faults
    (kept,) = await Switchboard(records).all()
    assert kept.delivery == given.webhook.delivery == delivery


@pytest.mark.parametrize(
    ("given", "base"),
    [
        ({}, "http://127.0.0.1:8080"),
        ({"host": "::1", "port": 99}, "http://[::1]:99"),
        ({"public_url": "https://desk.example.com/"}, "https://desk.example.com"),
    ],
)
def test_an_address_begins_where_others_reach_the_service(given: dict[str, Any], base: str) -> None:
    assert base_url(Settings(_env_file=None, **{"port": 8080, **given})) == base


@pytest.fixture
def deskhand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A command and what it prints."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DESKHAND_ACTIONS_DIR", str(ROOT / "actions.d"))
    monkeypatch.setenv("DESKHAND_DATA_DIR", str(tmp_path))

    def command(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli, ["webhooks", *words])
        assert done.exit_code == code, done.output
        return done.output

    return command


def test_the_commands_teach_set_up_and_clear_away(deskhand: Callable[..., str]) -> None:
    assert "curl -X POST" in deskhand("add", "--help")
    assert "No webhooks yet" in deskhand("list")

    told = deskhand("add", "order-status", "--map", "order_id=order.id", "--sign", "--to", "slack:C0123ABC")
    found = re.search(r"/hooks/([0-9a-f]{16})/(\S+)", told)
    assert found
    webhook, secret = found.groups()
    assert "whsec_" in told

    assert [each["id"] for each in json.loads(deskhand("list", "--json"))] == [webhook]
    seen = deskhand("show", webhook) + deskhand("list")
    assert secret not in seen
    assert "whsec_" not in seen
    assert '"last_call": "never"' in seen
    assert 'order_id = "1"' in deskhand("test", webhook, '{"order": {"id": "1"}}')
    assert "are refused" in deskhand("pause", webhook)
    assert "paused" in deskhand("list")
    assert "are taken again" in deskhand("resume", webhook)
    assert "whsec_" in deskhand("rotate", webhook)
    deskhand("remove", webhook, "--yes")
    assert "There is no webhook" in deskhand("show", webhook, code=1)
    assert "write --map" in deskhand("add", "order-status", "--map", "order_id", code=1)
