"""The built service on real parts: SQLite, Docker, HTTP and the demo world; offline unless a test says otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import Service, open_service
from bot.domain.message import ConversationId, Message, Platform, Reply
from bot.settings import Settings
from bot.storage.storage import Storage, open_storage
from tests.fakes import Watching
from tests.sandbox.conftest import image  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]


def settings(folder: Path, **given: object) -> Settings:
    """Settings that see neither the environment of the machine nor its .env file."""
    values = {"data_dir": folder / "data", "actions_dir": ROOT / "actions.d", "demo": True, "demo_port": 0, "port": 0,
              "encoder": False}  # fmt: skip
    return Settings(_env_file=None, **{**values, **given})  # type: ignore[arg-type]


class Person:
    """Talks to a service in one conversation."""

    def __init__(self, service: Service, conversation: str = "room") -> None:
        self.service = service
        self.watch = Watching()
        self._place = ConversationId(Platform.WEB, conversation)

    async def say(self, text: str) -> Reply:
        message = Message(self.service.new_id(), self._place, self.service.person, text, self.service.clock())
        return await self.service.engine.handle(message, self.watch)

    async def confirm(self, reply: Reply) -> Reply:
        assert reply.approval is not None
        return await self.service.engine.decide(reply.approval.id, True, self.service.person, self.watch)


@pytest.fixture
def quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key or setting of this machine reaches the tests."""
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
async def service(tmp_path: Path, image: str, quiet_environment: None) -> AsyncIterator[Service]:  # noqa: F811
    async with open_service(settings(tmp_path)) as built:
        yield built


@pytest.fixture
def person(service: Service) -> Person:
    return Person(service)


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    async with open_storage(tmp_path / "desk.db") as opened:
        yield opened
