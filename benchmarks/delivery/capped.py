"""The whole chain against Telegram's limits: how much of the cap is used, and how often Telegram has to remind us.

Outbox in SQLite → `Deliveries` → `TelegramSender` with its pacing → the sandbox, in its own process, which keeps the
limits. Between the first message and the last that it takes.
"""

import asyncio
from datetime import UTC, datetime, timedelta

from telegram import Bot

from benchmarks.common.figures import line, spread, title
from benchmarks.common.processes import Taken, apart, sandbox_apart
from benchmarks.common.stores import fill, new_database, opened
from bot.domain.models import Message, Owed
from bot.sandbox.limits import Limits
from bot.services.delivery import Deliveries
from bot.services.routes import Routes
from bot.storage import outbox
from bot.storage.database import Tx
from bot.storage.sql import rows
from bot.tg.pacing import Pacing
from bot.tg.sender import TelegramSender
from bot.tg.transport import AiohttpRequest

TOKEN = "42:TEST"
CAP_PER_S = 28.0
LATENCY_S = 0.05
TEXT = "<b>Bridge to close for three years</b>\n\n" + "• The river bridge closes on Monday, the council said.\n" * 3


def table(chats: int, rounds: int) -> None:
    """Measure and print."""
    title(f"{chats:,} chats at {CAP_PER_S:.0f} a second, Telegram's limits kept by the sandbox, {rounds} rounds")
    found = [_round(chats) for _ in range(rounds)]
    line("of the cap used, %", spread([100 * (each.messages - 1) / each.took_s / CAP_PER_S for each in found], 1))
    line("answers of 429", spread([float(each.refusals) for each in found]))


def _round(chats: int) -> Taken:
    limits = Limits()
    with (
        sandbox_apart(users=chats, delay_s=LATENCY_S, limits=limits) as (url, taken),
        new_database("sqlite", "") as store,
    ):
        apart(_send_all, url, store, chats)
        found = taken()
    assert found.messages == chats, f"{found.messages} messages for {chats} chats"
    return found


def _send_all(url: str, store: str, chats: int) -> None:
    asyncio.run(_sending(url, store, chats))


async def _sending(url: str, store: str, chats: int) -> None:
    bot = Bot(TOKEN, base_url=f"{url}/bot", request=AiohttpRequest())
    async with opened(store) as database, bot:
        async with database.write() as tx:
            await fill(tx, chats, _utc_now())
            await _owe(tx, _utc_now())
        routes = Routes(frozenset(), lambda _: ())
        deliveries = Deliveries(database, TelegramSender(bot, Pacing(CAP_PER_S, 1.0)), routes, _utc_now)
        sent = 0
        while sent < chats:
            sent += (await deliveries.flush()).sent
            await asyncio.sleep(0.1)


async def _owe(tx: Tx, now: datetime) -> None:
    ids = [int(each["id"]) for each in await rows(tx, "SELECT id FROM chats ORDER BY id")]
    message = Message(TEXT)
    await outbox.add(
        tx, [Owed(id_, "benchmark", now, (message,), stale_at=now + timedelta(hours=1)) for id_ in ids], now
    )


def _utc_now() -> datetime:
    return datetime.now(UTC)
