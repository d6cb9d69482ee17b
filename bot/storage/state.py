"""Single moments that outlive a process."""

from datetime import datetime

from bot.storage.sql import Tx, row, run
from bot.storage.times import from_ms, to_ms


async def moment(tx: Tx, key: str) -> datetime | None:
    """The moment kept under this name."""
    found = await row(tx, "SELECT value FROM state WHERE key = :key", key=key)
    return from_ms(int(found["value"])) if found else None


async def set_moment(tx: Tx, key: str, at: datetime) -> None:
    """Keep a moment."""
    await run(
        tx,
        "INSERT INTO state (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        key=key,
        value=str(to_ms(at)),
    )
