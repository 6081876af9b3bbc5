"""Every rule of a definition, by table: what is broken, which key is named, what is said."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.actions.catalogue import fingerprint
from bot.actions.code_check import read_code
from bot.actions.folder import read_folder
from bot.actions.formats import export_action, read_mapping
from bot.actions.manifest import parse_action
from bot.domain.action import ActionSpec, Effect, Format, HttpCall, PythonCode, SourceFields
from bot.errors import DefinitionError

API: dict[str, Any] = {
    "name": "Order lookup",
    "condition_prompt": "When the user asks about an order",
    "action_type": "API_CALL",
    "parameters": [{"name": "order_id", "type": "String", "description": "Order number", "required": True}],
    "config": {"endpoint": "https://api.example.com/orders/{order_id}", "method": "GET"},
}
SCRIPT: dict[str, Any] = {
    "name": "Greeter",
    "condition_prompt": "When the user wants a greeting",
    "action_type": "PYTHON_CODE",
    "config": {"code": "print('hi')", "timeout": 10},
}
CALL: dict[str, Any] = {
    "name": "Get Order Details",
    "slug": "get-details",
    "type": "read",
    "invocation": {"method": "GET", "endpoint": "https://api.example.com/orders/{order_id}"},
    "input_schema": {"order_id": {"type": "string", "description": "Order ID", "required": True}},
}


def changed(base: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy with one key set, by dotted path."""
    copy = json.loads(json.dumps(base))
    target = copy
    *parents, last = path.split(".")
    for key in parents:
        target = target[int(key)] if isinstance(target, list) else target.setdefault(key, {})
    if isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value
    return dict(copy)


def faults_of(definition: object, path: str = "x.json") -> str:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    with pytest.raises(DefinitionError) as caught:
        parse_action(text, path)
    return str(caught.value)


