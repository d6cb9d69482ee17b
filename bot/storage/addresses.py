"""NUTGRAF_DATABASE_URL: `sqlite:///path` or `postgresql://…`, read into what the drivers need."""

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.domain.errors import UserError

_EXPECTED = "NUTGRAF_DATABASE_URL must be sqlite:///path/to/file or postgresql://user:password@host/name."


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is. `path` for SQLite, `url` (with the driver's name) for both; only `kind` is printable."""

    kind: str
    url: URL = field(repr=False)
    path: Path | None = field(repr=False)

    @property
    def file(self) -> Path:
        """The SQLite file."""
        if self.path is None:
            raise UserError("This database is not a file: use PostgreSQL's own tools.")
        return self.path


def read_address(url: str) -> Address:
    """Read an address.

    Raises:
        UserError: it is not one; the text holds nothing of it.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise UserError(_EXPECTED) from None
    kind = parsed.drivername.partition("+")[0]
    if kind == "sqlite" and parsed.database and parsed.database != ":memory:":
        return Address(kind, parsed.set(drivername="sqlite+aiosqlite"), Path(parsed.database))
    if kind in ("postgresql", "postgres"):
        return Address("postgresql", _for_asyncpg(parsed), None)
    raise UserError(_EXPECTED)


def _for_asyncpg(url: URL) -> URL:
    # libpq's name for it, which everybody writes, is one that asyncpg's connect() does not take
    ssl = url.query.get("sslmode")
    plain = url.difference_update_query(["sslmode"]).set(drivername="postgresql+asyncpg")
    return plain.update_query_dict({"ssl": ssl}) if ssl else plain
