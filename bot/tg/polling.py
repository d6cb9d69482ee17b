"""Updates fetched by long polling.

Promises: an update is kept before the next call tells Telegram to forget it. What Telegram, the network or our database
does wrong is waited out with growing pauses and logged when it begins and when it ends; another program that polls with
the same token is named as such; a refused token ends the polling for good.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import structlog
from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError

from bot.domain.errors import RetryLater, StorageError
from bot.tg.failures import as_ours, is_unauthorized
from bot.tg.sender import UNREADABLE

WAIT_S = 25
LATE_S = 60.0
CONFIRM_S = 3.0
FIRST_PAUSE_S = 1.0
CONFLICT_PAUSE_S = 5.0  # two that poll at once end each other's polls; the other one may be gone by then
MOST_PAUSE_S = 30.0
ALLOWED_UPDATES = ("message", "channel_post", "callback_query", "my_chat_member")

_NOT_KEPT = "StorageError"

log = structlog.get_logger()


class Taker(Protocol):
    """Who gets the updates."""

    async def keep(self, updates: Sequence[Update], next_offset: int | None = None) -> list[Update]:
        """Keep them and the offset behind them; what of them is to be handled."""
        ...

    async def accept(self, updates: Sequence[Update]) -> None:
        """Handle what was kept."""
        ...


class Poller:
    """Fetches updates and hands them to `taker`."""

    def __init__(
        self,
        bot: Bot,
        taker: Taker,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._bot = bot
        self._taker = taker
        self._clock = clock
        self._sleep = sleep
        self._offset = 0
        self._pause_s = 0.0
        self._trouble = ""
        self._fetched_at = clock()
        self._ended = False

    @property
    def healthy(self) -> bool:
        """Whether updates came through lately, or could have."""
        late = self._clock() - self._fetched_at > WAIT_S + LATE_S
        return not (self._ended or late or self._trouble == "Conflict")

    async def run(self, offset: int = 0) -> None:
        """Fetch from `offset` on until cancelled, or until the token is refused."""
        self._offset = offset
        while not self._ended:
            try:
                updates = await self._bot.get_updates(
                    self._offset, timeout=WAIT_S, allowed_updates=list(ALLOWED_UPDATES)
                )
                kept = await self._keep(updates)
            except (TelegramError, StorageError, *UNREADABLE) as error:
                await self._wait_out(error)
                continue
            self._well()
            await self._taker.accept(kept)

    async def _keep(self, updates: Sequence[Update]) -> list[Update]:
        if not updates:
            return []
        next_offset = updates[-1].update_id + 1
        kept = await self._taker.keep(updates, next_offset)
        self._offset = next_offset
        return kept

    async def confirm(self) -> None:
        """Tell Telegram what has been taken, so that the next start does not get it again."""
        if self._offset and not self._trouble:
            try:
                async with asyncio.timeout(CONFIRM_S):
                    await self._bot.get_updates(self._offset, limit=1, timeout=0)
            except (TelegramError, TimeoutError, *UNREADABLE) as error:
                log.info("updates not confirmed", error=type(error).__name__)

    def _well(self) -> None:
        if self._trouble:
            log.info("telegram answers again" if self._trouble != _NOT_KEPT else "updates are kept again")
        self._trouble, self._pause_s = "", 0.0
        self._fetched_at = self._clock()

    async def _wait_out(self, error: Exception) -> None:
        if isinstance(error, InvalidToken) and is_unauthorized(error):
            self._ended = True
            log.error("telegram refuses the token", what_to_do="get a new one from @BotFather and start again")
            return
        self._note(error)
        first_s = CONFLICT_PAUSE_S if isinstance(error, Conflict) else FIRST_PAUSE_S
        self._pause_s = min(MOST_PAUSE_S, max(first_s, 2 * self._pause_s))
        await self._sleep(asked_pause_s(error) or self._pause_s)

    def _note(self, error: Exception) -> None:
        """Log the beginning of a trouble, not its every moment."""
        trouble = _NOT_KEPT if isinstance(error, StorageError) else type(error).__name__
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if isinstance(error, Conflict):
            log.error("another program polls with this token", what_to_do="stop it, or use another token")
        elif isinstance(error, StorageError):
            log.error("updates cannot be kept", why=type(error.__cause__).__name__)
        else:
            log.warning("no updates from telegram", error=trouble, why=str(as_ours(error)))


def asked_pause_s(error: Exception) -> float:
    """The pause that Telegram asks for; 0: none."""
    ours = as_ours(error) if isinstance(error, RetryAfter) else None
    return ours.retry_after_s if isinstance(ours, RetryLater) else 0.0
