"""Upkeep: what is no longer needed goes, and what a clock put out of reach comes back (T81)."""

from datetime import UTC, datetime, time, timedelta

import pytest

from bot.domain.models import Cadence, ChatRef, Message, Owed, Schedule, Wish
from bot.feeds.fetch import Fetcher
from bot.services import upkeep
from bot.services.upkeep import Upkeep
from bot.storage import articles, chats, fingerprints, outbox, polling, subscriptions
from bot.storage.database import Database
from bot.storage.sql import row, rows, run
from bot.storage.times import to_ms
from tests.conftest import Clock
from tests.services.conftest import PLACE, KeptSender
from tests.services.newsroom import Newsroom
from tests.storage.making import add_chat, add_source, new_article

DAY_S = 86_400.0
LEASE = timedelta(minutes=2)


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


async def test_t81_what_a_clock_that_leapt_put_far_ahead_is_due_again(
    room: Newsroom, database: Database, clock: Clock
) -> None:
    await room.subscriptions.set_zone(PLACE, "Europe/Berlin")
    schedules = {
        "hourly": Schedule(Cadence.HOURLY),
        "daily": Schedule(Cadence.DAILY, (time(8),)),
        "weekly": Schedule(Cadence.DAILY, (time(8),), frozenset({6})),
        "instant": Schedule(Cadence.INSTANT),
    }
    for words, schedule in schedules.items():
        await room.subscriptions.subscribe(PLACE, Wish(words, schedule))
    async with database.write() as tx:
        source = await add_source(tx, clock())
        await articles.add_new(tx, source.id, [new_article("found"), new_article("read")], clock())
        await articles.read(tx, 2, text="", at=clock())
        chat = await add_chat(tx, clock(), 7)
        await outbox.add(tx, [Owed(chat.id, "s", clock(), (Message("one"),))], clock())
        # a clock that is a year ahead claims and serves everything
        year = clock() + timedelta(days=365)
        for claim in (articles.claim_found, articles.claim_read, polling.claim_due):
            assert len(await claim(tx, year, year + LEASE, 9)) == 1
        (claimed,) = await outbox.claim(tx, year, year + LEASE, 9)
        await outbox.postponed(tx, claimed.id, due_at=year, why="asked to wait")
        for each in await subscriptions.of_chat(tx, 1):
            await subscriptions.set_due(tx, each.id, year)
    await Upkeep(database, clock).work()
    async with database.write() as tx:
        assert len(await articles.claim_found(tx, clock(), clock(), 9)) == 1
        assert len(await articles.claim_read(tx, clock(), clock(), 9)) == 1
        assert len(await polling.claim_due(tx, clock(), clock(), 9)) == 1
        assert len(await outbox.claim(tx, clock(), clock(), 9)) == 1
    due = {each.words: each.next_due_at for each in await room.subscriptions.listed(PLACE)}
    assert due == {
        "hourly": datetime(2026, 11, 22, 9, tzinfo=UTC),
        "daily": datetime(2026, 11, 23, 7, tzinfo=UTC),
        "weekly": datetime(2026, 11, 29, 7, tzinfo=UTC),  # a Sunday, as the clock's day is
        "instant": clock(),
    }


async def test_t81_what_may_be_due_then_stays(room: Newsroom, database: Database, clock: Clock) -> None:
    day = timedelta(days=1)
    weekly = Schedule(Cadence.DAILY, (time(7),), frozenset({6}))
    await room.subscriptions.subscribe(PLACE, Wish("", weekly))
    async with database.write() as tx:
        source = await add_source(tx, clock())
        await polling.failed(tx, source.id, why="gone", at=clock(), next_poll_at=clock() + day + timedelta(seconds=900))
        chat = await add_chat(tx, clock(), 7)
        await outbox.add(tx, [Owed(chat.id, "s", clock(), (Message("one"),))], clock())
        (claimed,) = await outbox.claim(tx, clock(), clock(), 9)
        await outbox.postponed(tx, claimed.id, due_at=clock() + day, why="asked to wait")
    await Upkeep(database, clock).work()
    (subscription,) = await room.subscriptions.listed(PLACE)
    assert subscription.next_due_at == datetime(2026, 11, 29, 7, tzinfo=UTC)
    async with database.write() as tx:
        assert await polling.claim_due(tx, clock() + day, clock(), 9) == ()
        assert await outbox.claim(tx, clock() + day - timedelta(seconds=1), clock(), 9) == ()


