"""From version 0001 to 0002: everything that was owed, sent or told is found again."""

import shutil
from pathlib import Path

import pytest

from bot.domain.models import Button, Message
from bot.storage import contents, migrations, outbox, upkeep
from bot.storage.addresses import read_address
from bot.storage.database import Database, open_database
from bot.storage.schema import version_of
from bot.storage.sql import Tx, rows, run
from bot.storage.times import to_ms
from tests.conftest import Clock
from tests.storage.making import add_chat, owe, subscribe
from tests.storage.test_storage_schema import kill

FULL = Message("<b>Küste</b> 🚢", ((Button("More", data="m:1"),),), "https://wire.example/p")
STATES = ("sent", "waiting", "sending", "in_doubt", "refused")


@pytest.fixture
async def old(empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database of version 0001, closed."""
    folder = tmp_path / "versions"
    folder.mkdir()
    shutil.copy(migrations.VERSIONS / "v0001_first.py", folder)
    with monkeypatch.context() as then:
        then.setattr(migrations, "VERSIONS", folder)
        database = await open_database(empty_url)
    assert await version_of(read_address(empty_url)) == "0001"
    return database


async def _insert(tx: Tx, table: str, **values: object) -> None:
    names = ", ".join(values)
    await run(tx, f"INSERT INTO {table} ({names}) VALUES ({', '.join(f':{name}' for name in values)})", **values)


async def _news(tx: Tx, at_ms: int) -> None:
    """Two chats that follow everything, and three stories."""
    times = {"interval_s": 900, "next_poll_at_ms": at_ms, "added_at_ms": at_ms}
    await _insert(tx, "sources", url="https://wire.example/feed", title="Wire", **times)
    for _ in range(3):
        await _insert(tx, "stories", source_id=1, published_at_ms=at_ms, ready_at_ms=at_ms)
    await _insert(tx, "topics", words="")
    wish = {"topic_id": 1, "cadence": "hourly", "times": "", "weekdays": "0123456", "since_at_ms": at_ms}
    for telegram_id, dormant_at_ms in ((7, None), (-100_5, at_ms)):
        chat = {"telegram_id": telegram_id, "thread_id": 0, "kind": "group", "title": "Harbour", "added_at_ms": at_ms}
        await _insert(tx, "chats", **chat, dormant_at_ms=dormant_at_ms)
    for chat_id in (1, 2):
        await _insert(tx, "subscriptions", **wish, chat_id=chat_id, changed_at_ms=at_ms)


async def _outbox(tx: Tx, at_ms: int) -> None:
    """A briefing of five parts in all states, another of the other chat that waits with the same text."""
    for subscription_id in (1, 2):
        at = {"due_at_ms": at_ms + subscription_id, "composed_at_ms": at_ms}
        await _insert(tx, "briefings", subscription_id=subscription_id, **at)
    for chat_id, story_id in ((1, 1), (1, 2), (2, 3)):
        await _insert(tx, "briefed", chat_id=chat_id, story_id=story_id, briefing_id=chat_id)
    for part, state in enumerate(STATES):
        await _insert(
            tx,
            "deliveries",
            briefing_id=1,
            part=part,
            chat_id=1,
            message=contents.pack(Message(state)),
            state=state,
            due_at_ms=at_ms,
            attempts=part,
            doubts=part % 2,
            why=f"because {state}",
            message_id=70 if state == "sent" else None,
            settled_at_ms=None if state in ("waiting", "sending") else at_ms,
        )
    for part, message in enumerate((Message("waiting"), FULL)):
        text = contents.pack(message)
        values = {"briefing_id": 2, "chat_id": 2, "state": "waiting", "due_at_ms": at_ms, "attempts": 0, "doubts": 0}
        await _insert(tx, "deliveries", **values, part=part, message=text)


async def test_everything_is_there_after_the_migration(old: Database, empty_url: str, clock: Clock) -> None:
    at_ms = to_ms(clock())
    async with old.write() as tx:
        await _news(tx, at_ms)
        await _outbox(tx, at_ms)
    await old.close()
    new = await open_database(empty_url)
    async with new.write() as tx:
        assert await upkeep.integrity(tx) == ()
        briefings = await rows(tx, "SELECT * FROM briefings ORDER BY id")
        assert [tuple(each.values()) for each in map(dict, briefings)] == [
            (number, number, f"{number}@{at_ms + number}", number, at_ms + number, at_ms) for number in (1, 2)
        ]
        briefed = await rows(tx, "SELECT * FROM briefed ORDER BY story_id")
        assert [tuple(each.values()) for each in map(dict, briefed)] == [(1, 1, 1, 0), (1, 2, 1, 0), (2, 3, 2, 0)]
        deliveries = await rows(
            tx,
            """
            SELECT d.*, c.message FROM deliveries d LEFT JOIN contents c ON c.id = d.content_id ORDER BY d.id
            """,
        )
        assert [each["state"] for each in deliveries] == [*STATES, "waiting", "waiting"]
        assert [each["part"] for each in deliveries] == [0, 1, 2, 3, 4, 0, 1]
        # what may still be sent or asked for has its text
        said = [each["message"] and contents.unpack(each["message"]) for each in deliveries]
        open_ones = [Message("waiting"), Message("sending"), Message("in_doubt")]
        assert said == [None, *open_ones, None, Message("waiting"), FULL]
        assert len(await rows(tx, "SELECT id FROM contents")) == 4
        first = deliveries[0]
        assert (first["message_id"], first["why"], first["settled_at_ms"]) == (70, "because sent", at_ms)
        assert [(each["attempts"], each["doubts"]) for each in deliveries[:5]] == [(n, n % 2) for n in range(5)]
        assert {each["expires_at_ms"] for each in deliveries} == {to_ms(clock() + outbox.LIFE)}
        assert not any(each["doubtful"] or each["stale_at_ms"] or each["after_id"] for each in deliveries)
    await new.close()


async def test_the_outbox_goes_on_after_the_migration(old: Database, empty_url: str, clock: Clock) -> None:
    async with old.write() as tx:
        await _news(tx, to_ms(clock()))
        await _outbox(tx, to_ms(clock()))
    await old.close()
    new = await open_database(empty_url)
    async with new.write() as tx:
        assert await outbox.recover(tx, clock(), dead=True) == 1
        (claimed,) = await outbox.claim(tx, clock(), clock(), 9)  # the other chat is dormant
        assert (claimed.message, claimed.attempts, claimed.doubts) == (Message("waiting"), 2, 1)
        await run(tx, "UPDATE chats SET dormant_at_ms = NULL")
        # ids go on counting, in both tables
        chat = await add_chat(tx, clock(), 9)
        assert await owe(tx, await subscribe(tx, chat, clock()), clock(), "new") == 3
        (newest,) = await rows(tx, "SELECT max(id) AS id FROM deliveries")
        assert newest["id"] == 8
    await new.close()


async def test_a_database_without_any_briefing_is_migrated(old: Database, empty_url: str, clock: Clock) -> None:
    await old.close()
    new = await open_database(empty_url)
    async with new.write() as tx:
        assert await owe(tx, await subscribe(tx, await add_chat(tx, clock()), clock()), clock(), "first") == 1
        assert await outbox.counts(tx) == {"waiting": 1}
    await new.close()


@pytest.mark.untraced
async def test_t85_killed_in_the_middle_the_old_outbox_is_there(old: Database, empty_url: str, clock: Clock) -> None:
    async with old.write() as tx:
        await _news(tx, to_ms(clock()))
        await _outbox(tx, to_ms(clock()))
    await old.close()
    assert set(await kill(empty_url, migrations.VERSIONS, range(0, 25, 6))) == {-9}
    assert await version_of(read_address(empty_url)) == "0001"
    new = await open_database(empty_url)
    async with new.read() as tx:
        assert sum((await outbox.counts(tx)).values()) == 7
    await new.close()
