"""The open database: transactions, who writes when, what leaves as an error."""

import asyncio
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.errors import StorageError, UserError
from bot.storage import engines, updates
from bot.storage.addresses import read_address
from bot.storage.database import Database, open_database
from bot.storage.sql import row, run
from tests.conftest import Clock
from tests.storage.making import add_source

AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


async def _offset(database: Database) -> int:
    async with database.read() as tx:
        return await updates.offset(tx, AT)


async def test_a_write_commits_at_its_end(database: Database) -> None:
    async with database.write() as tx:
        await updates.set_offset(tx, 5, AT)
    async with database.write(durable=True) as tx:
        await updates.set_offset(tx, await updates.offset(tx, AT) + 1, AT)
    assert await _offset(database) == 6


async def test_an_exception_rolls_a_write_back_and_goes_through(database: Database) -> None:
    async def write() -> None:
        async with database.write() as tx:
            await updates.set_offset(tx, 5, AT)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write()
    assert await _offset(database) == 0


async def test_a_cancelled_write_is_rolled_back_and_the_next_one_goes_on(database: Database) -> None:
    begun = asyncio.Event()

    async def write() -> None:
        async with database.write(durable=True) as tx:
            await updates.set_offset(tx, 5, AT)
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(write())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.write() as tx:
        assert await updates.offset(tx, AT) == 0
        await updates.set_offset(tx, 7, AT)
    assert await _offset(database) == 7


async def test_a_write_cancelled_in_the_middle_of_a_statement_does_not_block_the_next(database: Database) -> None:
    for moment in range(12):
        task = asyncio.create_task(_count_up(database))
        for _ in range(moment):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    before = await _offset(database)
    await _count_up(database)
    assert await _offset(database) == before + 1


async def _count_up(database: Database) -> None:
    async with database.write() as tx:
        await updates.set_offset(tx, await updates.offset(tx, AT) + 1, AT)


async def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(StorageError):
        async with database.read() as tx:
            await updates.set_offset(tx, 5, AT)
    await _count_up(database)
    assert await _offset(database) == 1


async def test_a_reader_sees_nothing_of_an_open_write(database: Database) -> None:
    async with database.write() as tx:
        await updates.set_offset(tx, 5, AT)
        assert await _offset(database) == 0


async def test_sqlite_lets_writers_in_one_after_the_other_in_order(sqlite_database: Database) -> None:
    order: list[int] = []

    async def write(number: int) -> None:
        async with sqlite_database.write() as tx:
            order.append(number)
            await updates.set_offset(tx, await updates.offset(tx, AT) + 1, AT)

    await asyncio.gather(*(write(number) for number in range(20)))
    assert order == list(range(20))
    assert await _offset(sqlite_database) == 20


async def test_sqlite_is_set_up_as_promised(sqlite_database: Database) -> None:
    async def pragma(name: str) -> object:
        async with sqlite_database.write() as tx:
            found = await row(tx, f"PRAGMA {name}")
        assert found is not None
        return next(iter(found.values()))

    assert await pragma("journal_mode") == "wal"
    assert await pragma("foreign_keys") == 1
    assert await pragma("busy_timeout") == 5000
    assert await pragma("synchronous") == 1
    async with sqlite_database.write(durable=True) as tx:
        durable = await row(tx, "PRAGMA synchronous")
        assert durable is not None
        assert durable["synchronous"] == 2
    assert await pragma("synchronous") == 1


async def test_foreign_keys_are_real(database: Database, clock: Clock) -> None:
    with pytest.raises(StorageError) as caught:
        async with database.write() as tx:
            await run(tx, "INSERT INTO briefed (chat_id, story_id, briefing_id) VALUES (1, 1, 1)")
    assert caught.value.__cause__ is not None


async def test_what_is_wrong_with_a_statement_leaves_as_ours_without_its_values(database: Database) -> None:
    with pytest.raises(StorageError, match=r"^The database failed \(\w+\); the log has the details\.$") as caught:
        async with database.write() as tx:
            await run(tx, "UPDATE nowhere SET value = :value", value="private")
    assert "private" not in str(caught.value.__cause__)


async def test_a_lone_surrogate_is_a_storage_error(database: Database, clock: Clock) -> None:
    with pytest.raises(StorageError):
        async with database.write() as tx:
            await add_source(tx, clock(), "\ud800")
    await database.ping()


async def test_a_naive_time_is_refused(database: Database, clock: Clock) -> None:
    with pytest.raises(ValueError, match="without a zone"):
        async with database.write() as tx:
            await add_source(tx, clock().replace(tzinfo=None))


