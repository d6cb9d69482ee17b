"""`nutgraf outbox`: counts by state, and what is in doubt."""

import asyncio
import json

import pytest

from bot.cli import run
from bot.domain.models import Message, Owed
from bot.storage import contents, outbox
from bot.storage.database import Database
from bot.storage.sql import Tx
from tests.conftest import Clock
from tests.storage.making import add_chat

LONG = (
    "<b>Harbour &amp; bridge</b>\n\n<a href='https://wire.example/'>Closed</a> for repairs until the end of the month"
)

START = "Harbour & bridge Closed for repairs until the end of the mon"


async def _outbox(*argv: str) -> int:
    """The command in a thread, for it has an event loop of its own."""
    return await asyncio.to_thread(run, ["outbox", *argv])


async def _doubt(tx: Tx, clock: Clock, telegram_id: int, thread_id: int, html: str) -> None:
    """A message of which nobody knows."""
    chat = await add_chat(tx, clock(), telegram_id, thread_id)
    await outbox.add(tx, [Owed(chat.id, f"s@{telegram_id}", clock(), (Message(html),))], clock())
    (claimed,) = await outbox.claim(tx, clock(), clock(), 1)
    await outbox.in_doubt(tx, claimed.id, "repeated once", clock())
    clock.advance(seconds=60)


async def test_counts_and_what_is_in_doubt(
    database: Database,
    database_url: str,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NUTGRAF_DATABASE_URL", database_url)
    async with database.write() as tx:
        start = clock()
        await _doubt(tx, clock, 7, 0, "let go")
        assert await contents.let_go(tx, start, 9) == 1
        await _doubt(tx, clock, -100_5, 3, LONG)
        chat = await add_chat(tx, clock(), 9)
        await outbox.add(tx, [Owed(chat.id, "s", clock(), (Message("one"), Message("two")))], clock())
    assert await _outbox() == 0
    assert capsys.readouterr().out.splitlines() == [
        "waiting\t2",
        "sending\t0",
        "sent\t0",
        "refused\t0",
        "in_doubt\t2",
        "expired\t0",
        "folded\t0",
        f"2\t-1005\t3\t2026-11-22T08:01:00Z\t1\trepeated once\t{START}",
        "1\t7\t0\t2026-11-22T08:00:00Z\t1\trepeated once\t",
    ]
    assert await _outbox("--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["counts"]["in_doubt"], said["counts"]["waiting"]) == (2, 2)
    assert said["in_doubt"][1] == {
        "id": 1,
        "chat_id": 7,
        "thread_id": 0,
        "settled_at": "2026-11-22T08:00:00Z",
        "attempts": 1,
        "why": "repeated once",
        "text": "",
    }


async def test_the_newest_hundred_are_listed(
    sqlite_database: Database,
    sqlite_url: str,
    clock: Clock,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NUTGRAF_DATABASE_URL", sqlite_url)
    async with sqlite_database.write() as tx:
        for number in range(101):
            await _doubt(tx, clock, number + 1, 0, "one")
    assert await _outbox("--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["counts"]["in_doubt"] == 101
    assert [each["chat_id"] for each in said["in_doubt"]] == list(range(101, 1, -1))
