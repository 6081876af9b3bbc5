"""Scripts: what they are given, and what becomes of what the sandbox gives back."""

from __future__ import annotations

import pytest

from bot.actions.environment import environment_of
from bot.actions.python_code import PythonCodeExecutor
from bot.actions.template import TemplateError
from bot.domain.action import NamedOutcome, ParameterType, Value
from bot.domain.run import ActionResult, Asker, Outcome
from bot.errors import SandboxError
from bot.ports import Given, SandboxResult
from tests.actions.calls.world import GIVEN, START, FakeSandbox, FakeSecrets, call_of, parameter, python_action, quiet


def gave(output: str = "", error_output: str = "", exit_code: int | None = 0, **more: object) -> SandboxResult:
    return SandboxResult(exit_code, output, error_output, 0.5, **more)  # type: ignore[arg-type]  # passed on by name


def over(sandbox: FakeSandbox, secrets: FakeSecrets | None = None, **variables: str) -> PythonCodeExecutor:
    return PythonCodeExecutor(sandbox, secrets or FakeSecrets(), variables, "desk", lambda: START)


async def result_of(answer: SandboxResult | Exception, **more: object) -> ActionResult:
    return await over(FakeSandbox(answer)).execute(call_of(python_action(**more)), GIVEN, quiet)  # type: ignore[arg-type]  # passed on by name


ENDS = [
    (gave("hello\n"), Outcome.SUCCESS, "hello", "", 0),
    (gave(""), Outcome.SUCCESS, "(It ran without printing anything.)", "", 0),
    (gave("\n\n"), Outcome.SUCCESS, "(It ran without printing anything.)", "", 0),
    (gave('{"a": 1}\n'), Outcome.SUCCESS, '{"a": 1}', "", 0),
    (gave("", "Traceback (most recent call last):\n  File\nKeyError: 'X'\n", 1), Outcome.ERROR, "", "KeyError: 'X'", 1),
    (gave("half", "  \nValueError: no\n\n", 1), Outcome.ERROR, "half", "ValueError: no", 1),
    (gave("", "", 3), Outcome.ERROR, "", "ended with exit code 3", 3),
    (gave("", "E: " + "x" * 500, 1), Outcome.ERROR, "", "E: " + "x" * 196 + "…", 1),
    (gave("some", "", None, timed_out=True), Outcome.TIMED_OUT, "some", "timed out after 5 s", None),
    (gave("", "", 137, timed_out=True), Outcome.TIMED_OUT, "", "timed out after 5 s", 137),
    (gave("", "Killed", 137, out_of_memory=True), Outcome.ERROR, "", "needed more memory than it may have", 137),
    (gave("", "", None), Outcome.ERROR, "", "was stopped from outside", None),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "outcome", "output", "detail", "status"), ENDS)
async def test_what_the_sandbox_gives_becomes_a_result(
    answer: SandboxResult, outcome: Outcome, output: str, detail: str, status: int | None
) -> None:
    result = await result_of(answer)

    assert (result.outcome, result.output, result.detail, result.status) == (outcome, output, detail, status)
    assert (result.label, result.seconds, result.started_at) == (outcome.value, 0.5, START)


async def test_dropped_output_is_noted() -> None:
    result = await result_of(gave("x", dropped_bytes=12))

    assert result.notes == ("12 bytes of output were dropped",)


@pytest.mark.parametrize(
    ("answer", "label", "outcome"),
    [
        (gave('{"state": "late"}'), "late", Outcome.SUCCESS),
        (gave("plain LATE text"), "mentioned", Outcome.SUCCESS),
        (gave("[1, 2]"), "success", Outcome.SUCCESS),
        (gave("", "", 3), "nothing_found", Outcome.SUCCESS),
        (gave("", "KeyError: 'X'", 1), "error", Outcome.ERROR),
        (gave('{"state": "late"}', "", None, timed_out=True), "timed_out", Outcome.TIMED_OUT),
    ],
)
async def test_named_outcomes_see_exit_code_and_output(answer: SandboxResult, label: str, outcome: Outcome) -> None:
    conditions = {
        "late": "response.body.state == 'late'",
        "nothing_found": "response.status == 3",
        "mentioned": "'LATE' in response.body",
    }

    result = await result_of(answer, outcomes=tuple(NamedOutcome(*item) for item in conditions.items()))

    assert (result.label, result.outcome) == (label, outcome)


