"""Telegram's message counters, as far as we know them: a message gets a higher id than any before it on its counter.

A bot has one counter for all its private chats and basic groups; a supergroup or channel has its own.
"""

from bot.storage.sql import Tx, row, run

SHARED = 0
_FIRST_OF_ITS_OWN = -1_000_000_000_000  # supergroups and channels have ids below it


def counter_of(telegram_id: int) -> int:
    """The counter that gives a chat's messages their ids."""
    return telegram_id if telegram_id < _FIRST_OF_ITS_OWN else SHARED


async def learn(tx: Tx, telegram_id: int, message_id: int) -> None:
    """A message with this id is in that chat."""
    await run(
        tx,
        """
        INSERT INTO message_counters (counter_id, message_id) VALUES (:counter_id, :message_id)
            ON CONFLICT (counter_id) DO UPDATE SET message_id = excluded.message_id
         WHERE message_counters.message_id < excluded.message_id
        """,
        counter_id=counter_of(telegram_id),
        message_id=message_id,
    )


async def last(tx: Tx, telegram_id: int) -> int | None:
    """The highest id known on a chat's counter."""
    sql = "SELECT message_id FROM message_counters WHERE counter_id = :counter_id"
    found = await row(tx, sql, counter_id=counter_of(telegram_id))
    return int(found["message_id"]) if found else None
