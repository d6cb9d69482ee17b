"""Threat cases that the store decides: hostile words, full disks, locked, damaged, newer databases, two instances."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.errors import StorageError, UserError, WrongVersion
from bot.domain.models import ChatRef
from bot.storage import chats, engines, files, search, sources, topics, updates
from bot.storage.addresses import read_address
from bot.storage.database import Database, open_database
from bot.storage.sql import run
from tests.conftest import Clock
from tests.storage.making import add_chat, add_source, add_story, subscribe

START = datetime(2026, 11, 22, 8, tzinfo=UTC)

HOSTILE = {
    "T72": ["' OR 1=1 --", "'; DROP TABLE chats; --", '" OR ""="', "1); DELETE FROM stories; --", "\\'; --", ":id"],
    "T73": [
        '"',
        "AND",
        "OR",
        "NOT",
        "NEAR(a b, 2)",
        "-x",
        "x*",
        "*",
        "^x",
        "title:x",
        "{title}:x",
        "(" * 2000,
        "a & | !",
    ],
    "T74": ["%", "_", "%%", "f%y", "f__ry", "\\%", "[a-z]*"],
}
CASES = [
    pytest.param(words, id=f"{case}-{number}") for case, all_ in HOSTILE.items() for number, words in enumerate(all_)
]


@pytest.mark.parametrize("words", CASES)
async def test_hostile_words_are_only_words(database: Database, clock: Clock, words: str) -> None:
    async with database.write() as tx:
        source = await add_source(tx, clock())
        await add_story(tx, source, clock(), "k", title="Ferry begins", text="It sails every hour.")
        chat = await add_chat(tx, clock())
        assert await search.stories(tx, tuple(words.split()), since=clock()) == ()
        assert await search.stories(tx, (words,), since=clock()) == ()
        assert await sources.known(tx, words) is None
        stored = await subscribe(tx, chat, clock(), words[:100])
        assert await topics.words(tx, stored.topic_id) == words[:100]
        assert await chats.find(tx, ChatRef(7)) == chat
        assert len(await search.stories(tx, ("ferry",), since=clock())) == 1


# ---- T77 disk full ---------------------------------------------------------------------------------


async def test_t77_a_full_disk_stops_a_write_cleanly_and_it_goes_on_later(
    sqlite_database: Database, clock: Clock
) -> None:
    async def fill() -> None:
        async with sqlite_database.write() as tx:
            await updates.set_offset(tx, 5, START)
            for number in range(200):
                await add_source(tx, clock(), f"wire{number}" * 50)

    await _limit_pages(sqlite_database, 1)
    with pytest.raises(StorageError, match="The disk is full: make room; nothing that was stored is lost"):
        await fill()
    async with sqlite_database.read() as tx:
        assert await updates.offset(tx, START) == 0
        assert await sources.listed(tx) == ()
    await _limit_pages(sqlite_database, 1_000_000)
    await fill()
    async with sqlite_database.read() as tx:
        assert len(await sources.listed(tx)) == 200


async def _limit_pages(database: Database, pages: int) -> None:
    # never below what is in use, so 1 means: not one page more
    async with database.write() as tx:
        await run(tx, f"PRAGMA max_page_count = {pages}")


# ---- T78 locked ------------------------------------------------------------------------------------


async def test_t78_a_lock_that_stays_is_reported_and_passes(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engines.BUSY_S * engines.BUSY_TRIES == 30
    monkeypatch.setattr(engines, "BUSY_S", 0.02)
    database = await open_database(sqlite_url)
    other = sqlite3.connect(read_address(sqlite_url).file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="The database is locked by another program: end it and try again"):
        async with database.write() as tx:
            await updates.set_offset(tx, 5, START)
    await database.ping()
    other.execute("ROLLBACK")
    other.close()
    async with database.write() as tx:
        await updates.set_offset(tx, 5, START)
    await database.close()


async def test_t78_a_new_file_that_is_locked_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_USE_LOG_TRIES", 2)
    other = sqlite3.connect(tmp_path / "new.db", isolation_level=None)
    other.execute("CREATE TABLE boats (name TEXT)")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError, match="is locked by another program"):
        await open_database(f"sqlite:///{tmp_path}/new.db")
    other.close()


# ---- T79 damaged -----------------------------------------------------------------------------------


async def _fill(url: str, clock: Clock) -> Path:
    database = await open_database(url)
    async with database.write() as tx:
        source = await add_source(tx, clock())
        for number in range(60):
            await add_story(tx, source, clock(), f"{number}", text="word " * 300)
    await database.close()
    return read_address(url).file


async def test_t79_a_damaged_page_is_refused_with_what_to_do(sqlite_url: str, clock: Clock) -> None:
    path = await _fill(sqlite_url, clock)
    content = bytearray(path.read_bytes())
    pages = len(content) // 4096
    refused = 0
    for page in range(pages):
        damaged = bytearray(content)
        damaged[page * 4096 : page * 4096 + 200] = random.Random(page).randbytes(200)
        path.write_bytes(damaged)
        refused += await _is_refused(sqlite_url)
    # a page of text that overflowed its row has no structure that could be seen to be broken
    assert refused >= pages * 0.4


async def _is_refused(url: str) -> bool:
    try:
        await (await open_database(url)).close()
    except (StorageError, UserError) as error:
        return "nutgraf db restore" in str(error) or "move it away" in str(error)
    return False


async def test_t79_a_large_file_is_not_read_from_end_to_end(
    sqlite_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await _fill(sqlite_url, clock)
    checked: list[Path] = []
    monkeypatch.setattr(files, "_quick_check", checked.append)
    monkeypatch.setattr(files, "QUICK_CHECK_BYTES", path.stat().st_size - 1)
    await (await open_database(sqlite_url)).close()
    assert checked == []
    files.beside(path, "-wal").write_bytes(b"\0")  # as if the last program had been killed
    await (await open_database(sqlite_url)).close()
    assert checked == [path]


CRASH = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from bot.storage import updates
from bot.storage.database import open_database

async def main():
    database = await open_database(sys.argv[1])
    for number in range(20):
        async with database.write(durable=True) as tx:
            await updates.set_offset(tx, number + 1, datetime(2026, 11, 22, 8, tzinfo=UTC))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


async def _crash(url: str) -> Path:
    done = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", CRASH, url], check=False)
    assert done.returncode == -signal.SIGKILL
    return files.beside(read_address(url).file, "-wal")


async def test_t79_a_damaged_log_is_refused_with_what_to_do(sqlite_url: str) -> None:
    log = await _crash(sqlite_url)
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 0xFF
    log.write_bytes(content)
    with pytest.raises(StorageError, match=r"-wal is damaged: run 'nutgraf db restore' .* or delete it to go on"):
        await open_database(sqlite_url)
    log.unlink()
    await (await open_database(sqlite_url)).close()


async def test_t80_a_killed_process_loses_nothing(sqlite_url: str) -> None:
    await _crash(sqlite_url)
    database = await open_database(sqlite_url)
    async with database.read() as tx:
        assert await updates.offset(tx, START) == 20
    await database.close()


# ---- T86 newer, T87 two instances (T85 stands with the schema's tests) -------------------------------


async def test_t86_a_newer_database_is_refused_with_one_line(database_url: str) -> None:
    database = await open_database(database_url)
    async with database.write() as tx:
        await run(tx, "UPDATE alembic_version SET version_num = '9999'")
    await database.close()
    with pytest.raises(WrongVersion) as caught:
        await open_database(database_url)
    assert "\n" not in str(caught.value)
    assert "install the newer Nutgraf" in str(caught.value)


HOLDER = """
import asyncio, sys
from bot.storage.database import open_database

async def main():
    database = await open_database(sys.argv[1])
    await database.lock_instance()
    print("held", flush=True)
    sys.stdin.read()

asyncio.run(main())
"""


async def test_t87_of_two_processes_the_second_is_refused_until_the_first_is_killed(database_url: str) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, database_url, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    database = await open_database(database_url)
    with pytest.raises(UserError, match="Another Nutgraf is running on this database; stop it first"):
        await database.lock_instance()
    holder.kill()
    await holder.wait()
    for _ in range(100):  # a server notices the death of its client a moment later
        try:
            await database.lock_instance()
            break
        except UserError:
            await database.ping()
    await database.lock_instance()
    await database.close()
