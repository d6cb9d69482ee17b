"""Statements as text, with named values, the same for SQLite and PostgreSQL.

Datetimes become milliseconds and sequences become IN lists here, in one place. `FOR UPDATE … SKIP LOCKED` is meant for
PostgreSQL; SQLite has one writer and knows no row locks, so the clause is left out there.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.engine import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.storage.times import to_ms

Tx = AsyncConnection
"""An open transaction."""

_ROW_LOCK = re.compile(r"FOR UPDATE( OF \w+)? SKIP LOCKED")
_GIVEN = {
    "sqlite": ("json_extract(value, '$[{at}]')", "json_each(:given)"),
    "postgresql": (
        "CAST(value ->> {at} AS {type})",
        "json_array_elements(CAST(CAST(:given AS TEXT) AS JSON)) WITH ORDINALITY AS items (value, key)",
    ),
}


async def rows(tx: Tx, sql: str, **values: object) -> Sequence[RowMapping]:
    """All rows of a statement, columns by name."""
    result = await tx.execute(_statement(tx.dialect.name, sql, _lists(values)), _plain(values))
    return result.mappings().all()


async def row(tx: Tx, sql: str, **values: object) -> RowMapping | None:
    """The first row, or None."""
    found = await rows(tx, sql, **values)
    return found[0] if found else None


async def run(tx: Tx, sql: str, **values: object) -> int:
    """Do a statement and return how many rows it touched."""
    result = await tx.execute(_statement(tx.dialect.name, sql, _lists(values)), _plain(values))
    return result.rowcount


async def run_each(tx: Tx, sql: str, each: Iterable[Mapping[str, object]]) -> None:
    """Do a statement once for each set of values (all with the same names), in one call of the driver."""
    many = [_plain(values) for values in each]
    if many:
        await tx.execute(_statement(tx.dialect.name, sql, ()), many)


async def run_given(
    tx: Tx, sql: str, columns: Mapping[str, str], given: Iterable[Sequence[object]], **values: object
) -> Sequence[RowMapping]:
    """Do one statement for many rows of values and return what it returns, if anything.

    In the statement `given` is a table of these rows: `n` counts them, `columns` are the others, name → SQL type. The
    rows go as one JSON text, which costs a tenth of a statement for each of them.
    """
    content = [[to_ms(value) if isinstance(value, datetime) else value for value in each] for each in given]
    if not content:
        return ()
    statement = _statement(tx.dialect.name, _given(tx.dialect.name, tuple(columns.items())) + sql, _lists(values))
    result = await tx.execute(statement, _plain(values) | {"given": json.dumps(content)})
    return result.mappings().all() if result.returns_rows else ()


@lru_cache(maxsize=64)
def _given(kind: str, columns: tuple[tuple[str, str], ...]) -> str:
    column, table = _GIVEN[kind]
    listed = ", ".join(f"{column.format(at=at, type=type_)} AS {name}" for at, (name, type_) in enumerate(columns))
    return f"WITH given AS (SELECT key AS n, {listed} FROM {table}) "  # noqa: S608  # our own text


def _plain(values: Mapping[str, object]) -> dict[str, Any]:
    return {name: to_ms(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _lists(values: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(name for name, value in values.items() if isinstance(value, tuple | list))


@lru_cache(maxsize=512)
def _statement(kind: str, sql: str, lists: tuple[str, ...]) -> TextClause:
    statement = text(_ROW_LOCK.sub("", sql) if kind == "sqlite" else sql)
    return statement.bindparams(*(bindparam(name, expanding=True) for name in lists))
