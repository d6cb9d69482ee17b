"""How far Telegram's updates have been taken, so that a restart neither repeats nor skips one."""

from datetime import datetime

from bot.storage.sql import Tx, row, rows, run

_KEY = "update_offset"


async def offset(tx: Tx) -> int:
    """The `update_id` to ask for next; 0: none was taken yet."""
    found = await row(tx, "SELECT value FROM state WHERE key = :key", key=_KEY)
    return int(found["value"]) if found else 0


async def set_offset(tx: Tx, update_id: int) -> None:
    """Ask for `update_id` and later ones from now on."""
    await run(
        tx,
        "INSERT INTO state (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        key=_KEY,
        value=str(update_id),
    )


async def is_open(tx: Tx, telegram_id: int) -> bool:
    """Whether an update of that chat is being handled, so that an answer may be under way."""
    sql = "SELECT 1 AS found FROM updates WHERE done_at_ms IS NULL AND telegram_id = :telegram_id LIMIT 1"
    return await row(tx, sql, telegram_id=telegram_id) is not None


async def answers_of(tx: Tx, telegram_id: int, since: datetime) -> frozenset[int]:
    """The ids of the messages that were sent in answer in that chat since then."""
    sql = "SELECT answers FROM updates WHERE done_at_ms >= :since AND telegram_id = :telegram_id AND answers <> ''"
    found = await rows(tx, sql, since=since, telegram_id=telegram_id)
    return frozenset(int(message_id) for each in found for message_id in each["answers"].split(","))


async def forget(tx: Tx, before: datetime) -> int:
    """Drop what was done by then; how many."""
    return await run(tx, "DELETE FROM updates WHERE done_at_ms <= :before", before=before)
