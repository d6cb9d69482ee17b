"""`/latest` during a broadcast: how long readers wait for their answer while everybody gets a story.

`nutgraf run` in its own process, on SQLite, against the sandbox in this one. The asks come at random from readers who
get the broadcast as well; each is timed from the reader's message to the bot's answer in the sandbox.
"""

import asyncio
import os
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.common.figures import line, percentile, title
from benchmarks.common.processes import apart
from benchmarks.common.stores import FIRST_USER, fill, new_database, opened, tell
from bot.sandbox.server import Sandbox
from bot.storage import subscriptions
from bot.tg.locales import en as texts

LATENCY_S = 0.05
CHAT_RATES = (28.0, 100.0)
PATIENCE_S = 30.0
HEADLINE = "Bridge to close for three years"


@dataclass(frozen=True, slots=True)
class Asked:
    """Milliseconds until each answer; how many messages of the broadcast went out meanwhile, in how many seconds."""

    waits_ms: list[float]
    broadcast: int
    took_s: float


def table(chats: int, asks: int, seconds: float) -> None:
    """Measure and print."""
    title(f"/latest during a broadcast to {chats:,} chats, {asks} asks in {seconds:.0f} s")
    line("NUTGRAF_MESSAGES_PER_S", *(f"{rate:.0f}" for rate in CHAT_RATES))
    found = [apart(_measured, chats, asks, seconds, rate) for rate in CHAT_RATES]
    for name, share in (("p50", 0.5), ("p99", 0.99), ("most", 1.0)):
        line(f"answered after, {name}, ms", *(f"{percentile(each.waits_ms, share):.0f}" for each in found))
    line("broadcast meanwhile, messages/s", *(f"{each.broadcast / each.took_s:.1f}" for each in found))


def _measured(chats: int, asks: int, seconds: float, per_s: float) -> Asked:
    with new_database("sqlite", "") as url:
        asyncio.run(_prepare(url, chats))
        return asyncio.run(_ask_all(url, chats, asks, seconds, per_s))


async def _prepare(url: str, chats: int) -> None:
    """Old news to read, and one story that nobody was told yet."""
    now = datetime.now(UTC)
    async with opened(url) as database, database.write() as tx:
        for number in range(10):
            await tell(tx, f"Ferry timetable {number}", now)
        await fill(tx, chats, datetime.now(UTC))
        now = datetime.now(UTC)
        await tell(tx, HEADLINE, now)
        await subscriptions.wake_instant(tx, now)


async def _ask_all(url: str, chats: int, asks: int, seconds: float, per_s: float) -> Asked:
    async with Sandbox(now=lambda: datetime.now(UTC)) as sandbox:
        for number in range(chats):
            sandbox.add_user(FIRST_USER + number, f"Reader {number}")
        sandbox.delay_s = LATENCY_S
        async with _service(sandbox, url, per_s):
            await sandbox.wait_for(lambda: _told(sandbox))
            before, began = _told(sandbox), time.perf_counter()
            chance = random.Random(0)
            asking = []
            for user in chance.sample(range(FIRST_USER, FIRST_USER + chats), asks):
                asking.append(asyncio.create_task(_ask(sandbox, user)))
                await asyncio.sleep(chance.expovariate(asks / seconds))
            waits_ms = list(await asyncio.gather(*asking))
            broadcast = _told(sandbox) - before
            assert _told(sandbox) < chats, "the broadcast ended before the asking"
            return Asked(waits_ms, broadcast, time.perf_counter() - began)


async def _ask(sandbox: Sandbox, user: int) -> float:
    chat = sandbox.world.chats[user]

    def answered() -> bool:
        return any(
            message.author.is_bot and message.text.startswith(texts.LATEST) for message in chat.messages.values()
        )

    began = time.perf_counter()
    sandbox.message(user, user, "/latest")
    await sandbox.wait_for(answered, PATIENCE_S)
    return 1000 * (time.perf_counter() - began)


def _told(sandbox: Sandbox) -> int:
    """How many chats were told."""
    chats = sandbox.world.chats
    return sum(any(m.text.startswith(HEADLINE) for m in chats[user].messages.values()) for user in chats if user > 100)


@asynccontextmanager
async def _service(sandbox: Sandbox, url: str, per_s: float) -> AsyncIterator[None]:
    environ = os.environ | {
        "NUTGRAF_TELEGRAM_TOKEN": sandbox.token,
        "NUTGRAF_TELEGRAM_API_URL": sandbox.api_url,
        "NUTGRAF_DATABASE_URL": url,
        "NUTGRAF_MESSAGES_PER_S": str(per_s),
        "NUTGRAF_HTTP_ADDRESS": "",
    }
    service = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "run", env=environ, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        service.terminate()
        await service.wait()
