"""Notices that are owed to the admins: which sources are in trouble and were not told of yet.

Kept in `state`, each under `trouble:` and the source's number, so that a crash between noting and telling loses none.
"""

from datetime import datetime

from bot.storage.sql import Tx, rows, run
from bot.storage.state import set_moment

_PREFIX = "trouble:"


async def owe(tx: Tx, source_id: int, at: datetime) -> None:
    """The admins are to hear of this source."""
    await set_moment(tx, f"{_PREFIX}{source_id}", at)


async def owed(tx: Tx, most: int) -> tuple[int, ...]:
    """Up to `most` sources that the admins are to hear of."""
    found = await rows(tx, "SELECT key FROM state WHERE key LIKE 'trouble:%' ORDER BY key LIMIT :most", most=most)
    return tuple(int(str(each["key"])[len(_PREFIX) :]) for each in found)


async def settle(tx: Tx, source_id: int) -> None:
    """They heard of it, or need not any more."""
    await run(tx, "DELETE FROM state WHERE key = :key", key=f"{_PREFIX}{source_id}")
