"""After full runs of scripts that do their worst, no sink holds a secret in any encoding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.actions.manifest import parse_action
from bot.app import Service, open_service
from bot.secrets.needles import needles_of
from tests.acceptance.conftest import Person, settings
from tests.simulators.openai import OpenAISimulator
from tests.simulators.openai.server import KEY

SECRET = "z3bra/Stripe+\"quo&te'<é> =tail\\9Kq%x"
"""One character at least that each encoding writes in its own way."""
SPOKEN = """
import base64, html, json, os, shlex, sys
from urllib.parse import quote, quote_plus
key = os.environ["ZEBRA_KEY"]
raw = key.encode()
forms = [
    key, key.upper(), key.lower(), repr(key), ascii(key), repr(raw), raw.hex(), raw.hex().upper(), shlex.quote(key),
    json.dumps(key), json.dumps(key, ensure_ascii=False), json.dumps(json.dumps(key)), html.escape(key),
    quote(key), quote(key, safe=""), quote(quote(key, safe=""), safe=""), quote_plus(key), json.dumps({"a": [key]}),
]
for lead in (b"", b"x", b"xy", b"user:"):
    forms += [base64.b64encode(lead + raw + b"!").decode(), base64.urlsafe_b64encode(lead + raw).decode()]
print("zebra report of", len(forms), "lines")
for form in forms:
    print(form)
    print(form, file=sys.stderr)
"""
FAILING = SPOKEN + "\nraise RuntimeError(key)"


def script(name: str, code: str) -> str:
    return json.dumps(
        {
            "name": name,
            "slug": name,
            "condition_prompt": f"When the user asks for the {name} report",
            "action_type": "PYTHON_CODE",
            "config": {"code": code},
        }
    )


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a record as it is, keys too; a ``repr`` would write it in one more way."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from texts_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts_in(item)


async def provoke(service: Service, person: Person) -> list[Any]:
    """Runs that print the key in every form, end with it in a traceback, and a person who types it."""
    for name, code in (("zebra", SPOKEN), ("gnu", FAILING)):
        spec = parse_action(script(name, code), f"{name}.json")
        await service.records.import_action(spec, replace=False, enable=True)
    return [
        await person.say("Please make the zebra report"),
        await person.say("Please make the gnu report"),
        await person.say(f"my key is {SECRET}, zebra report please"),
        await person.say("And what did it say?"),
    ]


def found(text: str) -> list[str]:
    return sorted(needle for needle in needles_of(SECRET) if needle in text)


async def test_no_secret_is_found_in_any_sink_in_any_encoding(
    tmp_path: Path, image: str, quiet_environment: None, capfd: pytest.CaptureFixture[str]
) -> None:
    async with OpenAISimulator() as sim:
        calls: list[Any] = [{"action": name, "arguments": {}} for name in ("zebra", "gnu")]
        sim.plan_with({"calls": calls})
        given = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": sim.base_url, "OPENAI_MODEL": "sim"}
        async with open_service(settings(tmp_path, **given)) as service:
            await service.records.set_secret("ZEBRA_KEY", SECRET)
            person = Person(service)
            with_model = await provoke(service, person)
            records = {
                "replies": with_model,
                "progress": person.watch.seen,
                "runs": list(await service.records.storage.runs.latest(50)),
                "audit": list(await service.records.storage.audit.latest(200)),
                "requests to the model": sim.requests,
            }
    sinks = {name: "\n".join(texts_in(record)) for name, record in records.items()}
    asked = sinks["requests to the model"]
    sinks["logs"] = "".join(capfd.readouterr())
    files = [path for path in (tmp_path / "data").iterdir() if path.name != "master.key"]
    sinks |= {path.name: path.read_bytes().decode("utf-8", "replace") for path in files}

    assert {name: found(text) for name, text in sinks.items() if found(text)} == {}
    assert KEY not in "".join(sinks.values())
    assert "zebra report of 26 lines" in asked, "the script ran and its output was read"
    assert asked.count("***") > 26, "what it printed was masked, not left out"


async def test_no_secret_is_in_an_offline_reply(tmp_path: Path, image: str, quiet_environment: None) -> None:
    async with open_service(settings(tmp_path)) as service:
        await service.records.set_secret("ZEBRA_KEY", SECRET)

        replies = await provoke(service, Person(service))

    assert found("\n".join(reply.text for reply in replies)) == []
    assert "***" in replies[0].text


def test_the_scan_sees_every_form_that_the_script_prints(capsys: pytest.CaptureFixture[str]) -> None:
    """The scan itself can fail: it finds the key in each line of the unmasked output."""
    done = subprocess.run(
        [sys.executable, "-c", SPOKEN],
        env={**os.environ, "ZEBRA_KEY": SECRET},
        capture_output=True,
        text=True,
        check=True,
    )

    assert [line for line in done.stdout.splitlines()[1:] if not found(line)] == []
