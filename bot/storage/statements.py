"""Inserts: databases spell some of them differently, and they are what is written most."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

Row = Mapping[str, object]


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows whose keys are new; all have the same columns."""
    if rows:
        _inserted(connection, _insert(connection.dialect.name, table), rows)


def insert_once(connection: Connection, table: Table, row: Row) -> bool:
    """Insert unless a row with that key is there; says which."""
    return _inserted(connection, _insert_once(connection.dialect.name, table), [row]) == 1


def insert_each_once(connection: Connection, table: Table, rows: Sequence[Row]) -> bool:
    """Insert those of the rows whose key is not there yet; says whether it surely was none."""
    return not rows or _inserted(connection, _insert_once(connection.dialect.name, table), rows) == len(rows)


def insert_or_replace(connection: Connection, table: Table, row: Row, keep: tuple[str, ...] = ()) -> None:
    """Insert, or give the row with that primary key new values in all columns but those of ``keep``."""
    _inserted(connection, _insert_or_replace(connection.dialect.name, table, keep), [row])


def _inserted(connection: Connection, statement: Insert, rows: Sequence[Row]) -> int:
    """How many rows were written.

    SQLite's own driver does it: SQLAlchemy takes several times as long to prepare an insert as SQLite to carry it out.
    """
    if connection.dialect.name != "sqlite":
        return connection.execute(statement, rows[0] if len(rows) == 1 else list(rows)).rowcount
    text, columns = _prepared(statement, tuple(rows[0]))
    values = [[bound(row[name]) if bound else row[name] for name, bound in columns] for row in rows]
    cursor = connection.connection.cursor()
    cursor.executemany(text, values)
    return int(cursor.rowcount)


# Built once each: building them takes longer than carrying them out.

_SQLITE = sqlite.dialect()
Bound = Callable[[Any], Any]
"""How a column's type writes a value."""


@cache
def _insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _insert_once(dialect: str, table: Table) -> Insert:
    # An INSERT's count of rows is gone with its cursor, unless asked for.
    return _insert(dialect, table).on_conflict_do_nothing().execution_options(preserve_rowcount=True)


@cache
def _insert_or_replace(dialect: str, table: Table, keep: tuple[str, ...]) -> Insert:
    statement = _insert(dialect, table)
    fixed = {column.name for column in table.primary_key} | set(keep)
    new = {column.name: statement.excluded[column.name] for column in table.columns if column.name not in fixed}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new)


@cache
def _prepared(statement: Insert, names: tuple[str, ...]) -> tuple[str, Sequence[tuple[str, Bound | None]]]:
    """The statement for these columns as SQLite reads it, and its values in order."""
    compiled = statement.compile(dialect=_SQLITE, column_keys=list(names))
    columns = statement.table.c
    order = compiled.positiontup or ()
    return str(compiled), [(name, columns[name].type.bind_processor(_SQLITE)) for name in order]
