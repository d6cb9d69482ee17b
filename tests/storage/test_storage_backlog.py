"""The backlog: what waits too long is found, and folded as a whole or not at all."""

from datetime import timedelta

from bot.domain.models import Chat, Message, Owed
from bot.storage import backlog, chats, outbox, stories
from bot.storage.backlog import Waiting
from bot.storage.database import Database
from bot.storage.sql import Tx, row, rows
from bot.storage.times import to_ms
from tests.conftest import Clock
from tests.storage.making import add_chat, add_source, add_story

HOUR = timedelta(hours=1)
LEASE = timedelta(minutes=2)


async def _owe(tx: Tx, chat: Chat, clock: Clock, slot: str, *texts: str, told: tuple[int, ...] = ()) -> int:
    """A briefing that becomes stale in an hour; its id."""
    messages = tuple(Message(html) for html in texts)
    owed = Owed(chat.id, slot, clock(), messages, told, stale_at=clock() + HOUR)
    return (await outbox.add(tx, [owed], clock()))[chat.id, slot]


async def _stories(tx: Tx, clock: Clock, count: int) -> list[int]:
    source = await add_source(tx, clock())
    return [await add_story(tx, source, clock(), f"{number}") for number in range(count)]


async def test_chats_with_stale_messages_the_longest_stale_first(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        first, second, asleep, never = [await add_chat(tx, clock(), number) for number in (1, 2, 3, 4)]
        await _owe(tx, second, clock, "a", "x")
        clock.advance(seconds=60)
        await _owe(tx, first, clock, "a", "x", "y")
        await _owe(tx, second, clock, "b", "x")
        await _owe(tx, asleep, clock, "a", "x")
        await chats.sleep(tx, 3, "blocked", clock())
        await outbox.add(tx, [Owed(never.id, "a", clock(), (Message("x"),))], clock())
        clock.advance(seconds=HOUR.total_seconds() - 1)
        assert await backlog.stale_chats(tx, clock(), 9) == (second.id,)
        clock.advance(seconds=1)
        assert await backlog.stale_chats(tx, clock(), 9) == (second.id, first.id)
        assert await backlog.stale_chats(tx, clock(), 1) == (second.id,)
        await backlog.look_again(tx, second.id, clock(), clock() + HOUR)
        assert await backlog.stale_chats(tx, clock(), 9) == (first.id,)
        assert await backlog.stale_chats(tx, clock() + HOUR, 9) == (first.id, second.id)


async def test_what_can_be_folded_are_briefings_of_which_nothing_went_out(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat, known = await add_chat(tx, clock()), await _stories(tx, clock, 4)
        assert await backlog.foldable(tx, chat.id) == ()
        await _owe(tx, chat, clock, "half sent", "1", "2", told=(known[0],))
        (half,) = await outbox.claim(tx, clock(), clock() + LEASE, 9)
        await outbox.sent(tx, half.id, message_id=1, at=clock())
        doubted = await _owe(tx, chat, clock, "doubted", "3", told=(known[1],))
        whole = await _owe(tx, chat, clock, "whole", "4", "5", told=(known[3], known[2]))
        await outbox.add(tx, [Owed(chat.id, "a notice", clock(), (Message("6"),))], clock())
        (second,) = await outbox.claim(tx, clock(), clock() + LEASE, 9)
        await outbox.sent(tx, second.id, message_id=2, at=clock())
        (third,) = await outbox.claim(tx, clock(), clock() + LEASE, 9)
        await outbox.doubted(tx, third.id, due_at=clock(), why="reply lost")
        assert await backlog.foldable(tx, chat.id) == (Waiting(whole, clock(), (known[3], known[2])),)
        await outbox.claim(tx, clock(), clock() + LEASE, 9)
        await outbox.cleared(tx, third.id, proven=False, after_id=None)
        await outbox.postponed(tx, third.id, due_at=clock(), why="asked to wait")
        assert doubted not in {each.briefing_id for each in await backlog.foldable(tx, chat.id)}


async def test_a_part_that_is_being_claimed_keeps_its_briefing_out(postgresql_database: Database, clock: Clock) -> None:
    async with postgresql_database.write() as tx:
        chat = await add_chat(tx, clock())
        await _owe(tx, chat, clock, "a", "1", "2")
        other = await _owe(tx, chat, clock, "b", "3", "4")
    async with postgresql_database.write() as claiming, postgresql_database.write() as folding:
        assert len(await outbox.claim(claiming, clock(), clock() + LEASE, 9)) == 1
        assert [each.briefing_id for each in await backlog.foldable(folding, chat.id)] == [other]


async def test_folding_replaces_what_waits_and_keeps_its_time_and_stories(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        chat, known = await add_chat(tx, clock()), await _stories(tx, clock, 3)
        first = await _owe(tx, chat, clock, "a", "1", "2", told=(known[0], known[1]))
        second = await _owe(tx, chat, clock, "b", "3", told=(known[2],))
        (claimed,) = await outbox.claim(tx, clock(), clock() + LEASE, 9)
        await outbox.postponed(tx, claimed.id, due_at=clock() + 2 * HOUR, why="asked to wait")
        waiting = (Waiting(first, clock(), ()), Waiting(second, clock(), ()))
        order = (known[2], known[0], known[1])
        into = await _owe(tx, chat, clock, "away@1", "while away", told=order)
        await backlog.fold(tx, waiting, into=into, story_ids=order, at=clock())
        assert await outbox.counts(tx) == {"folded": 3, "waiting": 1}
        folded = await rows(tx, "SELECT folded_into, settled_at_ms FROM deliveries WHERE state = 'folded'")
        assert {(each["folded_into"], each["settled_at_ms"]) for each in folded} == {(into, to_ms(clock()))}
        left = await row(tx, "SELECT due_at_ms FROM deliveries WHERE briefing_id = :into", into=into)
        assert left is not None
        assert left["due_at_ms"] == to_ms(clock() + 2 * HOUR)  # Telegram had asked to wait
        page, total = await stories.of_briefing(tx, chat.id, "away@1", limit=2, offset=1)
        assert ([each.id for each in page], total) == ([known[0], known[1]], 3)
        assert (await stories.of_briefing(tx, chat.id, "a", limit=9, offset=0)) == ((), 0)
