"""When a message may leave: Telegram's limits kept before Telegram has to remind us.

Promises: all chats together at most `per_s` a second with no bursts; one chat at most `chat_per_s`, of which replies
may take up to five at once; a group or channel at most 20 in any minute. Replies go before everything else that waits.
A chat that Telegram asked to leave alone is left alone; when several chats are, all are.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

REPLY_BURST = 5
GROUP_MESSAGES = 20
GROUP_WINDOW_S = 60.0
MANY_CHATS = 3  # so many chats asked to wait within the window below: then it is about the whole bot
MANY_WINDOW_S = 10.0
MOST_CHATS_KEPT = 10_000


@dataclass(slots=True, eq=False)
class _Waiter:
    telegram_id: int
    reply: bool
    go: asyncio.Future[None]


@dataclass(slots=True)
class _Chat:
    """`paid_until_at`: the instant up to which its messages are paid for; `sent_at`: the last of a group."""

    paid_until_at: float = 0.0
    held_until_at: float = 0.0
    sent_at: deque[float] = field(default_factory=lambda: deque(maxlen=GROUP_MESSAGES))


class Pacing:
    """Gives out turns to send."""

    def __init__(
        self,
        per_s: float,
        chat_per_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._interval_s = 1 / per_s
        self._chat_interval_s = 1 / chat_per_s
        self._clock = clock
        self._sleep = sleep
        self._free_at = 0.0
        self._chats: dict[int, _Chat] = {}
        self._holds: deque[tuple[float, int]] = deque(maxlen=50)
        self._waiting: deque[_Waiter] = deque()
        self._changed = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def turn(self, telegram_id: int, *, reply: bool = False) -> None:
        """Wait until a message to this chat may leave; the caller then sends it at once."""
        waiter = _Waiter(telegram_id, reply, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        self._changed.set()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._give_out())
        try:
            await waiter.go
        except asyncio.CancelledError:
            with suppress(ValueError):
                self._waiting.remove(waiter)
            self._changed.set()
            raise

    def hold(self, telegram_id: int, seconds: float) -> None:
        """Telegram asked to leave this chat alone for so long."""
        now = self._clock()
        chat = self._chat(telegram_id)
        chat.held_until_at = max(chat.held_until_at, now + seconds)
        self._holds.append((now, telegram_id))
        if len({other for at, other in self._holds if at > now - MANY_WINDOW_S}) >= MANY_CHATS:
            self._free_at = max(self._free_at, now + seconds)

    async def _give_out(self) -> None:
        while self._waiting:
            self._changed.clear()
            now = self._clock()
            waiter, ready_at = self._next(now)
            if ready_at > now:
                await self._nap(ready_at - now)
                continue
            self._waiting.remove(waiter)
            if not waiter.go.done():
                self._pay(waiter.telegram_id, now)
                waiter.go.set_result(None)

    def _next(self, now: float) -> tuple[_Waiter, float]:
        """Who goes next and when: of those that are ready a reply, else the longest waiting; else the first ready."""
        free_at = max(self._free_at, now)
        ready = ((waiter, max(free_at, self._ready_at(waiter))) for waiter in self._waiting)
        return min(ready, key=lambda pair: (pair[1], not pair[0].reply))

    def _ready_at(self, waiter: _Waiter) -> float:
        chat = self._chats.get(waiter.telegram_id)
        if chat is None:
            return 0.0
        advance_s = (REPLY_BURST - 1) * self._chat_interval_s if waiter.reply else 0.0
        ready_at = max(chat.paid_until_at - advance_s, chat.held_until_at)
        if len(chat.sent_at) == GROUP_MESSAGES:
            ready_at = max(ready_at, chat.sent_at[0] + GROUP_WINDOW_S)
        return ready_at

    def _pay(self, telegram_id: int, now: float) -> None:
        self._free_at = max(self._free_at, now) + self._interval_s
        chat = self._chat(telegram_id)
        chat.paid_until_at = max(chat.paid_until_at, now) + self._chat_interval_s
        if telegram_id < 0:
            chat.sent_at.append(now)

    def _chat(self, telegram_id: int) -> _Chat:
        if len(self._chats) > MOST_CHATS_KEPT:
            self._forget()
        return self._chats.setdefault(telegram_id, _Chat())

    def _forget(self) -> None:
        """Drop the chats that owe no waiting any more."""
        now = self._clock()
        self._chats = {
            telegram_id: chat
            for telegram_id, chat in self._chats.items()
            if max(chat.paid_until_at, chat.held_until_at, max(chat.sent_at, default=0.0) + GROUP_WINDOW_S) > now
        }

    async def _nap(self, seconds: float) -> None:
        """Sleep until then, or until somebody new waits."""
        naps = [asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._changed.wait())]
        try:
            await asyncio.wait(naps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for nap in naps:
                nap.cancel()