BROKEN: list[tuple[dict[str, Any], str, object, str]] = [
    (API, "name", None, "name: It is missing"),
    (API, "name", " ", "name: It is empty"),
    (API, "name", 5, "name: It must be a text"),
    (API, "name", "x" * 81, "name: It has 81 characters"),
    (API, "name", "Order\u202elookup", "invisible"),
    (API, "condition_prompt", None, "condition_prompt: It is missing"),
    (API, "action_type", None, "action_type: It is missing"),
    (API, "action_type", "AGENT", "not supported yet"),
    (API, "action_type", "SHELL", "SHELL is not known"),
    (API, "conditon_prompt", "x", "Did you mean 'condition_prompt'"),
    (API, "extra", "x", "extra: This key is not known"),
    (API, "slug", "Has Blanks", "is no slug"),
    (API, "slug", "a.b.c", "is no slug"),
    (API, "type", "maybe", "type: 'maybe' is not known"),
    (API, "enabled", "yes", "enabled: It must be true or false"),
    (API, "parameters", {"a": 1}, "parameters: It must be a list"),
    (API, "parameters.0", "order_id", "parameters[0]: It must be an object"),
    (API, "parameters.0.name", "order-id", "letters and underscores"),
    (API, "parameters.0.name", "order1", "letters and underscores"),
    (API, "parameters.0.name", None, "parameters[0].name: It is missing"),
    (API, "parameters.0.name", "GURUBASE_USER_EMAIL", "reserved"),
    (API, "parameters.0.type", "List", "String, Number or Boolean"),
    (API, "parameters.0.required", "yes", "true or false"),
    (API, "parameters.0.default", ["x"], "default: It is no string"),
    (API, "parameters.0.defualt", "x", "Did you mean 'default'"),
    (changed(API, "parameters.0.choices", ["a"]), "parameters.0.default", "b", "none of the choices"),
    (changed(API, "parameters.0.type", "Number"), "parameters.0.default", "many", "default: It is no number"),
    (changed(API, "parameters.0.type", "Boolean"), "parameters.0.default", "maybe", "default: It is no boolean"),
    (changed(API, "parameters.0.type", "Number"), "parameters.0.choices", ["a"], "is no number"),
    (API, "secrets", ["GURUBASE_GURU_SLUG"], "reserved"),
    (API, "secrets", ["order_id"], "A parameter has the same name"),
    (API, "secrets", ["BAD-NAME"], "no identifier"),
    (API, "secrets", [""], "secrets[0]: It must be a text"),
    (API, "secrets", ["A_KEY", "A_KEY"], "there twice"),
    (API, "variables", {"order_id": "x"}, "A parameter has the same name"),
    (API, "variables", {"GURUBASE_USER_NAME": "x"}, "reserved"),
    (API, "variables", {"BASE": 1}, "variables.BASE: It must be a text"),
    (API, "config", None, "config: It is missing"),
    (API, "config.method", "FETCH", "method: 'FETCH' is not known"),
    (API, "config.body", {"a": 1}, "GET requests carry no body"),
    (changed(API, "config.method", "DELETE"), "config.body", {"a": 1}, "DELETE requests carry no body"),
    (API, "config.endpoint", None, "endpoint: It is missing"),
    (API, "config.endpoint", "ftp://x.example/{order_id}", "http or https"),
    (API, "config.endpoint", "/orders/{order_id}", "http or https"),
    (API, "config.endpoint", "https://user:pw@x.example/{order_id}", "user name or password"),
    (API, "config.endpoint", "https://{order_id}.example.com/", "must not come from a parameter"),
    (API, "config.endpoint", "https://{API_HOST}/orders", "must not come from a parameter"),
    (API, "config.endpoint", "https://x.example/a b", "blanks"),
    (API, "config.endpoint", "https://x.example:99999/", "no address"),
    (API, "config.endpoint", "https://x.example/{oder_id}", "Did you mean {order_id}"),
    (API, "config.endpoint", "https://x.example/{mystery}", "not known"),
    (API, "config.headers", [{"key": "X Bad", "value": "1"}], "no header name"),
    (API, "config.headers", [{"key": "X-A", "value": "1\r\nX: 2"}], "line break"),
    (API, "config.headers", [{"name": "X-A"}], "This key is not known"),
    (API, "config.headers", {"Host": "evil.example"}, "set by the service"),
    (API, "config.headers", [{"key": "X-A", "value": "1"}, {"key": "x-a", "value": "2"}], "there twice"),
    (API, "config.timeout", 0, "out of range"),
    (API, "config.timeout", "30", "must be a number"),
    (API, "config.timeout", 301, "out of range"),
    (API, "settings", {"timeout_ms": 50}, "out of range"),
    (API, "settings", {"retries": 11}, "out of range"),
    (API, "settings", {"retry": 1}, "Did you mean 'retries'"),
    (API, "outcomes", [{"name": "a", "condition": "response.status = 200"}], "condition is wrong"),
    (API, "outcomes", [{"name": "a", "condition": "open('x')"}], "not allowed"),
    (API, "outcomes", [{"name": "a", "condition": "status == 200"}], "status is not known"),
    (API, "outcomes", [{"name": "a", "condition": "response.code == 200"}], "response.code does not exist"),
    (API, "outcomes", [{"name": "a", "condition": "response.body.__class__"}], "cannot be looked at"),
    (API, "outcomes", [{"condition": "true"}], "outcomes[0].name: It is missing"),
    (API, "outcomes", [{"name": "a", "condition": "true"}, {"name": "a", "condition": "true"}], "there twice"),
    (API, "after", "other", "after: It must be an object"),
    (API, "after", {"outcome": "success"}, "after.action: It is missing"),
    (API, "safety", {"requires_confirmation": "no"}, "true or false"),
    (API, "safety", {"audit_level": "loud"}, "basic or detailed"),
    (API, "safety", {"idempotency_key": "{nobody}"}, "not known"),
    (API, "safety", {"redact": []}, "This key is not known"),
    (API, "safety", {"approvers": ["sam"]}, "is no e-mail address"),
    (SCRIPT, "config.code", "", "There is no code"),
    (SCRIPT, "config.code", "def f(:\n  pass", "line 1: Python cannot read it"),
    (SCRIPT, "config.code", "import os\nos.system('ls')", "line 2: os.system is not allowed"),
    (SCRIPT, "config.code", "import os as o\no.remove('x')", "line 2: os.remove is not allowed"),
    (SCRIPT, "config.code", "from os import popen", "os.popen is not allowed"),
    (SCRIPT, "config.code", "import subprocess", "subprocess is not allowed"),
    (SCRIPT, "config.code", "import ctypes.util", "ctypes.util is not allowed"),
    (SCRIPT, "config.code", "__import__('os')", "__import__() is not allowed"),
    (SCRIPT, "config.code", "import os\ngetattr(os, 'sys' + 'tem')", "line 2: os may not be passed on"),
    (SCRIPT, "config.code", "import os\nx = os\nx.system('ls')", "line 2: os may not be passed on"),
    (SCRIPT, "config.code", "import os\nos.environ['GURUBASE_USER_MAIL']", "Did you mean GURUBASE_USER_EMAIL"),
    (API, "config.endpoint", "https://x.example/{GURUBASE_USER_MAIL}", "Did you mean {GURUBASE_USER_EMAIL}"),
    (changed(API, "parameters.0.type", "Number"), "parameters.0.default", "nan", "default: It is no number"),
    (changed(API, "parameters.0.type", "Number"), "parameters.0.default", "1e999", "default: It is no number"),
    (changed(API, "config.method", "POST"), "config.body", {"a": ["\ud800"]}, "holds half of a character"),
    (API, "sources", "html_url", "sources: It must be an object"),
    (API, "sources", {}, "sources.url: It is missing"),
    (API, "sources", {"title": "name"}, "sources.url: It is missing"),
    (API, "sources", {"url": ["html_url"]}, "sources.url: It must be a text"),
    (API, "sources", {"url": "x" * 101}, "sources.url: It has 101 characters"),
    (API, "sources", {"url": "a", "title": 1}, "sources.title: It must be a text"),
    (SCRIPT, "sources", {"url": "a", "titel": "b"}, "Did you mean 'title'"),
    (CALL, "source", {"url": "a"}, "Did you mean 'sources'"),
    (SCRIPT, "config.endpoint", "https://x.example", "config.endpoint: This key is not known"),
    (CALL, "input_schema.order_id.type", "list", "String, Number or Boolean"),
    (CALL, "input_mappings", {"nobody": "x"}, "There is no such input"),
    (CALL, "invocation.dynamic_headers", {"X-Id": "$secrets.key"}, "is not known"),
    (CALL, "invocation.endpoint", None, "invocation.endpoint: It is missing"),
    (CALL, "invocation.verb", "GET", "invocation.verb: This key is not known"),
    (CALL, "invocation", [], "invocation: It must be an object"),
]


