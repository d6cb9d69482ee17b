"""Telegram's message counters: the highest message id that is known of each.

A bot has one counter for all its private chats and basic groups together; a supergroup or channel has its own. So what
was sent after the highest known id has a higher one.
"""

from bot.storage.sql import Tx, row, run

_SHARED = 0
_HIGHEST_OWN = -1_000_000_000_000  # ids of supergroups and channels lie below (Bot API, dialog ids)


def counter_of(telegram_id: int) -> int:
    """The counter that gives a chat's messages their ids."""
    return _SHARED if telegram_id > _HIGHEST_OWN else telegram_id


async def learn(tx: Tx, telegram_id: int, message_id: int) -> None:
    """This message stands in this chat; the counter has come at least so far."""
    await run(
        tx,
        """
        INSERT INTO message_counters (counter_id, message_id) VALUES (:counter_id, :message_id)
        ON CONFLICT (counter_id) DO UPDATE SET message_id = excluded.message_id
                WHERE excluded.message_id > message_counters.message_id
        """,
        counter_id=counter_of(telegram_id),
        message_id=message_id,
    )


async def last(tx: Tx, telegram_id: int) -> int | None:
    """The highest message id known of this chat's counter; None: none yet."""
    sql = "SELECT message_id FROM message_counters WHERE counter_id = :counter_id"
    found = await row(tx, sql, counter_id=counter_of(telegram_id))
    return int(found["message_id"]) if found else None
