"""What each line of the Procfile does, over a file and over PostgreSQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.commands.roles import Role, faces_of, key_notice
from bot.commands.serving import Faces
from bot.errors import ConfigError
from bot.settings import Settings
from tests.commands.test_command_line import ROOT

SHARED = {"database_url": "postgresql://desk@db/desk"}
SLACK = {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1"}


def settings(**given: Any) -> Settings:
    return Settings(_env_file=None, **given)


@pytest.mark.parametrize(
    ("role", "alone", "beside"),
    [
        (Role.ALL, Faces(), Faces()),
        (Role.WEB, Faces(platforms=False), Faces(platforms=False, works=False)),
        (Role.GATEWAY, Faces(web=False), Faces(web=False, works=False)),
    ],
)
def test_over_a_file_a_process_does_all_over_postgresql_its_part(role: Role, alone: Faces, beside: Faces) -> None:
    assert faces_of(role, settings(**SLACK)) == alone
    assert faces_of(role, settings(**SLACK, **SHARED)) == beside


def test_a_worker_hears_nothing_and_needs_postgresql() -> None:
    worker = faces_of(Role.WORKER, settings(**SHARED))
    assert worker.works
    assert not worker.hear

    with pytest.raises(ConfigError, match=r"DATABASE_URL: `deskhand worker` .* needs a PostgreSQL"):
        faces_of(Role.WORKER, settings())


def test_a_gateway_needs_something_to_hear() -> None:
    with pytest.raises(ConfigError, match="no chat platform is configured"):
        faces_of(Role.GATEWAY, settings(**SHARED))


def test_the_key_must_be_given_where_each_process_would_make_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"DESKHAND_MASTER_KEY: set it, the same for all"):
        faces_of(Role.WEB, settings(dyno="web.1", **SHARED))
    assert faces_of(Role.WEB, settings(dyno="web.1", master_key="00" * 32, **SHARED))

    told = key_notice(Role.WEB, settings(data_dir=tmp_path, **SHARED))
    assert told.startswith(f"The key of the secrets is in {tmp_path / 'master.key'}.")
    assert not key_notice(Role.ALL, settings(**SHARED))
    assert not key_notice(Role.WORKER, settings(master_key="00" * 32, **SHARED))


def test_the_procfile_names_every_role() -> None:
    lines = dict(line.split(": ") for line in (ROOT / "Procfile").read_text().splitlines())

    roles = {name: f"deskhand {name}" for name in ("web", "gateway", "worker")}
    assert lines == {"release": "deskhand migrate", **roles}
