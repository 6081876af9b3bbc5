"""The tables of procrastinate, in a schema of their own beside ours."""

from __future__ import annotations

from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager

from bot.errors import StorageError

SCHEMA = "deskhand_queue"
SEARCH_PATH = f"-c search_path={SCHEMA},public"
"""Connection option: the names of procrastinate first, then those of the inbox."""
_LOCK = 0x6465_736B_7175_6575
_TABLES = (
    f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};"
    f"CREATE TABLE IF NOT EXISTS {SCHEMA}.revision (name text NOT NULL);"
    f"SET LOCAL search_path TO {SCHEMA}"
)
_OURS = """
CREATE INDEX IF NOT EXISTS deskhand_jobs_by_key ON procrastinate_jobs ((args ->> 'key'));
CREATE INDEX IF NOT EXISTS deskhand_jobs_by_lane ON procrastinate_jobs (lock) WHERE status = 'todo';
CREATE OR REPLACE FUNCTION deskhand_next_of_lane() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM procrastinate_jobs WHERE lock = OLD.lock AND status = 'todo') THEN
        PERFORM pg_notify('procrastinate_any_queue_v1', json_build_object('type', 'job_inserted', 'job_id', 0)::text);
    END IF;
    RETURN NULL;
END;
$$;
CREATE OR REPLACE TRIGGER deskhand_job_ended AFTER DELETE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing') EXECUTE FUNCTION deskhand_next_of_lane();
CREATE OR REPLACE TRIGGER deskhand_job_back AFTER UPDATE ON procrastinate_jobs
    FOR EACH ROW WHEN (OLD.status = 'doing' AND NEW.status = 'todo') EXECUTE FUNCTION deskhand_next_of_lane();
"""
"""procrastinate announces new jobs alone: the next of a lane would wait until somebody happens to look."""


def lay_out(url: str) -> bool:
    """Make the queue's tables or bring them to the revision of the installed package; says whether it had to.

    Blocks; several processes may do so at once. Raises StorageError.
    """
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            return _laid_out(connection)
    except psycopg.Error as error:
        said = str(error).partition("\n")[0]
        raise StorageError(f"the queue's tables cannot be made in PostgreSQL: {said}") from error


def _laid_out(connection: psycopg.Connection) -> bool:
    scripts = sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))
    newest = scripts[-1].name
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
    connection.execute(_TABLES.encode())
    row = connection.execute("SELECT name FROM revision").fetchone()
    if row and row[0] >= newest:
        return False
    if row:
        for script in scripts:
            if script.name > row[0]:
                connection.execute(script.read_bytes())
        connection.execute("UPDATE revision SET name = %s", (newest,))
    else:
        connection.execute(SchemaManager.get_schema())
        connection.execute("INSERT INTO revision VALUES (%s)", (newest,))
    connection.execute(_OURS)
    return True
