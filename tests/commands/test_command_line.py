"""The command line as its users run it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMO = {"DESKHAND_DEMO": "true", "DESKHAND_DEMO_PORT": "0"}


class Shell:
    """Runs ``deskhand`` in a folder of its own, with nothing of this machine's settings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
        self.environment |= {name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ}
        self.environment["DESKHAND_ACTIONS_DIR"] = str(ROOT / "actions.d")

    def __call__(self, *words: str, stdin: str = "", code: int = 0, given: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words], cwd=self.folder, env={**self.environment, **(given or {})},
            input=stdin, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
        self.errors = done.stderr
        return done.stdout


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def test_help_teaches_and_names_every_command(shell: Shell) -> None:
    text = shell("--help")

    for command in ("run", "web", "chat", "ask", "actions", "secrets", "history", "doctor", "plan", "sandbox"):
        assert command in text


def test_check_names_each_fault_of_seventy_broken_files_and_fails(shell: Shell, tmp_path: Path) -> None:
    from tests.actions.definitions.test_rules import BROKEN, changed

    folder = tmp_path / "broken"
    folder.mkdir()
    for number, (base, path, value, _) in enumerate(BROKEN):
        (folder / f"{number:03}.json").write_text(json.dumps(changed(base, path, value)))

    text = shell("actions", "check", str(folder), code=1)

    assert len(BROKEN) >= 70
    for number, (_, _, _, said) in enumerate(BROKEN):
        lines = [line for line in text.splitlines() if f"{number:03}.json" in line]
        assert any(said.split(": ", 1)[-1] in line for line in lines), (number, said, lines)


def test_check_is_content_with_the_shipped_actions(shell: Shell) -> None:
    assert "13 actions are fine" in shell("actions", "check")


def test_a_secret_goes_in_and_only_its_name_comes_out(shell: Shell) -> None:
    shell("secrets", "set", "SHIPPO_API_KEY", stdin="shippo_live_7d1f9c2e4b\n")

    listed = shell("secrets", "list")
    enabled = shell("actions", "list")
    deleted = shell("secrets", "delete", "SHIPPO_API_KEY", "--yes")

    assert "SHIPPO_API_KEY" in listed
    assert "used by order-status" in listed
    assert "shippo_live" not in listed
    assert "on  order-status" in enabled
    assert "Disabled: order-status" in deleted
    assert "off order-status" in shell("actions", "list")


@pytest.mark.parametrize(
    ("name", "value"),
    [("order_id", "long-enough-value"), ("GURUBASE_USER_EMAIL", "long-enough-value"), ("TOKEN", "abc-1")],
)
def test_a_secret_that_breaks_a_rule_is_refused(shell: Shell, name: str, value: str) -> None:
    shell("secrets", "set", name, stdin=value, code=1)

    assert value not in shell.errors


def test_an_imported_action_starts_paused_and_comes_back_as_it_was(shell: Shell, tmp_path: Path) -> None:
    definition = {
        "name": "Joke",
        "condition_prompt": "When the user asks for a joke",
        "action_type": "PYTHON_CODE",
        "config": {"code": "print('knock')"},
    }
    (tmp_path / "joke.json").write_text(json.dumps(definition))

    assert "paused" in shell("actions", "import", "joke.json")
    assert "off joke" in shell("actions", "list")
    assert "joke is enabled" in shell("actions", "enable", "joke")
    assert json.loads(shell("actions", "export", "joke")).items() >= definition.items()
    shell("actions", "import", "joke.json", code=1)
    assert "Deleted joke" in shell("actions", "delete", "joke", "--yes")


def test_a_provided_action_cannot_be_deleted(shell: Shell) -> None:
    shell("actions", "delete", "refund-lookup", "--yes", code=1)

    assert "A file provides it" in shell.errors


def test_wrong_settings_are_told_all_at_once(shell: Shell) -> None:
    shell(
        "ask",
        "hi",
        code=1,
        given={"DESKHAND_PORT": "many", "DESKHAND_TIMEZONE": "Mars/Base", "DESKHAND_PLAN_MODE": "guess"},
    )

    for name in ("DESKHAND_PORT", "DESKHAND_TIMEZONE", "DESKHAND_PLAN_MODE"):
        assert name in shell.errors


def test_ask_prints_one_json_object_for_the_demo_world(shell: Shell) -> None:
    text = shell("ask", "Where is my order #12345?", "--json", given=DEMO)

    reply = json.loads(text)
    assert reply["used"][0]["action"] == "order-status"
    assert reply["mode"] == "offline"
    assert any("Demo data" in notice for notice in reply["notices"])


