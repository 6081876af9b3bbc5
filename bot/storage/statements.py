"""The one statement that databases spell differently: an insert that meets a row with the same key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(connection: Connection, table: Table, row: Mapping[str, object]) -> bool:
    """Insert unless a row with that key is there; says which."""
    return connection.execute(_insert_once(connection.dialect.name, table), row).rowcount == 1


def insert_each_once(connection: Connection, table: Table, rows: Sequence[Mapping[str, object]]) -> bool:
    """Insert those of the rows whose key is not there yet; says whether it surely was none."""
    if not rows:
        return True
    return connection.execute(_insert_once(connection.dialect.name, table), list(rows)).rowcount == len(rows)


def insert_or_replace(
    connection: Connection, table: Table, row: Mapping[str, object], keep: Iterable[str] = ()
) -> None:
    """Insert, or give the row with that primary key new values in all columns but those of ``keep``."""
    statement = _insert(connection.dialect.name, table)
    fixed = {column.name for column in table.primary_key} | set(keep)
    new = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in fixed}
    connection.execute(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new), row)


def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _insert_once(dialect: str, table: Table) -> Executable:
    """Built once: building it takes longer than carrying it out."""
    # An INSERT's count of rows is gone with its cursor, unless asked for.
    return _insert(dialect, table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)
