"""How far Telegram's updates have been taken, so that a restart neither repeats nor skips one."""

from bot.storage.sql import Tx, row, run

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