def test_ask_names_the_pages_that_the_answer_rests_on(shell: Shell) -> None:
    reply = json.loads(shell("ask", "Is the travel mug in stock?", "--json", given=DEMO))
    (used,) = reply["used"]

    assert used["sources"] == [{"label": "travel mug", "url": "https://shop.example/products/travel-mug"}]
    assert "\nSources: travel mug (https://shop.example/products/travel-mug)\n" in reply["reply"]
    assert "Sources" not in shell("ask", "Where is my order #12345?", given=DEMO)


def test_a_write_is_asked_for_and_confirmed_in_the_same_conversation(shell: Shell) -> None:
    asked = shell("ask", "Book Friday off then", "--conversation", "c1", given=DEMO)
    done = shell("ask", "yes", "--conversation", "c1", given=DEMO)

    assert "Please confirm" in asked
    assert "Submit PTO request ✓" in done
    assert "submit_pto_request" in shell("history", "--json")


def test_actions_test_runs_one_action_with_given_values(shell: Shell) -> None:
    assert "Louisville" in shell("actions", "test", "order-status", "-p", "order_id=12345", given=DEMO)
    shell("actions", "test", "order-status", "-p", "number=1", code=1, given=DEMO)
    assert "the parameters are: order_id" in shell.errors


def test_plan_reads_and_writes_json_lines(shell: Shell) -> None:
    own = {"name": "weather", "condition_prompt": "When the user asks about the weather in a city",
           "action_type": "API_CALL", "parameters": [{"name": "city", "type": "string", "required": True}],
           "config": {"endpoint": "https://x.example/{city}", "method": "GET"}}  # fmt: skip
    ask = [{"role": "user", "content": "Where is my refund for order 12345?"}]
    follow = [*ask, {"role": "assistant", "content": "It succeeded."}, {"role": "user", "content": "And for order 7?"}]
    lines = [
        {"id": 1, "messages": ask},
        {"id": 2, "messages": follow},
        {"id": 3, "messages": [{"role": "user", "content": "weather in Oslo?"}], "actions": [own]},
        {"id": 4, "messages": [{"role": "user", "content": "Where is my refund?"}], "actions": ["refund-lookup"]},
    ]
    source = "\n".join([*map(json.dumps, lines), "not json"])

    answers = [json.loads(line) for line in shell("plan", "--json", stdin=source).splitlines()]

    calls = [[(call["action"], call["arguments"]) for call in answer["calls"]] for answer in answers]
    assert calls[0] == [("refund-lookup", {"order_id": "12345"})]
    assert calls[1] == [("refund-lookup", {"order_id": "7"})]
    assert calls[2] == [("weather", {"city": "Oslo"})]
    assert calls[3] == []
    assert "order id" in answers[3]["question"]
    assert "line 5" in answers[4]["error"]


def test_doctor_says_what_is_missing_and_how_to_mend_it(shell: Shell) -> None:
    text = shell("doctor", code=1, given={"DOCKER_HOST": "unix:///nowhere.sock"})

    assert "does not answer" in text
    assert "OPENAI_API_KEY" in text


def test_doctor_looks_at_one_part_alone_and_teaches_their_names(shell: Shell) -> None:
    assert "Docker" not in shell("doctor", "demo")
    assert "docs/guide/slack.md" in shell("doctor", "slack", code=1)
    shell("doctor", "telegram", code=2)
    assert all(part in shell.errors for part in ("store", "model", "sandbox", "slack", "discord", "demo"))
    shell("doctor", "discord", "--listen", "5", code=2)
    assert "it goes with slack" in shell.errors


def test_doctor_tells_all_that_is_wrong_with_slack_at_once(shell: Shell) -> None:
    given = {
        "DESKHAND_SLACK_CLIENT_ID": "1.2", "DESKHAND_SLACK_APP_TOKEN": "xapp-1",
        "DESKHAND_SLACK_BASE_URL": "http://127.0.0.1:9/api/",
    }  # fmt: skip
    told = json.loads(shell("doctor", "slack", "--json", code=1, given=given))

    assert [(each["part"], each["state"]) for each in told] == [
        ("settings", "ok"), ("slack settings", "problem"), ("slack token", "warning"), ("slack socket", "problem"),
    ]  # fmt: skip


def test_chat_answers_lines_of_a_pipe(shell: Shell) -> None:
    text = shell("chat", stdin="/help\nHello!\n/quit\n")

    assert "Ctrl-D ends" in text
    assert "I can help with" in text or "Hello!" in text
