"""Chats, topics and the update offset."""

from bot.domain.models import ChatKind, ChatRef, Message, Place
from bot.storage import chats, outbox, stories, subscriptions, topics, updates
from bot.storage.database import Database
from tests.conftest import Clock
from tests.storage.making import add_chat, add_source, add_story, owe, subscribe


async def test_a_chat_is_made_once_and_kept_up_to_date(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock(), -100_123_456_789_012, 5)
        assert (chat.zone, chat.dormant, chat.kind) == ("UTC", False, ChatKind.GROUP)
        await chats.set_zone(tx, chat.id, "Europe/Berlin")
        again = await chats.ensure(tx, Place(chat.ref, ChatKind.CHANNEL, "Renamed"), clock())
        assert (again.id, again.title, again.kind, again.zone) == (
            chat.id,
            "Renamed",
            ChatKind.CHANNEL,
            "Europe/Berlin",
        )
        assert await chats.find(tx, chat.ref) == await chats.get(tx, chat.id) == again
        assert await chats.find(tx, ChatRef(chat.ref.telegram_id)) is None
        assert await chats.get(tx, 99) is None


async def test_sleep_concerns_all_threads_and_refuses_what_waits(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        threads = [await add_chat(tx, clock(), 7, thread) for thread in (0, 3)]
        other = await add_chat(tx, clock(), 8)
        for chat in (*threads, other):
            await owe(tx, await subscribe(tx, chat, clock(), due_at=clock()), clock(), "one")
        await chats.sleep(tx, 7, clock())
        assert await outbox.counts(tx) == {"refused": 2, "waiting": 1}
        dormant = [await chats.get(tx, chat.id) for chat in (*threads, other)]
        assert [chat.dormant for chat in dormant if chat] == [True, True, False]
        assert [each.chat.id for each in await subscriptions.claim_due(tx, clock(), 9)] == [other.id]
        assert len(await subscriptions.of_chat(tx, threads[0].id)) == 1
        assert await chats.wake(tx, 7)
        assert not await chats.wake(tx, 7)
        assert len(await subscriptions.claim_due(tx, clock(), 9)) == 3


async def test_t97_a_migrated_group_takes_its_rows_along(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock(), -5)
        await owe(tx, await subscribe(tx, chat, clock(), "ferry"), clock(), "one")
        await chats.moved(tx, -5, -1005)
        moved = await chats.get(tx, chat.id)
        assert moved is not None
        assert moved.ref == ChatRef(-1005)
        (claimed,) = await outbox.claim(tx, clock(), clock(), 9)
        assert claimed.ref == ChatRef(-1005)


async def test_t97_a_migrated_group_merges_with_what_the_new_id_has(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        old, new = await add_chat(tx, clock(), -5), await add_chat(tx, clock(), -1005)
        story = await add_story(tx, await add_source(tx, clock()), clock(), "k")
        ferry = await subscribe(tx, old, clock(), "ferry")
        kept = await subscribe(tx, new, clock(), "bridge")
        await subscribe(tx, old, clock(), "bridge", due_at=clock())
        messages = (Message("one"),)
        await outbox.add(tx, subscription=ferry, due_at=clock(), story_ids=[story], messages=messages, at=clock())
        for _ in range(2):  # Telegram may tell it twice
            await chats.moved(tx, -5, -1005)
        assert {each.id for each in await subscriptions.of_chat(tx, new.id)} == {ferry.id, kept.id}
        assert await stories.unbriefed(tx, new.id, ready_since=clock(), limit=9) == ()
        assert [each.ref for each in await outbox.claim(tx, clock(), clock(), 9)] == [ChatRef(-1005)]
        left = await chats.get(tx, old.id)
        assert left is not None
        assert left.dormant
        assert await subscriptions.claim_due(tx, clock(), 9) == ()


async def test_t97_what_a_group_takes_along_does_not_sleep_where_it_moves_to(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        old = await add_chat(tx, clock(), -5)
        await add_chat(tx, clock(), -1005)
        await owe(tx, await subscribe(tx, old, clock()), clock(), "one")
        await chats.sleep(tx, -1005, clock())
        await chats.moved(tx, -5, -1005)
        assert [each.ref for each in await outbox.claim(tx, clock(), clock(), 9)] == [ChatRef(-1005)]


async def test_topics_are_stored_once(database: Database) -> None:
    async with database.write() as tx:
        everything, ferry = await topics.ensure(tx, ""), await topics.ensure(tx, "ferry")
        assert everything != ferry
        assert await topics.ensure(tx, "ferry") == ferry
        assert await topics.words(tx, everything) == ""
        assert await topics.words(tx, ferry) == "ferry"
        assert await topics.words(tx, 99) is None


async def test_the_update_offset_is_kept(database: Database) -> None:
    async with database.write() as tx:
        assert await updates.offset(tx) == 0
        await updates.set_offset(tx, 2**40)
        await updates.set_offset(tx, 2**40 + 1)
    async with database.read() as tx:
        assert await updates.offset(tx) == 2**40 + 1
