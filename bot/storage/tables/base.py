"""What all tables are made of, and both databases share: text ids, JSON as text, times as UTC microseconds."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    MetaData,
    Text,
    TypeDecorator,
)

REVISIONS = tuple(f"{number:04d}" for number in range(1, 15))
"""Every schema this code knows, oldest first. The last is the one it needs; a name not here is newer than the code."""

# Named, so that a later revision can drop them; Alembic cannot alter what has no name.
metadata = MetaData(naming_convention={"pk": "%(table_name)s_key", "uq": "%(table_name)s_%(column_0_name)s_unique"})


class Words(TypeDecorator[str]):
    """What people wrote. What cannot be kept becomes U+FFFD: half a surrogate pair; in PostgreSQL NUL, too."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value and dialect.name == "postgresql":
            value = value.replace("\0", "\ufffd")
        if value is None or value.isascii():
            return value
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text(name: str, **more: object) -> Column[str]:
    return Column(name, Words, nullable=False, **more)  # type: ignore[arg-type]  # keywords of Column


def json(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def time(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)
