"""When a message may leave: Telegram's limits kept before Telegram has to remind us.

Promises: all chats together at most `per_s` a second with no bursts; one chat at most `chat_per_s`, of which replies
may take up to five at once; a group or channel at most 20 in any minute. Replies go before everything else that waits,
and what is ready longest goes first. A chat that Telegram asked to leave alone is left alone; when three chats are
within a second, all are. A look at what stands in a chat is no message: only the rate of all together and a chat's
wish to be left alone hold it back.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from bot.tg.lanes import Kind, Lane, Waiter

REPLY_BURST = 5
GROUP_MESSAGES = 20
GROUP_WINDOW_S = 60.0
MANY_CHATS = 3  # so many chats asked to wait within the window below: then it is about the whole bot
MANY_WINDOW_S = 1.0
MOST_CHATS_KEPT = 10_000


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
        self._numbers = count()
        # in the order of urgency: of two whose turn comes at once, the first is taken
        self._lanes = {kind: Lane(partial(self._ready_at, kind=kind)) for kind in Kind}
        self._changed = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def turn(self, telegram_id: int, kind: Kind = Kind.BRIEFING) -> None:
        """Wait until a message to this chat may leave; the caller then sends it at once."""
        go = asyncio.get_running_loop().create_future()
        waiter = Waiter(telegram_id, kind, self._clock(), next(self._numbers), go)
        self._lanes[kind].join(waiter)
        self._changed.set()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._give_out())
        try:
            await go
        except asyncio.CancelledError:
            self._lanes[kind].leave(waiter)
            raise

    def wait_s(self, telegram_id: int) -> float:
        """How long this chat's own limits hold back its next message, replies aside, whatever else waits."""
        return max(0.0, self._ready_at(telegram_id, kind=Kind.BRIEFING) - self._clock())

    def hold(self, telegram_id: int, seconds: float) -> None:
        """Telegram asked to leave this chat alone for so long."""
        now = self._clock()
        chat = self._chat(telegram_id)
        chat.held_until_at = max(chat.held_until_at, now + seconds)
        self._holds.append((now, telegram_id))
        if len({other for at, other in self._holds if at > now - MANY_WINDOW_S}) >= MANY_CHATS:
            self._free_at = max(self._free_at, now + seconds)

    async def _give_out(self) -> None:
        while found := self._next():
            waiter, ready_at, since = found
            now = self._clock()
            if ready_at > now:
                self._changed.clear()
                await self._nap(ready_at - now)
                continue
            self._lanes[waiter.kind].leave(waiter)
            if not waiter.go.done():
                self._pay(waiter, now, since)
                waiter.go.set_result(None)

    def _next(self) -> tuple[Waiter, float, float] | None:
        """Who goes next, when, and since when it could: of those ready the most urgent, else the first that will be."""
        free_at = max(self._free_at, self._clock())
        firsts = [first for lane in self._lanes.values() if (first := lane.first())]
        turns = [(waiter, max(free_at, at), max(self._free_at, at)) for waiter, at in firsts]
        return min(turns, key=lambda turn: turn[1], default=None)

    def _ready_at(self, telegram_id: int, *, kind: Kind) -> float:
        chat = self._chats.get(telegram_id)
        if chat is None:
            return 0.0
        if kind is Kind.LOOK:
            return chat.held_until_at
        advance_s = (REPLY_BURST - 1) * self._chat_interval_s if kind is Kind.REPLY else 0.0
        ready_at = max(chat.paid_until_at - advance_s, chat.held_until_at)
        if len(chat.sent_at) == GROUP_MESSAGES:
            ready_at = max(ready_at, chat.sent_at[0] + GROUP_WINDOW_S)
        return ready_at

    def _pay(self, waiter: Waiter, now: float, since: float) -> None:
        # what a turn was late is made up for, else a busy machine would never use the rate; an interval at most
        self._free_at = max(since, now - self._interval_s) + self._interval_s
        if waiter.kind is Kind.LOOK:
            return
        chat = self._chat(waiter.telegram_id)
        chat.paid_until_at = max(chat.paid_until_at, now) + self._chat_interval_s
        if waiter.telegram_id < 0:
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
