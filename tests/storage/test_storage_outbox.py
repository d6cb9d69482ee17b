"""The outbox: written once, paid out in order, every state reached only from where it may be."""

from datetime import datetime, timedelta

from bot.domain.models import Button, ChatRef, Message
from bot.storage import outbox
from bot.storage.database import Database
from bot.storage.sql import Tx, row
from tests.conftest import Clock
from tests.storage.making import add_chat, add_source, add_story, owe, subscribe

LEASE = timedelta(minutes=2)


async def _claim(tx: Tx, now: datetime, most: int = 9) -> list[str]:
    return [each.message.html for each in await outbox.claim(tx, now, now + LEASE, most)]


async def _owed(tx: Tx, clock: Clock, *texts: str, telegram_id: int = 7, thread_id: int = 0, words: str = "") -> int:
    chat = await add_chat(tx, clock(), telegram_id, thread_id)
    return await owe(tx, await subscribe(tx, chat, clock(), words), clock(), *texts)


async def _take(tx: Tx, clock: Clock) -> int:
    (claimed,) = await outbox.claim(tx, clock(), clock() + LEASE, 1)
    return claimed.id


async def _look(tx: Tx, delivery_id: int) -> dict[str, object]:
    found = await row(tx, "SELECT * FROM deliveries WHERE id = :id", id=delivery_id)
    assert found is not None
    return dict(found)


async def test_a_message_comes_back_as_it_was_given(database: Database, clock: Clock) -> None:
    keyboard = ((Button("‹ Back", data="b:1"), Button("Öffnen", url="https://wire.example/")), (Button("x", data="y"),))
    message = Message("<b>سوريا</b> & “quotes” \\ 🚢", keyboard, "https://wire.example/p")
    async with database.write() as tx:
        chat = await add_chat(tx, clock(), -100_5, 3)
        subscription = await subscribe(tx, chat, clock())
        await outbox.add(tx, subscription=subscription, due_at=clock(), story_ids=(), messages=(message,), at=clock())
        (delivery,) = await outbox.claim(tx, clock(), clock() + LEASE, 9)
        assert delivery.message == message
        assert (delivery.ref, delivery.chat_id) == (ChatRef(-100_5, 3), chat.id)
        assert (delivery.attempts, delivery.doubts) == (1, 0)


async def test_a_due_time_is_composed_once(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        story = await add_story(tx, await add_source(tx, clock()), clock(), "k")
        subscription = await subscribe(tx, await add_chat(tx, clock()), clock())

        async def add(due_at: datetime) -> int | None:
            messages = (Message("one"), Message("two"))
            return await outbox.add(
                tx, subscription=subscription, due_at=due_at, story_ids=[story], messages=messages, at=clock()
            )

        assert await add(clock()) is not None
        assert await add(clock()) is None
        assert await outbox.counts(tx) == {"waiting": 2}
        assert await add(clock() + LEASE) is not None


async def test_parts_and_briefings_of_a_chat_go_one_at_a_time_in_order(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a1", "a2")
        await _owed(tx, clock, "a3", words="ferry")
        await _owed(tx, clock, "t1", thread_id=4)  # the same Telegram chat
        await _owed(tx, clock, "b1", telegram_id=8)
    order = []
    for _ in range(4):
        async with database.write() as tx:
            claimed = await outbox.claim(tx, clock(), clock() + LEASE, 9)
            order.append([each.message.html for each in claimed])
            assert await _claim(tx, clock() + LEASE) == []
            for each in claimed:
                await outbox.sent(tx, each.id, message_id=1, at=clock())
    assert order == [["a1", "b1"], ["a2"], ["a3"], ["t1"]]


async def test_a_postponed_one_holds_back_its_chat_alone(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a1", "a2")
        first = await _take(tx, clock)
        await outbox.postponed(tx, first, due_at=clock() + LEASE, why="asked to wait")
        await _owed(tx, clock, "b1", telegram_id=8)
        assert await _claim(tx, clock()) == ["b1"]
        assert await outbox.next_due(tx) == clock() + LEASE
        clock.advance(seconds=LEASE.total_seconds())
        assert await _claim(tx, clock()) == ["a1"]
        assert (await _look(tx, first))["attempts"] == 2
        assert await outbox.next_due(tx) is None


async def test_a_claim_takes_no_more_than_asked_the_longest_due_first(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        for number in range(5):
            await _owed(tx, clock, f"{number}", telegram_id=number + 1)
            clock.advance(seconds=1)
        assert await _claim(tx, clock(), 2) == ["0", "1"]
        assert await _claim(tx, clock(), 2) == ["2", "3"]


async def test_nothing_is_due_before_its_time(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        assert await outbox.next_due(tx) is None
        await _owed(tx, clock, "a")
        assert await _claim(tx, clock() - timedelta(milliseconds=1)) == []
        assert await outbox.next_due(tx) == clock()


async def test_sent_refused_in_doubt_are_final(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a", "b", "c")
        sent = await _take(tx, clock)
        await outbox.sent(tx, sent, message_id=77, at=clock())
        refused = await _take(tx, clock)
        await outbox.refused(tx, refused, "too long", clock())
        doubted = await _take(tx, clock)
        await outbox.in_doubt(tx, doubted, "reply lost", clock())
        assert (await _look(tx, sent))["message_id"] == 77
        for delivery_id in (sent, refused, doubted):
            await outbox.postponed(tx, delivery_id, due_at=clock(), why="late")
            await outbox.refused(tx, delivery_id, "late", clock())
            assert not await outbox.doubted(tx, delivery_id, due_at=clock(), why="late")
        assert await outbox.counts(tx) == {"sent": 1, "refused": 1, "in_doubt": 1}
        assert [(await _look(tx, each))["why"] for each in (sent, refused, doubted)] == [None, "too long", "reply lost"]


async def test_a_send_that_was_confirmed_after_all_is_sent(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a")
        delivery_id = await _take(tx, clock)
        assert await outbox.doubted(tx, delivery_id, due_at=clock(), why="reply lost")
        await outbox.sent(tx, delivery_id, message_id=1, at=clock())
        assert await _claim(tx, clock()) == []
        assert await outbox.counts(tx) == {"sent": 1}


async def test_t94_an_unknown_outcome_is_repeated_once_and_then_left_in_doubt(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a")
        delivery_id = await _take(tx, clock)
        assert await outbox.doubted(tx, delivery_id, due_at=clock() + LEASE, why="reply lost")
        assert await _claim(tx, clock()) == []
        clock.advance(seconds=LEASE.total_seconds())
        (again,) = await outbox.claim(tx, clock(), clock() + LEASE, 1)
        assert (again.id, again.attempts, again.doubts) == (delivery_id, 2, 1)
        assert not await outbox.doubted(tx, delivery_id, due_at=clock(), why="reply lost")
        assert await outbox.counts(tx) == {"in_doubt": 1}


async def test_what_a_dead_process_was_sending_is_repeated_once(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a", telegram_id=1)
        await _owed(tx, clock, "b", telegram_id=2)
        assert await outbox.doubted(tx, await _take(tx, clock), due_at=clock(), why="reply lost")
        assert await _claim(tx, clock()) == ["a", "b"]
        assert await outbox.recover(tx, clock()) == (1, 1)
        assert await outbox.counts(tx) == {"waiting": 1, "in_doubt": 1}
        assert await _claim(tx, clock()) == ["b"]
        assert await outbox.recover(tx, clock()) == (0, 1)
