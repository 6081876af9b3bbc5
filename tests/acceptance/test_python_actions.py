"""Each shipped script runs in its container against the demo world."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.actions.folder import read_folder
from bot.app import Service
from bot.domain.action import PythonCode

ROOT = Path(__file__).parents[2]
SCRIPTS = {spec.slug: spec for spec in read_folder(ROOT / "actions.d").specs if isinstance(spec.work, PythonCode)}
VALUES = {
    "order_id": "12345", "customer_email": "alex@acme.example", "email": "alex@acme.example", "hours": "2",
    "feature": "checkout", "error_code": "502", "account": "Acme", "incident_id": "",
}  # fmt: skip


@pytest.mark.parametrize("slug", sorted(SCRIPTS))
async def test_a_shipped_script_runs(service: Service, slug: str) -> None:
    spec = SCRIPTS[slug]
    given = {p.name: VALUES.get(p.name, "1") for p in spec.parameters if p.required}

    result = await service.run_by_hand(spec, given, service.person)

    assert result.succeeded, (given, result.detail, result.output)
    assert result.output.strip()


def test_there_are_scripts_to_run() -> None:
    assert len(SCRIPTS) >= 4
