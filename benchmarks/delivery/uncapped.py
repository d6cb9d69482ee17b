"""What a message costs on its way to the Bot API: python-telegram-bot with its own client and with ours, and others.

Messages a second, and CPU milliseconds a message of the sending process alone. In each round the clients take turns.
Every answer comes after `LATENCY_S`, so a client that keeps 8 in flight can reach 160 a second and with 64 in flight
1,280. The sandbox itself, in its own process, needs about 0.5 ms a message.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from statistics import median

import aiogram
import aiohttp
import httpx
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from telegram import Bot
from telegram.request import BaseRequest, HTTPXRequest

from benchmarks.common.figures import line, spread, title
from benchmarks.common.processes import apart, sandbox_apart
from bot.tg.transport import AiohttpRequest

TOKEN = "42:TEST"
CHAT_ID = 2
TEXT = "<b>Bridge to close for three years</b>\n\n" + "• The river bridge closes on Monday, the council said.\n" * 6
IN_FLIGHT = (8, 64)
LATENCY_S = 0.05
WARM_UP = 100
PATIENCE_S = 60.0
OURS, STOCK, AIOGRAM = "python-telegram-bot, ours", "python-telegram-bot as it comes", "aiogram"

Send = Callable[[], Awaitable[object]]
Figures = tuple[float, float]


def table(messages: int, rounds: int) -> None:
    """Measure and print."""
    title(f"{messages:,} messages without a cap, {1000 * LATENCY_S:.0f} ms latency, {rounds} rounds")
    line("", *(f"{n} in flight: {what}" for n in IN_FLIGHT for what in ("msg/s", "CPU ms each")))
    with sandbox_apart(delay_s=LATENCY_S) as (url, _):
        found = apart(_all, url, messages, rounds)
    for name in _CLIENTS:
        columns = [list(zip(*found[name, n], strict=True)) for n in IN_FLIGHT]
        line(name, *(cell for per_s, cpu_ms in columns for cell in (spread(per_s), spread(cpu_ms, 2))))
    per_s = {name: median(each[0] for each in found[name, IN_FLIGHT[-1]]) for name in _CLIENTS}
    line(f"ours with {IN_FLIGHT[-1]} in flight", f"{per_s[OURS] / per_s[STOCK]:.1f} x stock",
         f"{per_s[OURS] / per_s[AIOGRAM]:.2f} x aiogram")  # fmt: skip


def _all(url: str, messages: int, rounds: int) -> dict[tuple[str, int], list[Figures]]:
    return asyncio.run(_taking_turns(url, messages, rounds))


async def _taking_turns(url: str, messages: int, rounds: int) -> dict[tuple[str, int], list[Figures]]:
    found: dict[tuple[str, int], list[Figures]] = {(name, n): [] for name in _CLIENTS for n in IN_FLIGHT}
    for _ in range(rounds):
        for name, n in found:
            async with _CLIENTS[name](url) as send:
                await _many(send, WARM_UP, n)
                found[name, n].append(await _measured(send, messages, n))
    return found


async def _measured(send: Send, messages: int, in_flight: int) -> Figures:
    began, cpu_began = time.perf_counter(), time.process_time()
    await _many(send, messages, in_flight)
    cpu_s, took_s = time.process_time() - cpu_began, time.perf_counter() - began
    return messages / took_s, 1000 * cpu_s / messages


async def _many(send: Send, messages: int, in_flight: int) -> None:
    left = iter(range(messages))

    async def work() -> None:
        for _ in left:
            await send()

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(work())


# ---- the clients ---------------------------------------------------------------------------------


@asynccontextmanager
async def _ptb(url: str, request: BaseRequest) -> AsyncIterator[Send]:
    async with Bot(TOKEN, base_url=f"{url}/bot", request=request) as bot:
        yield lambda: bot.send_message(CHAT_ID, TEXT, parse_mode="HTML")


def _stock(url: str) -> AbstractAsyncContextManager[Send]:
    """As a user gets it; only its patience is longer, for with its own 64 in flight end in errors."""
    return _ptb(url, HTTPXRequest(read_timeout=PATIENCE_S, pool_timeout=PATIENCE_S))


def _pooled(url: str) -> AbstractAsyncContextManager[Send]:
    limits = httpx.Limits(max_connections=256, max_keepalive_connections=256)
    return _ptb(url, HTTPXRequest(read_timeout=PATIENCE_S, pool_timeout=PATIENCE_S, httpx_kwargs={"limits": limits}))


def _ours(url: str) -> AbstractAsyncContextManager[Send]:
    return _ptb(url, AiohttpRequest(read_timeout=PATIENCE_S, pool_timeout=PATIENCE_S))


@asynccontextmanager
async def _aiogram(url: str) -> AsyncIterator[Send]:
    async with aiogram.Bot(TOKEN, AiohttpSession(api=TelegramAPIServer.from_base(url))) as bot:
        yield lambda: bot.send_message(CHAT_ID, TEXT, parse_mode="HTML")


@asynccontextmanager
async def _raw(url: str) -> AsyncIterator[Send]:
    form = {"chat_id": str(CHAT_ID), "text": TEXT, "parse_mode": "HTML"}
    async with aiohttp.ClientSession() as session:

        async def send() -> None:
            async with session.post(f"{url}/bot{TOKEN}/sendMessage", data=form) as answer:
                assert json.loads(await answer.read())["ok"]

        yield send


_CLIENTS: dict[str, Callable[[str], AbstractAsyncContextManager[Send]]] = {
    STOCK: _stock,
    "python-telegram-bot, large idle pool": _pooled,
    OURS: _ours,
    AIOGRAM: _aiogram,
    "aiohttp alone": _raw,
}
