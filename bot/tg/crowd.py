"""Updates at work: one chat's in order, different chats at the same time, one user's flood held back.

Promises: a user may ask five things at once and then one a second; twenty more wait, and what comes on top is dropped
without a word, so that nobody can make the bot busy for others. An update that comes twice is handled once.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from weakref import WeakValueDictionary

import structlog
from telegram import Update

BURST = 5
INTERVAL_S = 1.0
MOST_WAITING = 20
MOST_AT_WORK = 1000
MOST_REMEMBERED = 10_000

log = structlog.get_logger()


class Crowd:
    """Hands updates to `handle`, each in its turn."""

    def __init__(
        self,
        handle: Callable[[Update], Awaitable[None]],
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._handle = handle
        self._clock = clock
        self._sleep = sleep
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._paid_until: OrderedDict[int, float] = OrderedDict()
        self._lines: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[None]] = set()
        self._room = asyncio.Event()
        self._room.set()

    async def accept(self, update: Update) -> bool:
        """Take an update to work, unless it is at work already; waits only while a thousand others are.

        False: it is one too many of its user, and dropped.
        """
        await self._room.wait()
        if self._is_repeat(update.update_id):
            return True
        wait_s = self._wait_s(update)
        if wait_s > MOST_WAITING * INTERVAL_S:
            return False
        task = asyncio.create_task(self._work(update, wait_s))
        self._tasks.add(task)
        task.add_done_callback(self._left)
        if len(self._tasks) >= MOST_AT_WORK:
            self._room.clear()
        return True

    async def rest(self, limit_s: float) -> set[asyncio.Task[None]]:
        """Wait until nothing is at work, or `limit_s` is over; what still is."""
        return (await asyncio.wait(set(self._tasks), timeout=limit_s))[1] if self._tasks else set()

    async def drain(self, limit_s: float) -> None:
        """Let the updates at work finish, and end those that take longer than `limit_s`."""
        if late := await self.rest(limit_s):
            log.warning("updates cut off", number=len(late))
            for task in late:
                task.cancel()
            await asyncio.wait(late)

    async def _work(self, update: Update, wait_s: float) -> None:
        if wait_s > 0:
            await self._sleep(wait_s)
        chat_id = update.effective_chat.id if update.effective_chat else update.update_id
        line = self._lines.setdefault(chat_id, asyncio.Lock())
        async with line:  # locks are fair: first come, first served
            await self._handle(update)

    def _left(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._room.set()
        if not task.cancelled() and (error := task.exception()):
            log.error("update failed", error=type(error).__name__)

    def _is_repeat(self, update_id: int) -> bool:
        repeat = update_id in self._seen
        self._seen[update_id] = None
        if len(self._seen) > MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return repeat

    def _wait_s(self, update: Update) -> float:
        """How long this update has to wait for its user's earlier ones; too long a wait is not paid for."""
        if not (update.callback_query or (update.effective_message and not update.my_chat_member)):
            return 0.0
        user_id = _who(update)
        now = self._clock()
        paid_until = max(self._paid_until.get(user_id, now), now)
        wait_s = paid_until - now - (BURST - 1) * INTERVAL_S
        if wait_s <= MOST_WAITING * INTERVAL_S:
            self._paid_until[user_id] = paid_until + INTERVAL_S
            self._paid_until.move_to_end(user_id)
            if len(self._paid_until) > MOST_REMEMBERED:
                self._paid_until.popitem(last=False)
        return wait_s


def _who(update: Update) -> int:
    who = update.effective_user or update.effective_chat
    return who.id if who else 0
