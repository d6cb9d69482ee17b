"""Message counters: one for private chats and basic groups together, one for each supergroup and channel."""

from bot.storage import counters
from bot.storage.database import Database


async def test_the_highest_id_of_each_counter_is_kept(database: Database) -> None:
    async with database.write() as tx:
        assert await counters.last(tx, 7) is None
        await counters.learn(tx, 7, 5)
        await counters.learn(tx, -4_000_000_000, 9)
        await counters.learn(tx, 8, 6)
        await counters.learn(tx, -1_000_000_000_001, 2**40)
        assert [await counters.last(tx, each) for each in (7, 99, -1)] == [9, 9, 9]
        assert await counters.last(tx, -1_000_000_000_001) == 2**40
        assert await counters.last(tx, -1_000_000_000_002) is None
