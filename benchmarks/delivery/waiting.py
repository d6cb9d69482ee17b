"""A million deliveries waiting: what the outbox's steps cost that run every second or every minute."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from benchmarks.common.figures import line, spread, title
from benchmarks.common.processes import apart
from benchmarks.common.stores import analyse, fill, new_database, opened
from bot.storage import backlog, outbox
from bot.storage.database import Database, Tx
from bot.storage.sql import run

CHATS = 100_000
MOST = 8
LEASE = timedelta(minutes=10)

_CONTENT = """
    INSERT INTO contents (digest, message) VALUES ('0', '{"html": "x", "keyboard": [], "preview_url": null}')
"""
_BRIEFINGS = """
    INSERT INTO briefings (chat_id, slot, due_at_ms, composed_at_ms)
    SELECT id, CAST(:slot AS TEXT), :at, :at FROM chats
"""
_DELIVERIES = """
    INSERT INTO deliveries (briefing_id, part, chat_id, content_id, state, due_at_ms, stale_at_ms, expires_at_ms)
    SELECT b.id, 0, b.chat_id, 1, 'waiting', :at, :stale_at, :expires_at FROM briefings b
     WHERE b.slot = CAST(:slot AS TEXT)
"""

Step = Callable[[Tx], Awaitable[object]]


def table(deliveries: int, rounds: int, server: str) -> None:
    """Measure on both databases and print."""
    title(f"{deliveries:,} deliveries waiting for {min(CHATS, deliveries):,} chats, {rounds} rounds, ms")
    line("", "SQLite", "PostgreSQL")
    found = [apart(_measured, kind, server, deliveries, rounds) for kind in ("sqlite", "postgresql")]
    for name in found[0]:
        line(name, *(spread(figures[name], 1) for figures in found))


def _measured(kind: str, server: str, deliveries: int, rounds: int) -> dict[str, list[float]]:
    with new_database(kind, server) as url:
        return asyncio.run(_steps(url, deliveries, rounds))


async def _steps(url: str, deliveries: int, rounds: int) -> dict[str, list[float]]:
    async with opened(url) as database:
        now = datetime.now(UTC)
        await _fill(database, deliveries, now)
        found: dict[str, list[float]] = {}
        for round_ in range(rounds):
            for name, step in _each_step(now + timedelta(seconds=1 + round_)).items():
                found.setdefault(name, []).append(await _timed(database, step))
        return found


def _each_step(now: datetime) -> dict[str, Step]:
    return {
        f"a claim of {MOST}, the longest due first": lambda tx: outbox.claim(tx, now, now + LEASE, MOST),
        f"a claim of {MOST}, the newest first": lambda tx: outbox.claim(tx, now, now + LEASE, MOST, newest=True),
        "nothing to expire": lambda tx: outbox.expire(tx, now),
        "nothing to fold": lambda tx: backlog.stale_chats(tx, now, 100),
        "nothing to recover": lambda tx: outbox.recover(tx, now),
    }


async def _timed(database: Database, step: Step) -> float:
    began = time.perf_counter()
    async with database.write(durable=True) as tx:
        await step(tx)
    return 1000 * (time.perf_counter() - began)


async def _fill(database: Database, deliveries: int, now: datetime) -> None:
    """All due now, ten to a chat, of which only the first may go; none stale, none expired."""
    stale_at, expires_at = now + timedelta(hours=1), now + outbox.LIFE
    async with database.write() as tx:
        await fill(tx, min(CHATS, deliveries), now)
        await run(tx, _CONTENT)
    for number in range(max(1, deliveries // CHATS)):
        at = now + timedelta(milliseconds=number)
        async with database.write() as tx:
            await run(tx, _BRIEFINGS, slot=str(number), at=at)
            await run(tx, _DELIVERIES, slot=str(number), at=at, stale_at=stale_at, expires_at=expires_at)
    async with database.write() as tx:
        await analyse(tx, "briefings", "contents", "deliveries")
