"""Working off what is due: many at a time, each as long as it takes, so that a slow one holds up no other."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

LOOK_S = 1.0
LOOK_AGAIN_S = 0.05  # where more was due than there was room for
ROOM = 2  # one place in so many free is worth a look at once: a look costs more than most of the work


async def work_off(
    claim: Callable[[int], Awaitable[Sequence[T]]],
    work: Callable[[T], Awaitable[int]],
    *,
    most: int,
    settle: Callable[[], Awaitable[None]] | None = None,
) -> int:
    """Claim and work until nothing is due and nothing runs; the sum of what the work returned.

    Args:
        claim: takes up to so many of what is due; asked again while the rest still runs, every second at least.
        work: does one.
        most: so many at a time.
        settle: called after some work ended, once for all that ended meanwhile; none of it begins anew before.
    """
    running = _Running(work)
    clock = asyncio.get_running_loop().time
    total, look_at, more = 0, clock(), True
    try:
        while True:
            free = most - running.number
            if free and (clock() >= look_at or (more and free >= most // ROOM)):
                claimed = await claim(free)
                running.begin(claimed)
                more = len(claimed) == free
                look_at = clock() + (LOOK_AGAIN_S if more else LOOK_S)
            if not running.number and not more:
                return total
            total += await running.some(max(look_at - clock(), 0.0) if free else LOOK_S)
            if settle:
                await settle()
    finally:
        await running.cancel()


class _Running:
    """What runs; whoever waits is woken once for all that ended meanwhile."""

    def __init__(self, work: Callable[[T], Awaitable[int]]) -> None:
        self._work: Callable[..., Awaitable[int]] = work
        self._tasks: set[asyncio.Task[int]] = set()
        self._ended: list[asyncio.Task[int]] = []
        self._woken = asyncio.Event()

    @property
    def number(self) -> int:
        """Those whose end nobody has seen yet."""
        return len(self._tasks) + len(self._ended)

    def begin(self, each: Sequence[object]) -> None:
        for one in each:
            task = asyncio.ensure_future(self._one(one))
            self._tasks.add(task)
            task.add_done_callback(self._end)

    async def _one(self, one: object) -> int:
        return await self._work(one)

    def _end(self, task: asyncio.Task[int]) -> None:
        self._tasks.discard(task)
        self._ended.append(task)
        self._woken.set()

    async def some(self, most_s: float) -> int:
        """Wait for one to end, or so many seconds; the sum of those that ended. Raises what one of them raised."""
        timer = asyncio.get_running_loop().call_later(most_s, self._woken.set)
        await self._woken.wait()
        timer.cancel()
        self._woken.clear()
        ended, self._ended = self._ended, []
        return sum(task.result() for task in ended)

    async def cancel(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
