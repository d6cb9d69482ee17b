"""Chats, topics and other single moments."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.models import Cadence, Chat, ChatKind, ChatRef, Message, Owed, Place
from bot.storage import chats, counters, outbox, state, stories, subscriptions, topics
from bot.storage.database import Database
from bot.storage.sql import row, rows
from bot.storage.times import to_ms
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
        await chats.sleep(tx, 7, "blocked", clock())
        assert await outbox.counts(tx) == {"refused": 2, "waiting": 1}
        dormant = [await chats.get(tx, chat.id) for chat in (*threads, other)]
        assert [chat.dormant for chat in dormant if chat] == [True, True, False]
        assert [each.chat.id for each in await subscriptions.due(tx, clock(), 9)] == [other.id]
        assert len(await subscriptions.of_chat(tx, threads[0].id)) == 1
        assert [chat.id for chat in await chats.wake(tx, 7)] == [chat.id for chat in threads]
        assert await chats.wake(tx, 7) == ()
        assert len(await subscriptions.due(tx, clock(), 9)) == 3


async def test_t98_one_thread_pauses_and_goes_on_alone(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        general, thread = await add_chat(tx, clock(), -7), await add_chat(tx, clock(), -7, 3)
        for chat in (general, thread):
            await owe(tx, await subscribe(tx, chat, clock()), clock(), "one")
        await chats.pause(tx, thread.id, "topic closed", clock())
        found = await row(tx, "SELECT dormant_at_ms, dormant_why FROM chats WHERE id = :id", id=thread.id)
        assert found is not None
        assert (found["dormant_at_ms"], found["dormant_why"]) == (to_ms(clock()), "topic closed")
        assert await outbox.counts(tx) == {"refused": 1, "waiting": 1}
        assert await chats.wake_thread(tx, general.ref) == ()
        assert [chat.id for chat in await chats.wake_thread(tx, thread.ref)] == [thread.id]
        assert await chats.wake_thread(tx, thread.ref) == ()


async def test_what_a_dormant_chat_was_not_told_counts_as_untold(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source = await add_source(tx, clock())
        sent, half, waiting, doubted, refused = [await add_story(tx, source, clock(), f"{n}") for n in range(5)]
        chat, other = await add_chat(tx, clock(), 7), await add_chat(tx, clock(), 8)

        async def tell(story: int, *texts: str, to: Chat = chat) -> None:
            messages = tuple(Message(html) for html in texts)
            await outbox.add(tx, [Owed(to.id, f"{story}", clock(), messages, (story,))], clock())

        async def take() -> int:
            return (await outbox.claim(tx, clock(), clock(), 1))[0].id

        await tell(sent, "1")
        await tell(half, "2", "3")
        for number in (1, 2):
            await outbox.sent(tx, await take(), message_id=number, at=clock())
        second_half = await take()
        await outbox.postponed(tx, second_half, due_at=clock(), why="asked to wait")
        await outbox.sent(tx, await take(), message_id=3, at=clock())
        clock.advance(seconds=60)
        await tell(doubted, "4")
        await outbox.doubted(tx, await take(), due_at=clock(), why="reply lost")
        await tell(waiting, "5")
        await tell(waiting, "6", to=other)
        await chats.sleep(tx, 7, "blocked", clock())
        assert await outbox.counts(tx) == {"sent": 3, "in_doubt": 1, "refused": 1, "waiting": 1}
        everything = [sent, half, waiting, doubted, refused]
        assert await stories.told(tx, [chat.id, other.id], everything) == {
            (chat.id, sent),
            (chat.id, half),
            (chat.id, doubted),
            (other.id, waiting),
        }


async def test_the_answer_that_it_is_gone_counts_its_own_stories_as_untold(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        story, chat = await add_story(tx, await add_source(tx, clock()), clock(), "k"), await add_chat(tx, clock())
        await outbox.add(tx, [Owed(chat.id, "s", clock(), (Message("one"),), (story,))], clock())
        (claimed,) = await outbox.claim(tx, clock(), clock(), 1)
        await outbox.refused(tx, claimed.id, "blocked", clock())
        await chats.sleep(tx, 7, "blocked", clock())
        assert await stories.told(tx, [chat.id], [story]) == set()


async def test_since_when_it_was_dormant_is_said_once(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock())
        assert await chats.take_missed(tx, chat.id) is None
        gone_at = clock()
        await chats.sleep(tx, 7, "blocked", gone_at)
        clock.advance(seconds=60)
        await chats.sleep(tx, 7, "deactivated", clock())  # it stays dormant from the first on
        assert await chats.take_missed(tx, chat.id) is None
        await chats.wake(tx, 7)
        assert await chats.take_missed(tx, chat.id) == gone_at
        assert await chats.take_missed(tx, chat.id) is None
        assert await chats.take_missed(tx, 99) is None


async def test_subscriptions_of_chats_that_stay_away_end(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        away, back, there = [await add_chat(tx, clock(), number) for number in (1, 2, 3)]
        for chat in (away, back, there):
            await subscribe(tx, chat, clock())
        await chats.sleep(tx, 1, "blocked", clock())
        await chats.sleep(tx, 2, "blocked", clock())
        await chats.wake(tx, 2)
        assert await chats.end_long_dormant(tx, clock() - timedelta(seconds=1), clock()) == 0
        assert await chats.end_long_dormant(tx, clock(), clock()) == 1
        assert await chats.end_long_dormant(tx, clock(), clock()) == 0
        assert [len(await subscriptions.of_chat(tx, chat.id)) for chat in (away, back, there)] == [0, 1, 1]


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
        for chat, told in ((old, (story,)), (new, ())):  # the same slot in both
            await outbox.add(tx, [Owed(chat.id, "away@1", clock(), (Message("one"),), told)], clock())
        await outbox.add(tx, [Owed(old.id, "away@2", clock(), (Message("two"),), (story,))], clock())
        for _ in range(2):  # Telegram may tell it twice
            await chats.moved(tx, -5, -1005)
        assert {each.id for each in await subscriptions.of_chat(tx, new.id)} == {ferry.id, kept.id}
        assert await stories.told(tx, [new.id], [story]) == {(new.id, story)}
        slots = [each["slot"] for each in await rows(tx, "SELECT slot FROM briefings WHERE chat_id = :id", id=new.id)]
        assert len(slots) == 3
        assert {"away@1", "away@2"} < set(slots)
        assert [each.ref for each in await outbox.claim(tx, clock(), clock(), 9)] == [ChatRef(-1005)]
        left = await chats.get(tx, old.id)
        assert left is not None
        assert left.dormant
        assert await subscriptions.due(tx, clock(), 9) == ()


async def test_t97_a_wish_that_ended_under_the_new_id_goes_on_as_the_old_one_did(
    database: Database, clock: Clock
) -> None:
    async with database.write() as tx:
        old, new = await add_chat(tx, clock(), -5), await add_chat(tx, clock(), -1005)
        ended = await subscribe(tx, new, clock(), "ferry")
        await subscriptions.end(tx, ended.id, clock())
        clock.advance(seconds=3600)
        live = await subscribe(tx, old, clock(), "ferry", Cadence.HOURLY, due_at=clock())
        await chats.moved(tx, -5, -1005)
        (revived,) = await subscriptions.of_chat(tx, new.id)
        assert revived == replace(live, id=ended.id, chat=new)
        await subscriptions.end(tx, ended.id, clock())
        await chats.moved(tx, -5, -1005)  # told again, and what was ended meanwhile stays ended
        assert await subscriptions.of_chat(tx, new.id) == ()


async def test_t97_ids_known_before_the_move_prove_nothing_after_it(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat = await add_chat(tx, clock(), -5)
        await counters.learn(tx, -5, 40)
        await owe(tx, await subscribe(tx, chat, clock()), clock(), "one")
        (claimed,) = await outbox.claim(tx, clock(), clock(), 9)
        await outbox.doubted(tx, claimed.id, due_at=clock(), why="reply lost")
        await chats.moved(tx, -5, -1005)
        (again,) = await outbox.claim(tx, clock(), clock(), 9)
        assert (claimed.after_id, again.doubtful, again.after_id) == (40, True, None)


async def test_t97_what_a_group_takes_along_does_not_sleep_where_it_moves_to(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        old = await add_chat(tx, clock(), -5)
        await add_chat(tx, clock(), -1005)
        await owe(tx, await subscribe(tx, old, clock()), clock(), "one")
        await chats.sleep(tx, -1005, "gone", clock())
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


async def test_a_thread_wakes_alone(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        for thread_id in (0, 11, 12):
            await chats.ensure(tx, Place(ChatRef(-100, thread_id), ChatKind.GROUP, "g"), clock())
        await chats.sleep(tx, -100, "gone", clock())
        await chats.wake_thread(tx, ChatRef(-100, 11))
        dormant = {number: (await chats.find(tx, ChatRef(-100, number))) for number in (0, 11, 12)}
    assert {number: chat.dormant for number, chat in dormant.items() if chat} == {0: True, 11: False, 12: True}


async def test_moments_are_kept(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        assert await state.moment(tx, "alive_at") is None
        await state.set_moment(tx, "alive_at", clock())
        await state.set_moment(tx, "other", clock())
        clock.advance(seconds=1)
        await state.set_moment(tx, "alive_at", clock())
        assert await state.moment(tx, "alive_at") == clock()
