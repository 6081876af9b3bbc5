"""Who did what, when: appended, never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One line of the audit log. ``details`` holds no secret value."""

    at: datetime
    actor: str
    kind: str
    """Dotted, such as ``secret.set``, ``action.enabled``, ``approval.confirmed``, ``run.finished``."""
    subject: str
    details: Mapping[str, str] = field(default_factory=dict)