@pytest.mark.parametrize(("base", "path", "value", "said"), BROKEN, ids=[f"{row[1]}={row[2]!r:.30}" for row in BROKEN])
def test_a_broken_rule_names_key_and_mend(base: dict[str, Any], path: str, value: object, said: str) -> None:
    told = faults_of(changed(base, path, value))

    assert said in told
    assert told.startswith("x.json: ")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not valid JSON"),
        ("[]", "a list, not one action"),
        ('"x"', "a text, not one action"),
        ("null", "nothing, not one action"),
        ('{"name": 1, "name": 2}', "'name' is there twice"),
        ('{"a": NaN}', "NaN is no JSON number"),
        ('{"a": -Infinity}', "no JSON number"),
        ('{"a": 1} x', "not valid JSON"),
        ('{"a": 1,}', "line 1"),
        ("[" * 60 + "]" * 60, "nested too deeply"),
        ("[" * 100_000, "nested too deeply"),
        (" " * 300_000, "more than 256 KiB"),
        ('{"a": ' + "9" * 5000 + "}", "too long"),
    ],
)
def test_json_that_cannot_be_trusted_is_refused(text: str, said: str) -> None:
    assert said in faults_of(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "not valid YAML at line"),
        ("name: a\nname: b", "line 2 is there twice"),
        ("a: &x 1\nb: *x", "alias"),
        ("a: !!python/object/apply:os.system [ls]", "YAML tag"),
        ("a: 1\n---\nb: 2", "not valid YAML"),
        ("1: a", "is no text"),
        ("- a", "a list, not one action"),
        ("a: .inf", "no number that JSON knows"),
        ("a: !!binary aGk=", "YAML tag 'tag:yaml.org,2002:binary' in line 1"),
        ("a: 1\nb: !!set {x}", "in line 2"),
        ('a: "\\ud800"', "half of a character"),
        ("\x00", "not valid YAML"),
    ],
)
def test_yaml_that_cannot_be_trusted_is_refused(text: str, said: str) -> None:
    assert said in faults_of(text, "x.yaml")


