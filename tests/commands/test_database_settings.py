"""Which database the commands use, and where they refuse to."""

from __future__ import annotations

import psycopg
import pytest

from tests.commands.test_command_line import Shell, shell
from tests.postgres import Cluster

__all__ = ["shell"]

ELSEWHERE = "postgresql://desk:hush@db/desk"


def test_migrate_makes_the_tables_in_postgresql(cluster: Cluster, shell: Shell) -> None:
    url = cluster.create()

    shell("migrate", given={"DATABASE_URL": url})

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM turns").fetchone() == (0,)


def test_where_the_disk_is_lost_a_file_is_no_database(shell: Shell) -> None:
    shell("migrate", given={"DYNO": "web.1"}, code=1)
    assert "DATABASE_URL: set it to a PostgreSQL" in shell.errors

    shell("migrate", given={"DYNO": "web.1", "DESKHAND_PERSISTENT_DISK": "true"})


@pytest.mark.parametrize("command", [("backup",), ("restore", "x.db")])
def test_postgresql_is_backed_up_by_its_own_programs(command: tuple[str, ...], shell: Shell) -> None:
    shell(*command, given={"DATABASE_URL": ELSEWHERE}, code=1)

    assert "backed up and restored by its own programs: pg_" in shell.errors
    assert "hush" not in shell.errors


def test_an_address_of_another_database_is_refused_without_being_shown(shell: Shell) -> None:
    shell("migrate", given={"DATABASE_URL": ELSEWHERE.replace("postgresql", "mysql")}, code=1)

    assert "DATABASE_URL: it begins with postgresql://" in shell.errors
    assert "hush" not in shell.errors
