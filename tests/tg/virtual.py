"""Time that passes only while somebody sleeps."""

import asyncio


class Time:
    """A clock and its sleep; a sleep ends at once, and the clock has moved on by it."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        for _ in range(5):  # whoever is ready goes first
            await asyncio.sleep(0)
        self.now = max(self.now, until)
