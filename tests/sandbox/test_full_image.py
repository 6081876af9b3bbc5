"""The full image: every package of the specification, and a chart that comes back as a picture."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.commands import cli
from bot.sandbox.docker_sandbox import DockerSandbox
from bot.sandbox.image import build_image
from tests.sandbox.conftest import HOST, Ran

_PACKAGES = """
anthropic bs4 httpx instructor lxml matplotlib numpy openai cv2 pandas PIL pydantic requests sklearn scipy seaborn
urllib3
"""
PACKAGES = _PACKAGES.split()
CHART = """
import matplotlib.pyplot as plt
plt.bar(["Mon", "Tue", "Wed"], [12, 7, 9])
plt.title("Tickets that breached")
plt.savefig("/tmp/output/breaches.png")
print("Three days, 28 breaches.")
"""


@pytest.fixture(scope="session")
def full_image() -> str:
    async def say(line: str) -> None:
        """Keep quiet."""

    return asyncio.run(build_image("full", HOST, say))


@pytest.fixture
async def full(full_image: str) -> AsyncIterator[Ran]:
    sandbox = DockerSandbox("full", "tests-full", HOST)
    yield Ran(sandbox)
    await sandbox.close()


@pytest.mark.limit
async def test_all_packages_of_the_specification_can_be_imported(full: Ran) -> None:
    result = await full(f"import {', '.join(PACKAGES)}\nprint(len({PACKAGES!r}))", timeout=60)

    assert result.output == "17\n", result.error_output


async def test_a_chart_comes_back_as_a_picture(full: Ran) -> None:
    result = await full(CHART)

    assert result.output == "Three days, 28 breaches.\n"
    assert result.error_output == "", "no warning about fonts or folders that cannot be written"
    (chart,) = result.documents
    assert (chart.name, chart.media_type) == ("breaches.png", "image/png")
    assert len(chart.data) > 5_000


def test_actions_test_saves_the_chart(full_image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    definition = {"name": "Breach chart", "condition_prompt": "When asked", "action_type": "PYTHON_CODE",
                  "config": {"code": CHART}}  # fmt: skip
    (tmp_path / "actions").mkdir()
    (tmp_path / "actions" / "chart.json").write_text(json.dumps(definition))
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATA_DIR": "data", "ACTIONS_DIR": "actions", "SANDBOX_IMAGE": "full"}.items():
        monkeypatch.setenv(f"DESKHAND_{name}", value)

    done = CliRunner().invoke(cli, ["actions", "test", "breach-chart", "--save", "out"])

    assert done.exit_code == 0, done.output
    assert "28 breaches" in done.output
    assert (tmp_path / "out" / "breaches.png").read_bytes().startswith(b"\x89PNG")
