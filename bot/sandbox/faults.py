"""Troubles on demand: refusals, lost replies and slow answers, for tests of what a bot does about them."""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass

from bot.sandbox.errors import ApiError


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one call: a refusal, or (`error` None) the connection is cut without an answer.

    With `accept` the call takes effect first.
    """

    error: ApiError | None
    accept: bool


class Faults:
    """Planned faults by method, and the methods whose answers are held back."""

    def __init__(self) -> None:
        self._planned: dict[str, deque[Fault]] = defaultdict(deque)
        self._held: dict[str, asyncio.Event] = {}

    def plan(self, method: str, fault: Fault, times: int) -> None:
        """The next `times` calls of a method meet a fault."""
        self._planned[method.lower()].extend([fault] * times)

    def next(self, method: str) -> Fault | None:
        """The fault that this call meets, if any."""
        planned = self._planned[method.lower()]
        return planned.popleft() if planned else None

    def hold(self, method: str) -> None:
        """From now on the method's calls take effect but their answers wait."""
        self._held.setdefault(method.lower(), asyncio.Event())

    def release(self) -> None:
        """Let all held answers go."""
        for event in self._held.values():
            event.set()
        self._held.clear()

    async def held(self, method: str) -> None:
        """Wait until the method's answers may go."""
        if event := self._held.get(method.lower()):
            await event.wait()
