"""Offers: what a message with buttons needs to remember, longer than a process lives and no longer than its time.

Kept in `state`, each under `offer:` and its number. Their content is the caller's; the oldest go when there are many.
"""

from datetime import datetime

from bot.storage.sql import Tx, row, rows, run
from bot.storage.times import to_ms

MOST_OFFERS = 200

_PREFIX = "offer:"


async def keep(tx: Tx, content: str, now: datetime, until: datetime) -> int:
    """Keep an offer and return its number; what has expired is dropped."""
    kept = await _numbers(tx, now)
    for number in kept[: max(0, len(kept) - MOST_OFFERS + 1)]:
        await drop(tx, number)
    number = max([to_ms(now), *(each + 1 for each in kept)])
    value = f"{to_ms(until)} {content}"
    await run(tx, "INSERT INTO state (key, value) VALUES (:key, :value)", key=f"{_PREFIX}{number}", value=value)
    return number


async def get(tx: Tx, number: int, now: datetime) -> str | None:
    """The content of an offer; None if it has expired or never was."""
    found = await row(tx, "SELECT value FROM state WHERE key = :key", key=f"{_PREFIX}{number}")
    until, _, content = str(found["value"]).partition(" ") if found else ("0", "", "")
    return content if int(until) > to_ms(now) else None


async def drop(tx: Tx, number: int) -> None:
    """Forget an offer."""
    await run(tx, "DELETE FROM state WHERE key = :key", key=f"{_PREFIX}{number}")


async def _numbers(tx: Tx, now: datetime) -> list[int]:
    """The numbers of the offers that still hold, oldest first; the others are dropped."""
    found = await rows(tx, "SELECT key, value FROM state WHERE key LIKE 'offer:%'")
    until = {int(str(each["key"])[len(_PREFIX) :]): int(str(each["value"]).partition(" ")[0]) for each in found}
    for number in [number for number, at in until.items() if at <= to_ms(now)]:
        await drop(tx, number)
        del until[number]
    return sorted(until)
