"""One story to very many chats: from the news to the last delivery in the outbox.

Each round is a new story to the same chats, in a process that did nothing else before. While it runs, the lag of the
event loop and the process's memory are looked at every 5 ms, and a second writer asks for its turn all the time, as the
sender does that claims and records.
"""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psutil

from benchmarks.common.figures import line, percentile, spread, title
from benchmarks.common.processes import apart
from benchmarks.common.stores import fill, new_database, opened, tell
from bot.services.briefings import Briefings
from bot.services.presence import Presence
from bot.storage import outbox, subscriptions
from bot.storage.database import Database
from bot.tg.render import briefing_messages

LOOK_S = 0.005
ASK_S = 0.05


@dataclass(slots=True)
class Watch:
    """What was seen meanwhile: milliseconds of lag at each look, of waiting for a turn to write; highest MB."""

    lags_ms: list[float] = field(default_factory=list)
    turns_ms: list[float] = field(default_factory=list)
    highest_mb: float = 0.0


@dataclass(frozen=True, slots=True)
class Round:
    """One fan-out, in seconds, milliseconds and MB."""

    wake_s: float
    fan_out_s: float
    growth_mb: float
    lag_p99_ms: float
    lag_max_ms: float
    turn_max_ms: float


def table(chats: int, rounds: int, server: str) -> None:
    """Measure on both databases and print."""
    title(f"One story to {chats:,} chats, {rounds} rounds")
    line("", "SQLite", "PostgreSQL")
    found = [apart(_measured, kind, server, chats, rounds) for kind in ("sqlite", "postgresql")]
    for name, of, digits in (
        ("waking the subscriptions, s", "wake_s", 2),
        ("composing and enqueuing, s", "fan_out_s", 1),
        ("memory growth, MB", "growth_mb", 0),
        ("event loop lag, p99, ms", "lag_p99_ms", 1),
        ("event loop lag, most, ms", "lag_max_ms", 0),
        ("another writer waits at most, ms", "turn_max_ms", 0),
    ):
        line(name, *(spread([getattr(each, of) for each in figures], digits) for figures in found))


def _measured(kind: str, server: str, chats: int, rounds: int) -> list[Round]:
    with new_database(kind, server) as url:
        return asyncio.run(_rounds(url, chats, rounds))


async def _rounds(url: str, chats: int, rounds: int) -> list[Round]:
    async with opened(url) as database:
        async with database.write() as tx:
            await fill(tx, chats, datetime.now(UTC))
        return [await _round(database, f"Bridge to close for {n + 2} years", chats) for n in range(rounds)]


async def _round(database: Database, headline: str, chats: int) -> Round:
    before_mb = _rss_mb()
    seen = Watch(highest_mb=before_mb)
    watching = [asyncio.create_task(_look(seen)), asyncio.create_task(_ask(database, seen))]
    began = time.perf_counter()
    now = datetime.now(UTC)
    async with database.write() as tx:
        await tell(tx, headline, now)
        await subscriptions.wake_instant(tx, now)
    woken = time.perf_counter()
    owed = await Briefings(database, briefing_messages, Presence(database, _utc_now), _utc_now).brief_due()
    ended = time.perf_counter()
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    assert owed == chats, f"{owed} deliveries for {chats} chats"
    return Round(
        woken - began,
        ended - woken,
        seen.highest_mb - before_mb,
        percentile(seen.lags_ms, 0.99),
        max(seen.lags_ms),
        max(seen.turns_ms),
    )


async def _look(seen: Watch) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(LOOK_S)
        seen.lags_ms.append(1000 * (time.perf_counter() - began - LOOK_S))
        seen.highest_mb = max(seen.highest_mb, _rss_mb())


async def _ask(database: Database, seen: Watch) -> None:
    while True:
        began = time.perf_counter()
        async with database.write() as tx:
            seen.turns_ms.append(1000 * (time.perf_counter() - began))
            await outbox.put_back(tx, 0, due_at=_utc_now())
        await asyncio.sleep(ASK_S)


def _rss_mb() -> float:
    return float(psutil.Process().memory_info().rss) / 1e6


def _utc_now() -> datetime:
    return datetime.now(UTC)
