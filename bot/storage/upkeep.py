"""Upkeep of a database: is it sound, a copy of it, and back from a copy.

A copy is complete or absent, never half; a restore checks the copy first and keeps what was there before.
"""

import asyncio
from pathlib import Path

from bot.storage import copies_postgresql, copies_sqlite
from bot.storage.addresses import read_address
from bot.storage.sql import Tx, rows

_MOST_PROBLEMS = 100

_NOT_SEARCHABLE = """
    SELECT count(*) AS number FROM articles
     WHERE state = 'ready' AND id NOT IN (SELECT {key} FROM article_search)
"""


async def integrity(tx: Tx) -> tuple[str, ...]:
    """What is wrong with the database, one line each, at most about a hundred; empty: nothing found.

    SQLite is read from end to end; PostgreSQL says what it knows (checksums, broken indexes).
    """
    checked = await (_of_sqlite(tx) if tx.dialect.name == "sqlite" else _of_postgresql(tx))
    key = "rowid" if tx.dialect.name == "sqlite" else "article_id"
    missing = (await rows(tx, _NOT_SEARCHABLE.format(key=key)))[0]["number"]
    return (*checked, f"{missing} ready articles are missing from the search index") if missing else checked


async def _of_sqlite(tx: Tx) -> tuple[str, ...]:
    pages = await rows(tx, f"PRAGMA integrity_check({_MOST_PROBLEMS})")
    problems = [each["integrity_check"] for each in pages if each["integrity_check"] != "ok"]
    orphans = await rows(tx, "PRAGMA foreign_key_check")
    problems += [f"{each['table']} row {each['rowid']} points to no row of {each['parent']}" for each in orphans]
    return tuple(problems[:_MOST_PROBLEMS])


async def _of_postgresql(tx: Tx) -> tuple[str, ...]:
    found = await rows(
        tx,
        """
        SELECT 'the index ' || CAST(CAST(indexrelid AS regclass) AS text) || ' is invalid: REINDEX it' AS problem
          FROM pg_index WHERE NOT indisvalid
         UNION ALL
        SELECT checksum_failures || ' pages failed their checksum: restore a backup'
          FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0
        """,
    )
    return tuple(each["problem"] for each in found)


async def backup(url: str, path: Path) -> None:
    """Copy a database to the new file `path` while it is in use.

    SQLite: a database file. PostgreSQL: an archive of pg_dump, which must be installed.

    Raises:
        UserError: `path` exists or cannot be written, there is no database, or pg_dump is missing.
        StorageError: the copy failed; `path` does not exist.
    """
    address = read_address(url)
    if address.path is not None:
        await asyncio.to_thread(copies_sqlite.backup, address.path, path)
    else:
        await copies_postgresql.backup(address, path)


async def restore(url: str, path: Path) -> Path:
    """Put the copy at `path` in the database's place, and return where the old state is kept.

    Raises:
        UserError: an instance runs on the database, `path` is no copy, or pg_restore is missing.
        WrongVersion: the copy is newer than this program.
        StorageError: the copy is damaged, or restoring failed; the database is as it was.
    """
    address = read_address(url)
    if address.path is not None:
        return await asyncio.to_thread(copies_sqlite.restore, address.path, path)
    return await copies_postgresql.restore(address, path)
