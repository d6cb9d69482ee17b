"""Work in a process of its own, so that what one part leaves behind does not weigh on another; the sandbox too."""

import asyncio
import multiprocessing
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from typing import TypeVar, TypeVarTuple

from benchmarks.common.stores import FIRST_USER
from bot.sandbox.limits import Limits
from bot.sandbox.server import Sandbox

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

SPAWNING = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Taken:
    """What the sandbox took: how many messages, the seconds from the first to the last, how many 429s it answered."""

    messages: int
    took_s: float
    refusals: int


def apart(function: Callable[[*Ts], T], *args: *Ts) -> T:
    """What `function` returns, called in a new process."""
    with ProcessPoolExecutor(1, mp_context=SPAWNING) as pool:
        return pool.submit(function, *args).result()


@contextmanager
def sandbox_apart(
    *, users: int = 0, delay_s: float = 0.0, limits: Limits | None = None
) -> Iterator[tuple[str, Callable[[], Taken]]]:
    """A sandbox in its own process: its address, and what asks it what it took from its `users`' chats."""
    ours, theirs = SPAWNING.Pipe()
    process = SPAWNING.Process(target=_serve, args=(theirs, users, delay_s, limits), daemon=True)
    process.start()

    def taken() -> Taken:
        ours.send("taken")
        found: Taken = ours.recv()
        return found

    try:
        yield ours.recv(), taken
    finally:
        ours.send("stop")
        process.join()


def _serve(pipe: "Connection[object, object]", users: int, delay_s: float, limits: Limits | None) -> None:
    asyncio.run(_sandbox(pipe, users, delay_s, limits))


async def _sandbox(pipe: "Connection[object, object]", users: int, delay_s: float, limits: Limits | None) -> None:
    async with Sandbox(now=lambda: datetime.now(UTC)) as sandbox:
        for number in range(users):
            sandbox.add_user(FIRST_USER + number, f"Reader {number}")
        sandbox.delay_s, sandbox.limits = delay_s, limits
        at: list[float] = []
        stamping = asyncio.create_task(_stamp(sandbox, users, at))
        pipe.send(sandbox.url)
        while await asyncio.to_thread(pipe.recv) == "taken":
            pipe.send(Taken(len(at), at[-1] - at[0] if at else 0.0, sum(sandbox.refusals.values())))
        stamping.cancel()
        await asyncio.gather(stamping, return_exceptions=True)


async def _stamp(sandbox: Sandbox, users: int, at: list[float]) -> None:
    """Note when each message came."""
    chats = [sandbox.world.chats[FIRST_USER + number] for number in range(users)]

    def new() -> int:
        return sum(len(chat.messages) for chat in chats) - len(at)

    while users:
        came = await sandbox.wait_for(new, timeout_s=3600)
        at.extend([time.monotonic()] * came)
