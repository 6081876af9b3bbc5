"""Brings a PostgreSQL database to the schema that this code needs."""

from __future__ import annotations

from sqlalchemy import Connection, NullPool, create_engine, inspect, text

from bot.errors import StorageError
from bot.storage.faults import translated
from bot.storage.migrate import run_revisions
from bot.storage.postgres import address, place_of
from bot.storage.tables import REVISIONS, metadata

LOCK = 0x6465_736B_6861_6E64
"""Whoever changes the schema holds this advisory lock; the others wait."""

_ORDERED_OTHERWISE = text(
    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    " AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
)


def migrate_server(url: str) -> bool:
    """Make or upgrade the tables; says whether there was anything to do. Blocks; several processes may do so at once.

    The upgrade is one transaction. Raises StorageError if the server cannot be reached, or knows a newer schema.
    """
    engine = create_engine(address(url), poolclass=NullPool, connect_args={"connect_timeout": 5}, hide_parameters=True)
    place = place_of(engine.url)
    with translated(place):
        with engine.connect() as connection:
            if _revision(connection, place) == REVISIONS[-1]:
                return False
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            if _revision(connection, place) == REVISIONS[-1]:
                return False
            run_revisions(connection)
            _order_by_code_point(connection)
    return True


def _revision(connection: Connection, place: str) -> str:
    names = inspect(connection).get_table_names()
    if "alembic_version" not in names:
        if taken := sorted(set(names) & set(metadata.tables)):
            raise StorageError(f"{place}: holds {', '.join(taken)} of another program; give Deskhand its own database")
        return ""
    found = str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    if found not in REVISIONS:
        raise StorageError(
            f"{place}: its schema {found} is not one this version knows (newest: {REVISIONS[-1]}); "
            "a newer version of Deskhand made it: run that version"
        )
    return found


def _order_by_code_point(connection: Connection) -> None:
    """As SQLite does. The server's language would order ids otherwise, and keys would not lie between their bounds."""
    for table, column in connection.execute(_ORDERED_OTHERWISE).all():
        if table in metadata.tables:
            connection.execute(text(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE text COLLATE "C"'))
