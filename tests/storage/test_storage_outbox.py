"""The outbox: written once, paid out in order, every state reached only from where it may be."""

from datetime import timedelta

from bot.domain.models import Message, Owed
from bot.storage import counters, outbox, stories
from bot.storage.database import Database
from bot.storage.sql import Tx, row
from bot.storage.times import to_ms
from tests.conftest import Clock
from tests.storage.making import add_chat, add_source, add_story, owe, subscribe

LEASE = timedelta(minutes=2)
TWO = (Message("one"), Message("two"))


async def _claim(tx: Tx, clock: Clock, most: int = 9, *, newest: bool = False) -> list[str]:
    claimed = await outbox.claim(tx, clock(), clock() + LEASE, most, newest=newest)
    return [each.message.html for each in claimed]


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


# ---- owing ---------------------------------------------------------------------------------------


async def test_a_slot_is_composed_once(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        first, second = [await add_story(tx, source, clock(), f"{source.id}") for source in
                         [await add_source(tx, clock(), name) for name in ("one", "two")]]  # fmt: skip
        chat, other = await add_chat(tx, clock(), 7), await add_chat(tx, clock(), 8)
        owed = Owed(chat.id, "s", clock(), TWO, (first,))
        elsewhere, later = Owed(other.id, "s", clock(), TWO), Owed(chat.id, "t", clock(), TWO[:1])
        written = await outbox.add(tx, [owed, elsewhere, owed], clock())
        assert written.keys() == {(chat.id, "s"), (other.id, "s")}
        assert await outbox.counts(tx) == {"waiting": 4}
        again = Owed(chat.id, "s", clock() + LEASE, TWO, (second,))
        assert (await outbox.add(tx, [again, later], clock())).keys() == {(chat.id, "t")}
        assert await outbox.add(tx, [again], clock()) == await outbox.add(tx, [], clock()) == {}
        assert await outbox.counts(tx) == {"waiting": 5}
        # nothing of what was left out is written, and nothing of the first is written over
        assert await stories.told(tx, [chat.id, other.id], [first, second]) == {(chat.id, first)}


async def test_a_briefing_without_messages_marks_its_stories(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        story, chat = await add_story(tx, await add_source(tx, clock()), clock(), "k"), await add_chat(tx, clock())
        assert await outbox.add(tx, [Owed(chat.id, "s", clock(), (), (story,))], clock())
        assert await stories.told(tx, [chat.id], [story]) == {(chat.id, story)}


async def test_briefings_are_counted_by_the_beginning_of_their_slot(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat, other = await add_chat(tx, clock(), 7), await add_chat(tx, clock(), 8)
        for to, slot in ((chat, "paused 1@2"), (chat, "paused 3@4"), (chat, "away@5"), (other, "paused 1@2")):
            await outbox.add(tx, [Owed(to.id, slot, clock(), TWO)], clock())
            clock.advance(seconds=60)
        start = clock() - timedelta(minutes=4)
        assert await outbox.composed(tx, chat.id, "paused ", start) == 2
        assert await outbox.composed(tx, chat.id, "paused ", start + timedelta(minutes=1)) == 1
        assert await outbox.composed(tx, chat.id, "pause_", start) == 0


# ---- claiming ------------------------------------------------------------------------------------


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
            assert await _claim(tx, clock) == []
            for each in claimed:
                await outbox.sent(tx, each.id, message_id=1, at=clock())
    assert order == [["a1", "b1"], ["a2"], ["a3"], ["t1"]]


async def test_a_postponed_one_holds_back_its_chat_alone(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a1", "a2")
        first = await _take(tx, clock)
        await outbox.postponed(tx, first, due_at=clock() + LEASE, why="asked to wait")
        await _owed(tx, clock, "b1", telegram_id=8)
        assert await _claim(tx, clock) == ["b1"]
        clock.advance(seconds=LEASE.total_seconds())
        assert await _claim(tx, clock) == ["a1"]
        assert (await _look(tx, first))["attempts"] == 2


async def test_what_was_claimed_too_early_is_as_if_it_had_not_been(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a1", "a2")
        first = await _take(tx, clock)
        await outbox.put_back(tx, first, due_at=clock() + LEASE)
        await outbox.put_back(tx, first, due_at=clock())  # it is not being sent any more
        assert await _claim(tx, clock) == []
        clock.advance(seconds=LEASE.total_seconds())
        (again,) = await outbox.claim(tx, clock(), clock() + LEASE, 9)
        assert (again.id, again.attempts, (await _look(tx, first))["why"]) == (first, 1, None)


async def test_a_claim_takes_no_more_than_asked_the_longest_or_last_due_first(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        for number in range(6):
            await _owed(tx, clock, f"{number}", telegram_id=number + 1)
            clock.advance(seconds=1)
        assert await _claim(tx, clock, 2) == ["0", "1"]
        assert await _claim(tx, clock, 1, newest=True) == ["5"]
        assert await _claim(tx, clock, 2) == ["2", "3"]


async def test_the_newest_first_does_not_change_the_order_within_a_chat(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a1")
        clock.advance(seconds=1)
        await _owed(tx, clock, "a2", words="ferry")
        assert await _claim(tx, clock, 9, newest=True) == ["a1"]


async def test_nothing_is_due_before_its_time(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a")
        clock.advance(seconds=-0.001)
        assert await _claim(tx, clock) == []
        clock.advance(seconds=0.001)
        assert await _claim(tx, clock) == ["a"]


# ---- outcomes ------------------------------------------------------------------------------------


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
            await outbox.put_back(tx, delivery_id, due_at=clock())
            await outbox.refused(tx, delivery_id, "late", clock())
            await outbox.doubted(tx, delivery_id, due_at=clock(), why="late")
            assert not await outbox.cleared(tx, delivery_id, proven=True, after_id=None)
        assert await outbox.recover(tx, clock(), dead=True) == await outbox.expire(tx, clock() + 9 * outbox.LIFE) == 0
        assert await outbox.counts(tx) == {"sent": 1, "refused": 1, "in_doubt": 1}
        assert [(await _look(tx, each))["why"] for each in (sent, refused, doubted)] == [None, "too long", "reply lost"]
        assert (await _look(tx, doubted))["settled_at_ms"] == to_ms(clock())


async def test_a_send_that_was_confirmed_after_all_is_sent(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        await _owed(tx, clock, "a")
        delivery_id = await _take(tx, clock)
        await outbox.doubted(tx, delivery_id, due_at=clock(), why="reply lost")
        await outbox.sent(tx, delivery_id, message_id=1, at=clock())
        assert await _claim(tx, clock) == []
        assert await outbox.counts(tx) == {"sent": 1}
        assert not (await _look(tx, delivery_id))["doubtful"]


async def test_t94_a_doubtful_one_is_looked_for_and_repeated_without_proof_once(
    database: Database, clock: Clock
) -> None:
    async with database.write() as tx:
        await counters.learn(tx, 7, 10)
        await _owed(tx, clock, "a")
        delivery_id = await _take(tx, clock)
        await outbox.doubted(tx, delivery_id, due_at=clock() + LEASE, why="reply lost")
        assert await _claim(tx, clock) == []
        clock.advance(seconds=LEASE.total_seconds())
        await counters.learn(tx, 7, 30)
        (again,) = await outbox.claim(tx, clock(), clock() + LEASE, 1)
        # it can still only have an id above the one that was known before the attempt in doubt
        assert (again.id, again.attempts, again.doubtful, again.doubts, again.after_id) == (delivery_id, 2, True, 0, 10)
        assert await outbox.cleared(tx, delivery_id, proven=False, after_id=30)
        assert not await outbox.cleared(tx, delivery_id, proven=True, after_id=30)  # it is not doubtful any more
        for proven, may in ((True, True), (False, False)):
            await outbox.doubted(tx, delivery_id, due_at=clock(), why="reply lost")
            (again,) = await outbox.claim(tx, clock(), clock() + LEASE, 1)
            assert (again.doubts, again.after_id) == (1, 30)
            assert await outbox.cleared(tx, delivery_id, proven=proven, after_id=30) is may


async def test_an_attempt_notes_the_highest_id_of_its_chats_counter(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        for telegram_id, message_id in ((7, 10), (-5, 12), (-1_000_000_000_005, 900)):
            await counters.learn(tx, telegram_id, message_id)
        for telegram_id in (7, -5, -1_000_000_000_005, -1_000_000_000_006):
            await _owed(tx, clock, "a", telegram_id=telegram_id)
        claimed = await outbox.claim(tx, clock(), clock() + LEASE, 9)
        assert [(each.ref.telegram_id, each.after_id) for each in claimed] == [
            (7, 12),
            (-5, 12),
            (-1_000_000_000_005, 900),
            (-1_000_000_000_006, None),
        ]


async def test_what_a_dead_process_was_sending_is_doubtful_and_due(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        for telegram_id in (1, 2, 3):
            await _owed(tx, clock, f"{telegram_id}", telegram_id=telegram_id)
        ids = [await _take(tx, clock) for _ in range(3)]
        assert await outbox.recover(tx, clock()) == 0  # their leases hold
        assert await outbox.recover(tx, clock() + LEASE, in_flight=ids[:2]) == 1
        assert await outbox.counts(tx) == {"waiting": 1, "sending": 2}
        assert await outbox.recover(tx, clock(), dead=True) == 2
        claimed = await outbox.claim(tx, clock() + LEASE, clock() + 2 * LEASE, 9)
        assert [(each.id, each.doubtful, each.attempts) for each in claimed] == [(id_, True, 2) for id_ in ids]


async def test_what_waits_for_longer_than_news_live_expires(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        for telegram_id in (1, 2, 3):
            await _owed(tx, clock, f"{telegram_id}", telegram_id=telegram_id)
        doubted, sending = await _take(tx, clock), await _take(tx, clock)
        await outbox.doubted(tx, doubted, due_at=clock(), why="reply lost")
        clock.advance(seconds=outbox.LIFE.total_seconds() - 1)
        assert await outbox.expire(tx, clock()) == 0
        clock.advance(seconds=1)
        assert await outbox.expire(tx, clock()) == 2
        assert await outbox.counts(tx) == {"in_doubt": 1, "expired": 1, "sending": 1}
        assert (await _look(tx, doubted))["state"] == "in_doubt"
        assert (await _look(tx, sending))["state"] == "sending"
        assert await _claim(tx, clock) == []
