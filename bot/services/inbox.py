"""The inbox: an update is kept before it is handled, and handled once.

Promises: what `take` returned is not lost to a crash or a power loss, and comes back from `reopen` until `done`; an
update that comes again is not new. How far Telegram's queue was read commits together with what was read.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

import structlog

from bot.domain.models import Incoming
from bot.domain.ports import Now
from bot.storage import counters, updates
from bot.storage.database import Database
from bot.storage.updates import Reopened

# after a week without updates Telegram may begin their ids anew (Bot API, Update), and an old offset would hide them
OFFSET_LIFE = timedelta(days=6)
UNKNOWN_ID = updates.UNKNOWN_ID

log = structlog.get_logger()


class Inbox:
    """Keeps updates until they have been handled."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    async def offset(self) -> int:
        """The `update_id` to ask Telegram for; 0: whatever it has."""
        async with self._database.read() as tx:
            return await updates.offset(tx, self._now() - OFFSET_LIFE)

    async def take(self, arrived: Sequence[Incoming], next_offset: int | None = None) -> frozenset[int]:
        """Keep what arrived and, where they were fetched, the offset behind them; the ids of those that are new.

        Raises:
            StorageError: nothing was kept.
        """
        # durable: Telegram forgets an update once it hears that we have it
        async with self._database.write(durable=True) as tx:
            new = await updates.take(tx, arrived, self._now())
            if next_offset is not None:
                await updates.set_offset(tx, next_offset, self._now())
            return new

    async def reopen(self) -> Reopened:
        """What was taken and never done; call it once at start."""
        async with self._database.write(durable=True) as tx:
            reopened = await updates.reopen(tx, self._now())
        for update_id in reopened.given_up:
            log.error("update given up", update_id=update_id, attempts=updates.MOST_ATTEMPTS)
        if number := len(reopened.again) + len(reopened.suspects):
            log.info("updates handled again", number=number)
        return reopened

    async def begun(self, update_id: int) -> None:
        """A suspect is about to be handled; if the program ends now, it is not handled a fourth time."""
        async with self._database.write(durable=True) as tx:
            await updates.begun(tx, update_id)

    async def done(self, update_id: int, telegram_id: int, *, heard: int, answers: Sequence[int]) -> None:
        """An update has been handled: nothing of it is kept but its id and those of its answers.

        `heard` is the message that it was about (0: none), `answers` are those that were sent to its chat, `UNKNOWN_ID`
        among them for one whose outcome was not learnt.
        """
        async with self._database.write() as tx:
            await updates.done(tx, update_id, answers, self._now())
            highest = max(heard, *answers, 0)
            if highest:
                await counters.learn(tx, telegram_id, highest)

    async def drop(self, update_ids: Collection[int]) -> None:
        """These updates will not be handled."""
        async with self._database.write() as tx:
            await updates.drop(tx, update_ids, self._now())
