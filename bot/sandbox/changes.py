"""Waiting for something to change, without polling or sleeping."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """One pulse for everything: whoever waits looks again after each change."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.closed = False

    def notify(self) -> None:
        """Something changed: wake all who wait."""
        event, self._next = self._next, asyncio.Event()
        event.set()

    def close(self) -> None:
        """End all waiting, now and later."""
        self.closed = True
        self.notify()

    async def until(self, look: Callable[[], T], timeout_s: float) -> T:
        """What `look` returns once that is truthy, else what it returns at the end of time or of everything."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self.closed and not (found := look()):
                    await self._next.wait()
                return look() if self.closed else found
        except TimeoutError:
            return look()
