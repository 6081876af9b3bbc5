"""Turns a definition in either form of the specification into an ``ActionSpec``, or says all that is wrong with it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.actions.fields import Faults, Fields
from bot.actions.formats.reading import read_mapping
from bot.actions.rules import check_rules, secrets_of
from bot.domain.action import (
    ActionSpec,
    After,
    AuditLevel,
    Effect,
    Format,
    HttpCall,
    NamedOutcome,
    Parameter,
    ParameterType,
    PythonCode,
    Safety,
    Source,
    SourceFields,
    Value,
    Work,
)
from bot.errors import DefinitionError

_SHARED = (
    "name", "slug", "type", "variables", "secrets", "examples", "outcomes", "settings", "safety", "after",
    "output_schema", "output_datapoint", "sources", "enabled", "description",
)  # fmt: skip
_NATIVE_KEYS = ("condition_prompt", "action_type", "parameters", "config", *_SHARED)
_INTEGRATION_KEYS = ("condition_prompt", "integration", "invocation", "input_schema", "input_mappings", *_SHARED)
_SAFETY_KEYS = (
    "requires_confirmation", "requires_identity_verification", "redact_fields", "rate_limit", "idempotency_key",
    "audit_level", "approvers",
)  # fmt: skip
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_LONGEST_RUN = 300.0
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]*(\.[a-z0-9][a-z0-9_-]*)?")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[1-9][0-9]{0,4})?")
_HIDDEN = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def parse_action(text: str, path: str, *, code_beside: str | None = None, folder: str = "") -> ActionSpec:
    """The action that ``text`` defines. ``path`` names it in faults and tells JSON from YAML by its ending.

    ``code_beside`` is the text of ``main.py`` in the same folder, ``folder`` that folder's name, which is the slug of
    an action that gives none. Raises DefinitionError with every fault.
    """
    data = read_mapping(text, path)
    faults = Faults(path)
    fields = Fields(data, faults)
    integration = "invocation" in data or "input_schema" in data
    form = Format.INTEGRATION if integration else Format.GURUBASE if path.endswith(".json") else Format.NATIVE
    spec = _integration(fields) if integration else _native(fields, code_beside)
    if folder and "slug" not in data and _SLUG.fullmatch(folder):
        spec = replace(spec, slug=folder)
    spec = replace(spec, source=Source(form, "", text))
    check_rules(spec, faults)
    if faults.found:
        raise DefinitionError(faults.found)
    return replace(spec, secrets=secrets_of(spec))


def slug_of(name: str) -> str:
    """A slug made from a name: ``Get Weather Data`` gives ``get-weather-data``."""
    head, dot, tail = re.sub(r"[^a-z0-9_.]+", "-", name.strip().casefold()).strip("-.").partition(".")
    return (head + dot + tail.replace(".", "-")) or "action"


def _native(fields: Fields, code_beside: str | None) -> ActionSpec:
    fields.only(_NATIVE_KEYS)
    kind = fields.text("action_type", required=True, longest=40).upper()
    work: Work = PythonCode("")
    if kind == "API_CALL":
        work = _http_call(fields, fields.within("config", required=True), ("endpoint", "method", "headers", "body"))
    elif kind == "PYTHON_CODE":
        work = _python_code(fields, code_beside)
    elif kind:
        known = "AGENT is not supported yet; " if kind == "AGENT" else ""
        fields.fault("action_type", f"{kind} is not known.", f"{known.capitalize()}use PYTHON_CODE or API_CALL.")
    parameters = tuple(
        _parameter(item, item.text("name", required=True, longest=100)) for item in fields.each("parameters")
    )
    return _shared(fields, work, parameters, fields.text("condition_prompt", required=True, longest=4000))


def _integration(fields: Fields) -> ActionSpec:
    fields.only(_INTEGRATION_KEYS)
    integration = fields.text("integration", longest=40)
    slug = fields.text("slug", longest=80)
    call = fields.within("invocation", required=True)
    work = _http_call(fields, call, ("method", "endpoint", "headers", "dynamic_headers", "body", "base_url"))
    if work.endpoint.startswith("/"):
        owner = integration or slug.partition(".")[0] or slug_of(fields.text("name"))
        base = call.text("base_url", longest=2000).rstrip("/")
        variable = re.sub(r"\W", "_", owner).upper() + "_BASE_URL"
        prefix = base or f"{{{variable}}}"
        work = replace(work, endpoint=prefix + work.endpoint)
    mappings = fields.within("input_mappings")
    parameters = tuple(
        replace(parameter, datapoint=mappings.text(parameter.name, longest=100, default=parameter.datapoint))
        for parameter in _input_schema(fields.within("input_schema"))
    )
    for name in mappings.names():
        if name not in {parameter.name for parameter in parameters}:
            mappings.fault(name, "There is no such input.", "Name an input of input_schema.")
    condition = fields.text("condition_prompt", longest=4000) or fields.text("description", longest=4000)
    spec = _shared(fields, work, parameters, condition or f"When the user asks to {fields.text('name').lower()}")
    return replace(spec, slug=f"{integration}.{spec.slug}") if integration and "." not in spec.slug else spec


def _input_schema(schema: Fields) -> list[Parameter]:
    """Either ``{name: {type, …}}`` or a JSON Schema with ``properties`` and ``required``."""
    if "properties" not in schema:
        return [_parameter(schema.within(name), name) for name in schema.names()]
    schema.only(("type", "properties", "required", "additionalProperties", "description", "title", "$schema"))
    required = schema.texts("required")
    properties = schema.within("properties")
    return [replace(_parameter(properties.within(n), n), required=n in required) for n in properties.names()]


def _shared(fields: Fields, work: Work, parameters: tuple[Parameter, ...], condition: str) -> ActionSpec:
    name = fields.text("name", required=True, longest=80)
    if _HIDDEN.search(name):
        fields.fault("name", "It holds control or invisible characters.", "Use plain letters.")
    return ActionSpec(
        slug=_slug(fields, name),
        name=name,
        condition=condition,
        effect=_effect(fields, work),
        work=_with_settings(fields.within("settings"), work),
        parameters=parameters,
        secrets=fields.texts("secrets"),
        variables=_variables(fields.within("variables")),
        outcomes=tuple(_outcome(item) for item in fields.each("outcomes")),
        safety=_safety(fields.within("safety")),
        after=_after(fields),
        examples=fields.texts("examples"),
        output_fields=_output_fields(fields.within("output_schema")),
        output_datapoint=fields.text("output_datapoint", longest=100),
        source_fields=_source_fields(fields),
        enabled=fields.boolean("enabled", default=True),
    )


def _slug(fields: Fields, name: str) -> str:
    given = fields.text("slug", longest=80)
    if given and not _SLUG.fullmatch(given):
        fields.fault(
            "slug", f"{given!r} is no slug.", f"Use small letters, digits, - and _, such as {slug_of(given)!r}."
        )
    return given or slug_of(name)


def _effect(fields: Fields, work: Work) -> Effect:
    given = fields.text("type", longest=40).lower()
    if given and given not in ("read", "write"):
        fields.fault("type", f"{given!r} is not known.", "Use read or write.")
    if given in ("read", "write"):
        return Effect(given)
    return Effect.WRITE if isinstance(work, HttpCall) and work.method != "GET" else Effect.READ


def _parameter(fields: Fields, name: str) -> Parameter:
    fields.only(("name", "type", "description", "required", "default", "choices", "enum", "datapoint", "format"))
    if name and not re.fullmatch(r"[A-Za-z_]+", name):
        fields.fault(
            "name", f"{name!r} is no parameter name.", "Use letters and underscores only (no digits or dashes)."
        )
    kind = _parameter_type(fields)
    choices = tuple(_plain_values(fields, "choices") or _plain_values(fields, "enum"))
    parameter = Parameter(
        name=name,
        type=kind,
        description=fields.text("description", longest=2000),
        required=fields.boolean("required"),
        choices=choices,
        datapoint=fields.text("datapoint", longest=100),
    )
    for choice in choices:
        if not _fits(kind, choice):
            fields.fault("choices", f"{choice!r} is no {kind.value}.", f"Give each choice as a {kind.value}.")
    return replace(parameter, default=_default(fields, parameter))


def _parameter_type(fields: Fields) -> ParameterType:
    given = fields.text("type", longest=40, default="string").lower()
    known = {"integer": "number", "float": "number", "bool": "boolean"}.get(given, given)
    try:
        return ParameterType(known)
    except ValueError:
        fields.fault("type", f"{given!r} is not known.", "Use String, Number or Boolean.")
        return ParameterType.STRING


def _default(fields: Fields, parameter: Parameter) -> Value | None:
    """Forms write every default as a text, so ``"2"`` is a number where a number is wanted."""
    value: Any = fields.raw("default")
    if value is None or value == "":
        return None
    if isinstance(value, str) and parameter.type is not ParameterType.STRING:
        value = _from_text(parameter.type, value)
    if isinstance(value, list | Mapping) or not _fits(parameter.type, value):
        fields.fault("default", f"It is no {parameter.type.value}.", f"Give a {parameter.type.value}, or leave it out.")
        return None
    if parameter.choices and value not in parameter.choices:
        fields.fault("default", f"{value!r} is none of the choices.", "Use one of them.")
    return value  # type: ignore[no-any-return]


def _from_text(kind: ParameterType, text: str) -> object:
    if kind is ParameterType.BOOLEAN:
        return {"true": True, "false": False}.get(text.strip().lower(), text)
    try:
        number = float(text)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def _fits(kind: ParameterType, value: object) -> bool:
    if kind is ParameterType.BOOLEAN:
        return isinstance(value, bool)
    if kind is ParameterType.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _plain_values(fields: Fields, name: str) -> list[Value]:
    return [value for value in fields.items(name) if isinstance(value, str | int | float | bool)]


def _http_call(top: Fields, config: Fields, known: tuple[str, ...]) -> HttpCall:
    config.only((*known, "timeout"))
    method = config.text("method", longest=20, default="GET").upper()
    if method not in _METHODS:
        config.fault("method", f"{method!r} is not known.", f"Use one of {', '.join(_METHODS)}.")
    body = config.raw("body")
    if body is not None and method not in ("POST", "PUT", "PATCH"):
        config.fault("body", f"{method} requests carry no body.", "Remove it, or use POST, PUT or PATCH.")
    return HttpCall(
        method=method,
        endpoint=config.text("endpoint", required=True, longest=2000),
        headers=_headers(config, "headers"),
        dynamic_headers=_headers(config, "dynamic_headers") if "dynamic_headers" in known else (),
        body=body or None,
        timeout_seconds=config.number("timeout", 0.1, _LONGEST_RUN, 30.0),
    )


def _headers(config: Fields, name: str) -> tuple[tuple[str, str], ...]:
    """A list of ``{key, value}`` or a plain object."""
    if isinstance(config.raw(name), Mapping):
        inner = config.within(name)
        return tuple((key, inner.text(key)) for key in inner.names())
    pairs = []
    for item in config.each(name):
        item.only(("key", "value"))
        pairs.append((item.text("key", required=True, longest=200), item.text("value")))
    return tuple(pairs)


def _python_code(fields: Fields, code_beside: str | None) -> PythonCode:
    config = fields.within("config")
    config.only(("code", "timeout", "allowed_hosts"))
    code = config.text("code", longest=200_000)
    if not code.strip() and not (code_beside or "").strip():
        config.fault("code", "There is no code.", "Write it here, or put it in main.py beside this file.")
    if code.strip() and code_beside is not None:
        config.fault("code", "There is code here and in main.py.", "Keep one of them.")
    timeout = config.number("timeout", 0.1, _LONGEST_RUN, 30.0)
    return PythonCode(code if code.strip() else code_beside or "", timeout, _allowed_hosts(config))


def _allowed_hosts(config: Fields) -> tuple[str, ...]:
    """``name`` or ``name:port`` each; a name stands for its addresses at the moment of the run."""
    hosts = config.texts("allowed_hosts")
    for position, host in enumerate(hosts):
        if not _HOST.fullmatch(host):
            mend = "Use a name or address, with :port if only that port is meant; * and schemes are not known."
            config.fault(f"allowed_hosts[{position}]", f"{host!r} is no host.", mend)
    return hosts


def _with_settings(settings: Fields, work: Work) -> Work:
    settings.only(("timeout_ms", "retries", "retry_backoff_ms"))
    seconds = settings.number("timeout_ms", 100, _LONGEST_RUN * 1000, work.timeout_seconds * 1000) / 1000
    if isinstance(work, PythonCode):
        return replace(work, timeout_seconds=seconds)
    backoff = settings.number("retry_backoff_ms", 0, 60_000, 500) / 1000
    return replace(
        work, timeout_seconds=seconds, retries=int(settings.number("retries", 0, 10, 0)), retry_backoff_seconds=backoff
    )


def _variables(fields: Fields) -> dict[str, str]:
    return {name: fields.text(name, longest=2000) for name in fields.names()}


def _outcome(fields: Fields) -> NamedOutcome:
    fields.only(("name", "condition", "description"))
    condition = fields.text("condition", required=True, longest=1000)
    return NamedOutcome(fields.text("name", required=True, longest=100), condition)


def _safety(fields: Fields) -> Safety:
    fields.only(_SAFETY_KEYS)
    level = fields.text("audit_level", longest=20, default="detailed")
    if level not in ("basic", "detailed"):
        fields.fault("audit_level", f"{level!r} is not known.", "Use basic or detailed.")
        level = "detailed"
    asks = fields.boolean("requires_confirmation") if "requires_confirmation" in fields else None
    return Safety(
        requires_confirmation=asks,
        requires_identity_verification=fields.boolean("requires_identity_verification"),
        redact_fields=fields.texts("redact_fields"),
        rate_limit=str(fields.raw("rate_limit") or ""),
        idempotency_key=fields.text("idempotency_key", longest=500),
        approvers=_approvers(fields),
        audit_level=AuditLevel(level),
    )


def _approvers(fields: Fields) -> tuple[str, ...]:
    approvers = fields.texts("approvers")
    for position, email in enumerate(approvers):
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            fields.fault(f"approvers[{position}]", f"{email!r} is no e-mail address.", "Write it like sam@example.com.")
    return tuple(email.casefold() for email in approvers)


def _after(fields: Fields) -> After | None:
    if "after" not in fields:
        return None
    inner = fields.within("after")
    inner.only(("action", "outcome"))
    action = inner.text("action", required=True, longest=100)
    return After(action, inner.text("outcome", longest=100, default="success")) if action else None


def _output_fields(schema: Fields) -> tuple[tuple[str, str], ...]:
    properties = schema.within("properties") if "properties" in schema else schema
    return tuple((name, properties.within(name).text("type", default="string")) for name in properties.names())


def _source_fields(fields: Fields) -> SourceFields | None:
    if "sources" not in fields:
        return None
    inner = fields.within("sources")
    inner.only(("url", "title"))
    return SourceFields(inner.text("url", required=True, longest=100), inner.text("title", longest=100))
