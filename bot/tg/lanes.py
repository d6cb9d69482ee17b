"""Who waits to send: the messages of a chat in the order they came, the chats by when they may be written to.

Looking who is first costs the logarithm of how many chats wait, however many messages do.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from heapq import heappop, heappush, heapreplace


class Kind(Enum):
    """What waits, the most urgent first: an answer, a look at what stands in a chat, a briefing's message."""

    REPLY = 1
    LOOK = 2
    BRIEFING = 3


@dataclass(frozen=True, slots=True, eq=False)
class Waiter:
    """A call that waits: to which chat, since when, as which in all, and what to set when it may leave."""

    telegram_id: int
    kind: Kind
    joined_at: float
    number: int
    go: asyncio.Future[None]


class Lane:
    """Waiters of one kind.

    `ready_at` says when a chat's own limits let its next message through; it may only ever move later, except within
    the past.
    """

    def __init__(self, ready_at: Callable[[int], float]) -> None:
        self._ready_at = ready_at
        self._lines: dict[int, deque[Waiter]] = {}
        # a heap with an entry for each line: when it is its first waiter's turn, or earlier; that one's number; chat
        self._turns: list[tuple[float, int, int]] = []

    def join(self, waiter: Waiter) -> None:
        """Wait behind the others of this chat."""
        line = self._lines.get(waiter.telegram_id)
        if line is None:
            line = self._lines[waiter.telegram_id] = deque()
            heappush(self._turns, (waiter.joined_at, waiter.number, waiter.telegram_id))
        line.append(waiter)

    def leave(self, waiter: Waiter) -> None:
        """Wait no more, whether it was one's turn or not."""
        with suppress(KeyError, ValueError):
            self._lines[waiter.telegram_id].remove(waiter)

    def first(self) -> tuple[Waiter, float] | None:
        """Whose turn comes first, and since or from when it is; of several the one that came first. None: nobody's."""
        while self._turns:
            noted_at, number, telegram_id = self._turns[0]
            line = self._lines[telegram_id]
            if not line:
                del self._lines[telegram_id]
                heappop(self._turns)
                continue
            at = max(line[0].joined_at, self._ready_at(telegram_id))
            if (at, line[0].number) <= (noted_at, number):
                return line[0], at
            heapreplace(self._turns, (at, line[0].number, telegram_id))
        return None