def test_all_faults_of_a_file_are_told_at_once() -> None:
    definition = changed(changed(API, "parameters.0.name", "a1"), "config.method", "FETCH")

    told = faults_of(definition)

    assert "letters and underscores" in told
    assert "FETCH" in told
    assert "{order_id}" in told


def test_the_gurubase_form_loads_with_its_secrets_found() -> None:
    definition = changed(API, "config.headers", [{"key": "Authorization", "value": "Bearer {SHOP_KEY}"}])

    spec = parse_action(json.dumps(definition), "x.json")

    assert (spec.slug, spec.effect, spec.secrets) == ("order-lookup", Effect.READ, ("SHOP_KEY",))
    assert isinstance(spec.work, HttpCall)
    assert spec.source.format is Format.GURUBASE


def test_a_script_names_its_secrets_by_reading_them() -> None:
    code = "import os\nkey = os.environ['SHOP_KEY']\nold = os.environ.get('OLD_KEY')\nnew = os.getenv('MODE', 'x')"

    spec = parse_action(json.dumps(changed(SCRIPT, "config.code", code)), "x.json")

    assert isinstance(spec.work, PythonCode)
    assert spec.secrets == ("SHOP_KEY", "OLD_KEY")


def test_the_integration_form_loads_and_a_relative_address_waits_for_its_base() -> None:
    definition = changed(CALL, "invocation.endpoint", "/orders/{order_id}") | {
        "invocation": {
            "method": "GET",
            "endpoint": "/orders/{order_id}",
            "headers": {"Accept": "application/json"},
            "dynamic_headers": {"X-Request-ID": "$variables.request_id"},
        },
        "output_schema": {"id": {"type": "string"}},
        "outcomes": [{"name": "found", "condition": "response.status == 200"}],
        "settings": {"timeout_ms": 5000, "retries": 2},
        "safety": {"requires_confirmation": True, "audit_level": "detailed"},
        "input_mappings": {"order_id": "order_number"},
        "output_datapoint": "order",
    }

    spec = parse_action(json.dumps(definition), "x.json")

    assert isinstance(spec.work, HttpCall)
    assert spec.work.endpoint == "{GET_DETAILS_BASE_URL}/orders/{order_id}"
    assert (spec.work.timeout_seconds, spec.work.retries) == (5.0, 2)
    assert spec.parameters[0].datapoint == "order_number"
    assert spec.safety.requires_confirmation is True
    assert spec.output_fields == (("id", "string"),)


@pytest.mark.parametrize("definition", [API, SCRIPT, CALL], ids=["api", "script", "integration"])
def test_export_gives_back_what_came_in(definition: dict[str, Any]) -> None:
    spec = parse_action(json.dumps(definition), "x.json")

    again = parse_action(export_action(spec), "x.json")

    assert (again.slug, again.work, again.parameters) == (spec.slug, spec.work, spec.parameters)
    assert json.loads(export_action(spec)).items() >= definition.items()


@pytest.mark.parametrize("definition", [API, SCRIPT, CALL], ids=["api", "script", "integration"])
@pytest.mark.parametrize("ending", [".json", ".yaml"])
def test_every_form_names_the_pages_of_a_result_and_gives_them_back(definition: dict[str, Any], ending: str) -> None:
    def parsed(sources: dict[str, str] | None) -> ActionSpec:
        told = definition if sources is None else definition | {"sources": sources}
        return parse_action(json.dumps(told) if ending == ".json" else yaml.safe_dump(told), f"x{ending}")

    spec = parsed({"url": "html_url", "title": "title"})

    assert spec.source_fields == SourceFields("html_url", "title")
    assert parsed({"url": "html_url"}).source_fields == SourceFields("html_url")
    assert parsed(None).source_fields is None
    assert parse_action(export_action(spec), f"y{ending}").source_fields == spec.source_fields
    assert len({fingerprint(each) for each in (spec, parsed({"url": "html_url"}), parsed(None))}) == 3


