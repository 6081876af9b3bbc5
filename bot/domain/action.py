"""What an action is: the one model that every file format loads into (F001-F062)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = str | int | float | bool
"""What a parameter may hold (F021)."""

Json: TypeAlias = bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
"""Any JSON value."""

BUILT_IN_VARIABLES = (
    "GURUBASE_USER_EMAIL",
    "GURUBASE_USER_NAME",
    "GURUBASE_USER_GROUPS",
    "GURUBASE_GURU_SLUG",
)
"""Given to every run; their names are reserved (F042, F048)."""


class Effect(StrEnum):
    """Whether an action changes something in the world (F008). Writes ask before they run."""

    READ = "read"
    WRITE = "write"


class ParameterType(StrEnum):
    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"


class Format(StrEnum):
    """The form that a definition came in; export gives the same form back."""

    NATIVE = "native"
    """``action.yaml``, with ``main.py`` beside it for Python."""
    GURUBASE = "gurubase"
    INTEGRATION = "integration"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value taken from the conversation (F019)."""

    name: str
    type: ParameterType
    description: str = ""
    """What to extract, in the author's words."""
    required: bool = False
    default: Value | None = None
    choices: tuple[Value, ...] = ()
    """When not empty, the only values allowed."""
    datapoint: str = ""
    """Datapoint slug that fills it when the conversation does not (F033)."""


@dataclass(frozen=True, slots=True)
class HttpCall:
    """One HTTP request (F005). Texts are templates with ``{name}`` placeholders."""

    method: str
    endpoint: str
    headers: tuple[tuple[str, str], ...] = ()
    dynamic_headers: tuple[tuple[str, str], ...] = ()
    """Header name and expression, such as ``$variables.request_id`` (F050)."""
    body: Json = None
    timeout_seconds: float = 30.0
    """For the whole call, tries and redirects included."""
    retries: int = 0
    """Tries after the first; only made where the call is safe to repeat."""
    retry_backoff_seconds: float = 0.5


@dataclass(frozen=True, slots=True)
class PythonCode:
    """A script for a fresh container (F004). What it prints is its result."""

    code: str
    timeout_seconds: float = 30.0
    allowed_hosts: tuple[str, ...] = ()
    """``name`` or ``name:port`` of all that it may reach; empty for the whole internet."""


Work: TypeAlias = HttpCall | PythonCode


@dataclass(frozen=True, slots=True)
class NamedOutcome:
    """``name`` holds when ``condition`` is true of the response; the first that holds wins (F110)."""

    name: str
    condition: str


@dataclass(frozen=True, slots=True)
class After:
    """Runs only once ``action`` ended with ``outcome`` in the same turn."""

    action: str
    outcome: str = "success"


@dataclass(frozen=True, slots=True)
class SourceFields:
    """Which fields of a JSON result are a page that people may look at (F242)."""

    url: str
    title: str = ""
    """Empty: the page is called by its host."""


class AuditLevel(StrEnum):
    BASIC = "basic"
    DETAILED = "detailed"


@dataclass(frozen=True, slots=True)
class Safety:
    """Governance controls (F128-F133)."""

    requires_confirmation: bool | None = None
    """None: writes ask, reads do not. True: asks. False: the author switched asking off."""
    requires_identity_verification: bool = False
    redact_fields: tuple[str, ...] = ()
    """Keys whose values are left out of what is recorded, at any depth."""
    rate_limit: str = ""
    """Kept, not enforced (F131)."""
    idempotency_key: str = ""
    """Template; the same key within 24 h gives the first result again."""
    approvers: tuple[str, ...] = ()
    """E-mail addresses, in small letters, of people who may confirm it for its asker."""
    audit_level: AuditLevel = AuditLevel.DETAILED


@dataclass(frozen=True, slots=True)
class Source:
    """Where a definition came from."""

    format: Format
    path: str
    """File path for a provisioned action, else empty: it lives in the store."""
    text: str = field(repr=False)
    """The definition as it was read, so that export gives the original back."""

    @property
    def provisioned(self) -> bool:
        """It came from a file and is read-only to the service."""
        return bool(self.path)


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """A named unit that the service can run when a question calls for it."""

    slug: str
    """Unique name for programs, such as ``order-lookup`` or ``orders.get-details``."""
    name: str
    """The name that people read."""
    condition: str
    """When to trigger, in plain words, judged by the language model (F003)."""
    effect: Effect
    work: Work
    parameters: tuple[Parameter, ...] = ()
    secrets: tuple[str, ...] = ()
    """Names of the secrets that it refers to; it is given no others."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Plain settings with their defaults, such as a base URL; an operator may override each."""
    outcomes: tuple[NamedOutcome, ...] = ()
    safety: Safety = Safety()
    after: After | None = None
    examples: tuple[str, ...] = ()
    """Questions that should trigger it."""
    output_fields: tuple[tuple[str, str], ...] = ()
    """Field and JSON type of the result, as ``output_schema`` gives them (F036)."""
    output_datapoint: str = ""
    """Datapoint slug that the result is kept under (F037)."""
    source_fields: SourceFields | None = None
    """None: nothing in a result is a page."""
    enabled: bool = True
    source: Source = Source(Format.NATIVE, "", "")

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, if there is one."""
        return next((p for p in self.parameters if p.name == name), None)


def wants_email(spec: ActionSpec) -> bool:
    """Whether it can do nothing for a person whose e-mail address is not known."""
    return spec.safety.requires_identity_verification or "GURUBASE_USER_EMAIL" in repr(spec.work)


@dataclass(frozen=True, slots=True)
class ActionState:
    """An action as it stands now: its definition and whether it may run."""

    spec: ActionSpec
    enabled: bool
    reason: str = ""
    """Why it is not enabled, in words for a person: ``needs the secret STRIPE_API_KEY``."""
