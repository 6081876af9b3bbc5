"""Rules that span the parts of a definition: names, placeholders, addresses, headers, conditions, code (F020-F062)."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from bot.actions.code_check import read_code
from bot.actions.fields import Faults
from bot.actions.outcomes import ConditionError, compile_condition
from bot.actions.placeholders import PLACEHOLDER, placeholders, texts_in
from bot.domain.action import BUILT_IN_VARIABLES, ActionSpec, HttpCall, PythonCode

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_LIKE = re.compile(r"[A-Z_][A-Z0-9_]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_EXPRESSION = re.compile(r"\$user\.(email|name|groups)|\$variables\.([A-Za-z_]\w*)")


def check_rules(spec: ActionSpec, faults: Faults) -> None:
    """Note every broken rule of ``spec``."""
    _check_names(spec, faults)
    _check_outcomes(spec, faults)
    _check_placeholders(spec, faults)
    if isinstance(spec.work, HttpCall):
        _check_address(spec, spec.work, faults)
        _check_headers(spec, spec.work, faults)
    else:
        _check_code(spec.work, faults)


def secrets_of(spec: ActionSpec) -> tuple[str, ...]:
    """The declared secrets and those that templates or code refer to."""
    known = {*(p.name for p in spec.parameters), *spec.variables, *BUILT_IN_VARIABLES}
    found = _code_names(spec.work) if isinstance(spec.work, PythonCode) else _template_names(spec)
    referred = (name for name in found if name not in known and _SECRET_LIKE.fullmatch(name) and not _is_base_url(name))
    return tuple(dict.fromkeys((*spec.secrets, *referred)))


def unset_variables(spec: ActionSpec) -> tuple[str, ...]:
    """Base addresses that the definition refers to but gives no value for; an operator must."""
    names = _template_names(spec) if isinstance(spec.work, HttpCall) else ()
    undeclared = (name for name in names if _is_base_url(name) and name not in spec.variables)
    empty = (name for name, value in spec.variables.items() if not value)
    return tuple(dict.fromkeys((*undeclared, *empty)))


def _is_base_url(name: str) -> bool:
    return name.endswith("_BASE_URL")


def _code_names(work: PythonCode) -> Sequence[str]:
    return read_code(work.code).needed


def _template_names(spec: ActionSpec) -> Iterator[str]:
    for _, text in _templates(spec):
        yield from placeholders(text)


def _templates(spec: ActionSpec) -> Iterator[tuple[str, str]]:
    """Every template with the key it stands under."""
    if isinstance(spec.work, HttpCall):
        yield "endpoint", spec.work.endpoint
        for name, value in spec.work.headers:
            yield f"headers.{name}", value
        for text in texts_in(spec.work.body):
            yield "body", text
    yield "safety.idempotency_key", spec.safety.idempotency_key


def _check_names(spec: ActionSpec, faults: Faults) -> None:
    parameters = [parameter.name for parameter in spec.parameters]
    for kind, names in (
        ("parameters", parameters),
        ("secrets", list(spec.secrets)),
        ("variables", list(spec.variables)),
    ):
        for name, count in Counter(names).items():
            key = f"{kind}.{name}"
            if name in BUILT_IN_VARIABLES:
                faults.add(key, f"{name} is reserved for a built-in variable.", "Choose another name.")
            if count > 1:
                faults.add(key, "The name is there twice.", "Keep one of them.")
            if kind != "parameters" and not _IDENTIFIER.fullmatch(name):
                faults.add(key, "It is no identifier.", "Use letters, digits and underscores.")
    _check_conflict(faults, "secrets", spec.secrets, "parameter", parameters)
    _check_conflict(faults, "variables", spec.variables, "parameter", parameters)
    _check_conflict(faults, "variables", spec.variables, "secret", spec.secrets)


def _check_conflict(faults: Faults, kind: str, names: object, other: str, taken: Sequence[str]) -> None:
    for name in set(names) & set(taken):  # type: ignore[call-overload]
        faults.add(f"{kind}.{name}", f"A {other} has the same name.", "Rename one of them.")


def _check_outcomes(spec: ActionSpec, faults: Faults) -> None:
    names = [outcome.name for outcome in spec.outcomes]
    for position, outcome in enumerate(spec.outcomes):
        if outcome.name in names[:position]:
            faults.add(f"outcomes[{position}].name", "The name is there twice.", "Keep one of them.")
        try:
            compile_condition(outcome.condition)
        except ConditionError as error:
            mend = "Write it like response.status == 200."
            faults.add(f"outcomes[{position}].condition", f"The condition is wrong: {error}.", mend)


def _check_placeholders(spec: ActionSpec, faults: Faults) -> None:
    known = [*(p.name for p in spec.parameters), *spec.variables, *spec.secrets, *BUILT_IN_VARIABLES]
    for key, text in _templates(spec):
        for name in placeholders(text):
            if name not in known and (_is_reserved(name) or not _SECRET_LIKE.fullmatch(name)):
                near = difflib.get_close_matches(name, known, 1)
                mend = f"Did you mean {{{near[0]}}}?" if near else f"Add a parameter {name}, or list it under secrets."
                faults.add(key, f"The placeholder {{{name}}} is not known.", mend)


def _check_code(work: PythonCode, faults: Faults) -> None:
    code = read_code(work.code)
    for fault in code.faults if work.code.strip() else ():
        faults.add(f"config.code, line {fault.line}", fault.problem, fault.mend)
    for name in code.needed:
        if _is_reserved(name) and name not in BUILT_IN_VARIABLES:
            near = difflib.get_close_matches(name, BUILT_IN_VARIABLES, 1)
            mend = f"Did you mean {near[0]}?" if near else f"Use one of {', '.join(BUILT_IN_VARIABLES)}."
            faults.add("config.code", f"There is no built-in variable {name}.", mend)


def _is_reserved(name: str) -> bool:
    return name.startswith("GURUBASE_")


def _check_address(spec: ActionSpec, call: HttpCall, faults: Faults) -> None:
    if not call.endpoint:
        return
    filled = PLACEHOLDER.sub(lambda found: _sample(spec, found.group(1)), call.endpoint)
    try:
        parts = urlsplit(filled)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        faults.add("endpoint", f"It is no address: {error}.", "Write it like https://api.example.com/path.")
        return
    if parts.scheme not in ("http", "https") or not host:
        faults.add(
            "endpoint", "It must be a whole http or https address.", "Write it like https://api.example.com/path."
        )
    if parts.username or parts.password:
        faults.add("endpoint", "It holds a user name or password.", "Put them in a header, as a secret.")
    if "PLACEHOLDER" in f"{parts.scheme}{parts.netloc}":
        faults.add(
            "endpoint", "The host must not come from a parameter or secret.", "Use a variable for the base address."
        )
    if any(character in call.endpoint for character in "\r\n\0\t "):
        faults.add("endpoint", "It holds blanks or control characters.", "Remove them; %20 stands for a blank.")
    if port == 0:
        faults.add("endpoint", "Port 0 does not exist.", "Name the port of the service.")


def _sample(spec: ActionSpec, name: str) -> str:
    if name in spec.variables or _is_base_url(name):
        return spec.variables.get(name) or "https://variable.example"
    return "PLACEHOLDER"


def _check_headers(spec: ActionSpec, call: HttpCall, faults: Faults) -> None:
    seen: set[str] = set()
    for name, value in (*call.headers, *call.dynamic_headers):
        key = f"headers.{name}"
        if name and not _HEADER_NAME.fullmatch(name):
            faults.add(key, f"{name!r} is no header name.", "Use letters, digits and dashes.")
        if any(character in value for character in "\r\n\0"):
            faults.add(key, "The value holds a line break.", "Write it on one line.")
        if name.lower() in seen:
            faults.add(key, "The header is there twice.", "Keep one of them.")
        if name.lower() in ("host", "content-length", "transfer-encoding", "connection"):
            faults.add(key, "This header is set by the service.", "Remove it.")
        seen.add(name.lower())
    for name, expression in call.dynamic_headers:
        found = _EXPRESSION.fullmatch(expression)
        if not found or (found.group(2) and found.group(2) not in (*spec.variables, "request_id")):
            mend = "Use $variables.request_id, a declared $variables.NAME, or $user.email, .name or .groups."
            faults.add(f"dynamic_headers.{name}", f"{expression!r} is not known.", mend)