def test_a_broken_file_takes_no_other_down(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps(API))
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "latin.json").write_bytes(b'{"name": "\xff"}')
    (tmp_path / "folder.json").mkdir()
    (tmp_path / ".hidden.json").write_text("{")

    folder = read_folder(tmp_path)

    assert [spec.slug for spec in folder.specs] == ["order-lookup"]
    assert sorted(Path(fault.file).name for fault in folder.faults) == ["bad.json", "latin.json"]


def test_a_slug_used_twice_names_both_files(tmp_path: Path) -> None:
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(json.dumps(API))

    (fault,) = read_folder(tmp_path).faults

    assert fault.file.endswith("b.json")
    assert "a.json" in fault.problem


@pytest.mark.parametrize(("target", "said"), [("nobody", "no action 'nobody'"), ("order-lookup", "in a circle")])
def test_an_order_that_cannot_be_kept_is_a_fault(tmp_path: Path, target: str, said: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(API | {"after": {"action": target}}))

    (fault,) = read_folder(tmp_path).faults

    assert said in fault.problem


def test_a_folder_gives_its_name_and_its_script(tmp_path: Path) -> None:
    (tmp_path / "greeter").mkdir()
    (tmp_path / "greeter" / "action.yaml").write_text(
        "name: A greeting\ncondition_prompt: When the user wants one\naction_type: PYTHON_CODE\n"
    )
    (tmp_path / "greeter" / "main.py").write_text("print('hello')\n")

    (spec,) = read_folder(tmp_path).specs

    assert spec.slug == "greeter"
    assert spec.work == PythonCode("print('hello')\n", 30.0)


def test_the_shipped_actions_are_fine() -> None:
    folder = read_folder(Path("actions.d"))

    assert folder.faults == ()
    assert len(folder.specs) == 13


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for path in ("x.json", "x.yaml"):
        with pytest.raises(DefinitionError):
            parse_action(data.decode("utf-8", errors="replace"), path)


def test_yaml_scalars_mean_what_they_would_in_json() -> None:
    text = "a: 012\nb: 1:30\nc: yes\nd: 2026-11-21\ne: -5\nf: 1.5\ng: 1e3\nh: true\ni: ~\nj: 0x1F\nk: 1_000\nl:"

    assert read_mapping(text, "x.yaml") == {
        "a": "012", "b": "1:30", "c": "yes", "d": "2026-11-21", "e": -5, "f": 1.5, "g": 1000.0, "h": True, "i": None,
        "j": "0x1F", "k": "1_000", "l": None,
    }  # fmt: skip


def test_a_fault_is_one_line_whatever_the_file_brings() -> None:
    told = faults_of({**API, "x\n\x1b[2Jaction.json: all is well": 1})

    assert "\n" not in told
    assert "\x1b" not in told


def test_many_keys_are_read_in_one_go() -> None:
    """A definition of the largest size with nothing but keys; comparing each with each would take minutes."""
    keys = {f"k{number}": 0 for number in range(18_000)}

    assert read_mapping(json.dumps(keys), "x.json") == read_mapping(json.dumps(keys), "x.yaml") == keys


def test_what_is_no_file_is_a_fault_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")

    assert "It is no file." in str(read_folder(tmp_path).faults[0])


@pytest.mark.parametrize(
    ("text", "ending"),
    [
        (yaml.safe_dump(CALL), ".yaml"),
        (json.dumps(CALL), ".json"),
        (yaml.safe_dump({**SCRIPT, "config": None}), ".yaml"),
    ],
    ids=["integration in YAML", "integration in JSON", "code beside an empty config"],
)
def test_export_reads_whatever_was_read(text: str, ending: str) -> None:
    spec = parse_action(text, "x" + ending, code_beside="print(1)" if "PYTHON" in text else None)

    again = parse_action(export_action(spec), "y" + ending)

    assert fingerprint(again) == fingerprint(spec)


def test_the_modules_of_a_script_are_known() -> None:
    code = "import requests, matplotlib.pyplot as plt\nfrom pandas import DataFrame\nfrom . import x\nimport json"

    assert read_code(code).modules == ("requests", "matplotlib.pyplot", "pandas", "pandas.DataFrame", "json")
