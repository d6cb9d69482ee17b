"""Working off what is due: many at a time, each as long as it takes, so that a slow one holds up no other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

LOOK_S = 1.0


async def work_off(
    claim: Callable[[int], Awaitable[Sequence[T]]], work: Callable[[T], Awaitable[int]], *, most: int
) -> int:
    """Claim and work until nothing is due and nothing runs; the sum of what the work returned.

    Args:
        claim: takes up to so many of what is due; asked again while the rest still runs, every second at least.
        work: does one.
        most: so many at a time.
    """
    running: set[asyncio.Task[int]] = set()
    total = 0
    clock = asyncio.get_running_loop().time
    look_at = clock()
    try:
        while True:
            free = most - len(running)
            if free and clock() >= look_at:
                claimed = await claim(free)
                running |= {asyncio.create_task(_one(work, each)) for each in claimed}
                look_at = clock() + (0.0 if len(claimed) == free else LOOK_S)
            if not running:
                return total
            done, running = await asyncio.wait(running, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            total += sum(task.result() for task in done)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _one(work: Callable[[T], Awaitable[int]], each: T) -> int:
    return await work(each)
