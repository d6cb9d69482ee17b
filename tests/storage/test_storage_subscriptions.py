"""Subscriptions: stored, ended and revived, claimed when due, served."""

from datetime import time, timedelta

from bot.domain.models import Cadence, Schedule
from bot.storage import chats, restored, subscriptions, topics
from bot.storage.database import Database
from tests.conftest import Clock
from tests.storage.making import add_chat, subscribe

HOUR = timedelta(hours=1)


async def test_a_wish_comes_back_as_it_was_given(database: Database, clock: Clock) -> None:
    schedule = Schedule(Cadence.DAILY, (time(7, 30), time(19)), frozenset({0, 1, 4}))
    async with database.write() as tx:
        chat = await add_chat(tx, clock())
        stored = await subscriptions.put(
            tx,
            chat_id=chat.id,
            topic_id=await topics.ensure(tx, "ferry"),
            schedule=schedule,
            since_at=clock() - HOUR,
            next_due_at=clock() + HOUR,
            at=clock(),
        )
        assert (stored.chat, stored.words, stored.schedule) == (chat, "ferry", schedule)
        assert (stored.since_at, stored.next_due_at) == (clock() - HOUR, clock() + HOUR)
        assert await subscriptions.get(tx, stored.id) == stored
        assert await subscriptions.of_chat(tx, chat.id) == (stored,)
        assert await subscriptions.get(tx, 99) is None


async def test_a_second_wish_for_a_topic_replaces_the_first(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock())
        first = await subscribe(tx, chat, clock(), "ferry")
        second = await subscribe(tx, chat, clock(), "ferry", Cadence.HOURLY, due_at=clock())
        everything = await subscribe(tx, chat, clock())
        assert second.id == first.id
        assert [each.id for each in await subscriptions.of_chat(tx, chat.id)] == [first.id, everything.id]
        assert second.schedule.cadence is Cadence.HOURLY


async def test_an_end_can_be_undone(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock())
        subscription = await subscribe(tx, chat, clock(), due_at=clock())
        await subscriptions.end(tx, subscription.id, clock())
        assert await subscriptions.of_chat(tx, chat.id) == ()
        assert await subscriptions.due(tx, clock(), 9) == ()
        assert await subscriptions.claim_due(tx, clock(), [subscription.id]) == ()
        assert await subscriptions.wake_instant(tx, clock()) == 0
        assert await subscriptions.get(tx, subscription.id) == subscription
        await subscriptions.revive(tx, subscription.id, next_due_at=clock() + HOUR)
        (revived,) = await subscriptions.of_chat(tx, chat.id)
        assert revived.next_due_at == clock() + HOUR
        await subscriptions.end(tx, subscription.id, clock())
        assert (await subscribe(tx, chat, clock())).id == subscription.id
        assert len(await subscriptions.of_chat(tx, chat.id)) == 1


async def test_due_ones_the_longest_waiting_first(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat, other, asleep = [await add_chat(tx, clock(), number) for number in (7, 8, 9)]
        late = await subscribe(tx, chat, clock(), "late", due_at=clock() - HOUR)
        later = await subscribe(tx, chat, clock(), "later", due_at=clock() - 2 * HOUR)
        latest = await subscribe(tx, other, clock(), "late", due_at=clock() - 3 * HOUR)
        not_yet = await subscribe(tx, chat, clock(), "not yet", due_at=clock() + HOUR)
        await subscribe(tx, chat, clock(), "waits for news")
        await subscribe(tx, asleep, clock(), due_at=clock() - HOUR)
        await chats.sleep(tx, 9, "blocked", clock())
        assert await subscriptions.due(tx, clock(), 9) == (latest, later, late)
        assert await subscriptions.due(tx, clock(), 1) == (latest,)
        assert await subscriptions.due(tx, clock(), 9, chats=[chat.id]) == (later, late)
        assert await subscriptions.due(tx, clock(), 9, chats=[]) == ()
        assert await subscriptions.claim_due(tx, clock(), [late.id, not_yet.id, later.id, 99]) == (later, late)
        assert await subscriptions.claim_due(tx, clock(), []) == ()


async def test_what_was_served_is_due_at_its_next_time(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock())
        first, second = [await subscribe(tx, chat, clock(), words, due_at=clock()) for words in ("a", "b")]
        clock.advance(seconds=60)
        await subscriptions.served(tx, [(first.id, clock(), clock() + HOUR), (second.id, clock(), None)])
        await subscriptions.served(tx, [])
        served = await subscriptions.of_chat(tx, chat.id)
        assert [(each.since_at, each.next_due_at) for each in served] == [(clock(), clock() + HOUR), (clock(), None)]
        await subscriptions.set_due(tx, second.id, clock())
        assert [each.id for each in await subscriptions.due(tx, clock(), 9)] == [second.id]


async def test_news_wakes_the_instant_ones_that_wait(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock())
        instant = await subscribe(tx, chat, clock(), "a")
        await subscribe(tx, chat, clock(), "b", due_at=clock() + HOUR)
        await subscribe(tx, chat, clock(), "c", Cadence.HOURLY)
        assert await subscriptions.wake_instant(tx, clock()) == 1
        assert await subscriptions.wake_instant(tx, clock() + HOUR) == 0
        assert [each.id for each in await subscriptions.due(tx, clock(), 9)] == [instant.id]


async def test_after_a_restore_all_begin_anew_the_ended_ones_too(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock())
        going, ended = [await subscribe(tx, chat, clock(), words) for words in ("a", "b")]
        await subscriptions.end(tx, ended.id, clock())
        clock.advance(seconds=3600)
        await restored.settle(tx, clock())
        for each in (going, ended):
            stored = await subscriptions.get(tx, each.id)
            assert stored is not None
            assert stored.since_at == clock()


async def test_all_that_have_not_ended_page_by_page_and_the_far_ones(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat, asleep = await add_chat(tx, clock(), 7), await add_chat(tx, clock(), 8)
        first = await subscribe(tx, chat, clock(), "a")
        ended = await subscribe(tx, chat, clock(), "b", due_at=clock() + 2 * HOUR)
        far = await subscribe(tx, asleep, clock(), "c", due_at=clock() + 2 * HOUR)
        await subscriptions.end(tx, ended.id, clock())
        await chats.sleep(tx, 8, "blocked", clock())
        pages = [await subscriptions.page(tx, above=above, most=1) for above in (0, first.id, far.id)]
        assert [[each.id for each in page] for page in pages] == [[first.id], [far.id], []]
        assert [each.id for each in await subscriptions.due_after(tx, clock() + HOUR, 9)] == [far.id]
        assert await subscriptions.due_after(tx, clock() + 2 * HOUR, 9) == ()