async def test_contents_are_kept_for_a_week_and_let_go_in_batches(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 2)
    async with database.write() as tx:
        chat = await add_chat(tx, clock(), 7)
        texts = tuple(Message(f"{number}") for number in range(5))
        await outbox.add(tx, [Owed(chat.id, "s", clock(), texts)], clock())
        for number in range(5):
            (claimed,) = await outbox.claim(tx, clock(), clock() + LEASE, 1)
            await outbox.sent(tx, claimed.id, message_id=number, at=clock())
        await outbox.add(tx, [Owed(chat.id, "t", clock(), (Message("0"), Message("open")))], clock())
    clock.advance(seconds=7 * DAY_S - 1)
    await Upkeep(database, clock).work()
    async with database.read() as tx:
        assert len(await rows(tx, "SELECT id FROM contents")) == 6
    clock.advance(seconds=1)
    await Upkeep(database, clock).work()
    async with database.read() as tx:
        assert len(await rows(tx, "SELECT id FROM contents")) == 2
        assert len(await rows(tx, "SELECT id FROM deliveries WHERE content_id IS NULL AND state = 'sent'")) == 5


async def test_subscriptions_of_a_chat_dormant_for_90_days_end(
    room: Newsroom, database: Database, clock: Clock
) -> None:
    await room.subscriptions.subscribe(PLACE, Wish("", Schedule(Cadence.INSTANT)))
    await room.subscriptions.leave(PLACE.ref.telegram_id)
    clock.advance(seconds=90 * DAY_S - 1)
    await Upkeep(database, clock).work()
    assert len(await room.subscriptions.listed(PLACE)) == 1
    clock.advance(seconds=1)
    await Upkeep(database, clock).work()
    assert await room.subscriptions.listed(PLACE) == ()
    async with database.read() as tx:
        chat = await chats.find(tx, ChatRef(PLACE.ref.telegram_id))
        assert chat is not None
        assert chat.dormant


async def test_updates_are_kept_for_a_day_after_they_were_done(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        for update_id, done_at in ((1, clock()), (2, clock() + timedelta(seconds=1)), (3, None)):
            await run(
                tx,
                """
                INSERT INTO updates (update_id, telegram_id, payload, received_at_ms, done_at_ms)
                VALUES (:id, 7, '', :at, :done_at)
                """,
                id=update_id,
                at=clock(),
                done_at=done_at,
            )
    clock.advance(seconds=DAY_S + 0.5)
    await Upkeep(database, clock).work()
    async with database.read() as tx:
        assert [each["update_id"] for each in await rows(tx, "SELECT update_id FROM updates ORDER BY 1")] == [2, 3]
        oldest = await row(tx, "SELECT min(received_at_ms) AS at FROM updates")
        assert oldest is not None
        assert oldest["at"] < to_ms(clock())


async def test_fingerprints_are_forgotten_after_three_days(
    database: Database, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "BATCH", 2)
    async with database.write() as tx:
        source = await add_source(tx, clock())
        await articles.add_new(tx, source.id, [new_article("a"), new_article("b")], clock())
        await fingerprints.put(tx, {1: (1, 2, 3, 4, 5)}, clock())
        await fingerprints.put(tx, {2: (5,)}, clock() + timedelta(hours=1))
    clock.advance(seconds=3 * DAY_S + 1)
    await Upkeep(database, clock).work()
    async with database.read() as tx:
        left = await rows(tx, "SELECT value, article_id FROM fingerprints")
    assert [(each["value"], each["article_id"]) for each in left] == [(5, 2)]