async def test_a_script_is_given_its_values_its_secrets_and_who_asks() -> None:
    sandbox = FakeSandbox(gave("ok"))
    spec = python_action(
        "import os\nprint(os.getenv('STATUS_BASE_URL'))",
        parameters=(parameter("order_id"), parameter("limit", ParameterType.NUMBER), parameter("note")),
        secrets=("SHOP_KEY",),
        variables={"SHOP_BASE_URL": "https://shop.example", "REGION": "eu"},
    )
    secrets = FakeSecrets({"SHOP_KEY": "sk_1", "OTHER_KEY": "sk_2"})
    operators = {
        "REGION": "us",
        "STATUS_BASE_URL": "http://127.0.0.1:1",
        "UNRELATED": "x",
        "SHOP_KEY": "x",
        "note": "x",
    }

    await over(sandbox, secrets, **operators).execute(call_of(spec, order_id="7", limit=2.0), GIVEN, quiet)

    job = sandbox.jobs[0]
    assert (job.id, job.timeout_seconds) == ("run-1", 5.0)
    assert job.environment == {
        "order_id": "7",
        "limit": "2",
        "SHOP_KEY": "sk_1",
        "SHOP_BASE_URL": "https://shop.example",
        "REGION": "us",
        "STATUS_BASE_URL": "http://127.0.0.1:1",
        "GURUBASE_USER_EMAIL": "alex@acme.example",
        "GURUBASE_USER_NAME": "Alex Morgan",
        "GURUBASE_USER_GROUPS": "Support,Everyone",
        "GURUBASE_GURU_SLUG": "desk",
    }
    assert "sk_1" not in repr(job)


@pytest.mark.parametrize(
    ("asker", "name", "groups"),
    [
        (Asker(), "", "Everyone"),
        (Asker(email="sam@acme.example"), "sam", "Everyone"),
        (Asker(email="sam@acme.example", name="Sam"), "Sam", "Everyone"),
        (Asker(groups=""), "", "Everyone"),
        (Asker(groups="A,B"), "", "A,B"),
    ],
)
async def test_the_built_ins_are_always_there(asker: Asker, name: str, groups: str) -> None:
    sandbox = FakeSandbox(gave("ok"))

    await over(sandbox).execute(call_of(python_action()), Given("run-1", asker), quiet)

    assert sandbox.jobs[0].environment == {
        "GURUBASE_USER_EMAIL": asker.email,
        "GURUBASE_USER_NAME": name,
        "GURUBASE_USER_GROUPS": groups,
        "GURUBASE_GURU_SLUG": "desk",
    }


async def test_live_output_is_passed_on() -> None:
    pieces: list[str] = []

    async def keep(piece: str) -> None:
        pieces.append(piece)

    await over(FakeSandbox(gave("live"))).execute(call_of(python_action()), GIVEN, keep)

    assert pieces == ["live"]


async def test_a_sandbox_that_is_not_to_be_had_is_told() -> None:
    result = await result_of(SandboxError("no Docker Engine answers; start one"))

    assert (result.outcome, result.detail) == (Outcome.ERROR, "no Docker Engine answers; start one")


@pytest.mark.parametrize(
    ("secrets", "detail"),
    [
        (FakeSecrets(), "it needs the secret A_KEY and B_KEY"),
        (FakeSecrets({"A_KEY": "x"}), "it needs the secret B_KEY"),
        (FakeSecrets(unreadable=True), "the master key does not fit"),
    ],
)
async def test_a_script_without_its_secrets_does_not_run(secrets: FakeSecrets, detail: str) -> None:
    sandbox = FakeSandbox(gave("ok"))

    result = await over(sandbox, secrets).execute(call_of(python_action(secrets=("A_KEY", "B_KEY"))), GIVEN, quiet)

    assert (result.outcome, result.detail, sandbox.jobs) == (Outcome.ERROR, detail, [])


@pytest.mark.parametrize("value", ["a\x00b", "\ud800", "x" * 131_072])
def test_a_value_that_no_environment_can_hold_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(TemplateError, match="note") as refused:
        environment_of(call_of(python_action(parameters=(parameter("note"),)), note=value), {}, {}, {})

    assert value not in str(refused.value)


@pytest.mark.parametrize("value", ["x" * 131_065, "line\nline", "Zoë=1", "", "{KEY}", "$HOME"])
def test_a_value_reaches_the_environment_as_it_is(value: Value) -> None:
    environment = environment_of(call_of(python_action(parameters=(parameter("note"),)), note=value), {}, {}, {})

    assert environment == {"note": value}
