"""What a message costs on its way to the Bot API: python-telegram-bot with its own client and with ours, and others.

    python -m benchmarks.transport [--messages 1000] [--rounds 3]

Sends messages to a sandbox in another process and prints messages a second and CPU milliseconds a message, of this
process alone: the median of the rounds, and in brackets the lowest and the highest, since other work on the machine
shows in both. In each round the clients take turns. The sandbox needs about 0.4 ms a message in its own process, so the
messages a second of the fast clients are the sandbox's limit, not theirs.
"""

import argparse
import asyncio
import json
import multiprocessing
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from statistics import median

import aiogram
import aiohttp
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from telegram import Bot
from telegram.request import BaseRequest, HTTPXRequest

from bot.sandbox.server import Sandbox
from bot.tg.transport import AiohttpRequest

TOKEN = "42:TEST"
CHAT_ID = 2
TEXT = "<b>Bridge to close for three years</b>\n\n" + "• The river bridge closes on Monday, the council said.\n" * 6
IN_FLIGHT = (8, 64)
WARM_UP = 100
PATIENCE_S = 60.0

Send = Callable[[], Awaitable[object]]
Figures = tuple[float, float]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1000, help="in each round, for each client")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    sandbox = spawning.Process(target=_serve, args=(theirs,), daemon=True)
    sandbox.start()
    try:
        asyncio.run(_table(ours.recv(), asked.messages, asked.rounds))
    finally:
        ours.send("stop")
        sandbox.join()


async def _table(url: str, messages: int, rounds: int) -> None:
    print(f"{messages} messages a round, {rounds} rounds")
    print(f"{'':36}", *(f"{f'{n} in flight: msg/s':>26}{'CPU ms a message':>24}" for n in IN_FLIGHT))
    found: dict[tuple[str, int], list[Figures]] = {(name, n): [] for name in _CLIENTS for n in IN_FLIGHT}
    for _ in range(rounds):
        for name, n in found:
            async with _CLIENTS[name](url) as send:
                await _many(send, WARM_UP, n)
                found[name, n].append(await _measured(send, messages, n))
    for name in _CLIENTS:
        columns = [zip(*found[name, n], strict=True) for n in IN_FLIGHT]
        print(f"{name:36}", *(f"{_spread(per_s, 0):>26}{_spread(cpu_ms, 2):>24}" for per_s, cpu_ms in columns))


def _spread(figures: Sequence[float], digits: int) -> str:
    return f"{median(figures):.{digits}f} ({min(figures):.{digits}f}-{max(figures):.{digits}f})"


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
    return _ptb(url, HTTPXRequest(connection_pool_size=256, read_timeout=PATIENCE_S, pool_timeout=PATIENCE_S))


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
    "python-telegram-bot, its own client": _stock,
    "python-telegram-bot, ours": _ours,
    "aiogram": _aiogram,
    "aiohttp alone": _raw,
}


# ---- the sandbox ---------------------------------------------------------------------------------


def _serve(pipe: "Connection[str, str]") -> None:
    asyncio.run(_sandbox(pipe))


async def _sandbox(pipe: "Connection[str, str]") -> None:
    async with Sandbox(now=lambda: datetime.now(UTC), token=TOKEN) as sandbox:
        pipe.send(sandbox.url)
        await asyncio.to_thread(pipe.recv)


if __name__ == "__main__":
    main()