async def test_t87_a_second_instance_is_refused_until_the_first_is_gone(database_url: str) -> None:
    first, second = await open_database(database_url), await open_database(database_url)
    await first.lock_instance()
    await first.lock_instance()
    with pytest.raises(UserError, match="Another Nutgraf is running on this database; stop it first"):
        await second.lock_instance()
    await second.ping()
    await first.close()
    await second.lock_instance()
    await second.close()


async def test_two_instances_open_a_new_database_at_the_same_time(empty_url: str) -> None:
    for opened in await asyncio.gather(*(open_database(empty_url) for _ in range(4))):
        await opened.ping()
        await opened.close()


# ---- addresses and files that will not do ----------------------------------------------------------


@pytest.mark.parametrize(
    "url", ["", "hello", "sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d", "postgresql://u:secret@h:x/d"]
)
async def test_an_address_that_is_none_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(UserError, match="NUTGRAF_DATABASE_URL must be") as caught:
        await open_database(url)
    assert "secret" not in repr(caught.value)


async def test_the_folder_is_made(tmp_path: Path) -> None:
    await (await open_database(f"sqlite:///{tmp_path}/a/b c/nutgraf.db")).close()
    assert (tmp_path / "a/b c/nutgraf.db").is_file()


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot be made: .*Set NUTGRAF_DATA_DIR"):
        await open_database(f"sqlite:///{tmp_path}/file/nutgraf.db")


async def test_a_folder_in_the_files_place(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is a folder"):
        await open_database(f"sqlite:///{tmp_path}")


async def test_a_file_that_is_no_database_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear harbour master, " * 500)
    with pytest.raises(UserError, match="is not a database: move it away"):
        await open_database(f"sqlite:///{path}")
    assert path.read_text() == "Dear harbour master, " * 500


async def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE sources (name TEXT)")
    other.close()
    with pytest.raises(UserError, match="another program's tables"):
        await open_database(f"sqlite:///{path}")


async def test_an_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(StorageError, match="cannot be reached: is its server running") as caught:
        await open_database("postgresql://harbour:secret@127.0.0.1:1/news")
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"


async def test_a_database_that_does_not_exist_on_the_server(postgresql_server: str) -> None:
    with pytest.raises(StorageError, match="does not exist: create it"):
        await open_database(postgresql_server.replace("/postgres?", "/nowhere?"))


async def test_a_server_that_goes_away_is_found_again(postgresql_database: Database) -> None:
    async def write() -> None:
        async with postgresql_database.write() as tx:
            await run(tx, "SELECT pg_terminate_backend(pg_backend_pid())")
            await updates.set_offset(tx, 5, AT)

    with pytest.raises(StorageError):
        await write()
    await postgresql_database.ping()
    assert await _offset(postgresql_database) == 0


@pytest.mark.parametrize(("written", "given"), [("require", "require"), ("disable", "disable")])
def test_sslmode_is_said_in_asyncpgs_words(written: str, given: str) -> None:
    address = read_address(f"postgresql://u:secret@db.example/news?sslmode={written}&application_name=x")
    assert address.url.query == {"application_name": "x", "ssl": given}
    assert "secret" not in repr(address)


# ---- what it costs ---------------------------------------------------------------------------------


def test_the_package_alone_imports_no_driver() -> None:
    program = (
        "import sys, bot.storage; print(sorted({'sqlalchemy', 'alembic', 'asyncpg', 'sqlite3'} & set(sys.modules)))"
    )
    # without its environment coverage does not follow, which uses sqlite3 itself
    assert subprocess.check_output([sys.executable, "-c", program], text=True, env={}).strip() == "[]"


def test_opening_a_current_database_imports_no_alembic(sqlite_url: str) -> None:
    program = (
        "import asyncio, sys; from bot.storage.database import open_database\n"
        f"async def main(): await (await open_database({sqlite_url!r})).close()\n"
        "asyncio.run(main()); print(sorted({'alembic', 'asyncpg', 'mako'} & set(sys.modules)))"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == "[]"


async def test_a_locked_file_is_waited_for(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_S", 0.05)
    database = await open_database(sqlite_url)
    other = sqlite3.connect(read_address(sqlite_url).file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    write = asyncio.create_task(_count_up(database))
    for _ in range(3):
        await database.ping()  # readers go on meanwhile
    other.execute("ROLLBACK")
    other.close()
    await write
    assert await _offset(database) == 1
    await database.close()
