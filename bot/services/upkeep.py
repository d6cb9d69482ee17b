"""Upkeep: what is no longer needed goes, what a wrong clock put out of reach comes back, and a restored backup is told
that time has passed.

Everything is done in small transactions, so that nobody waits long for a turn to write.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.domain.cadence import next_due
from bot.domain.ports import Now
from bot.services.presence import ALIVE
from bot.storage import (
    articles,
    chats,
    contents,
    fingerprints,
    outbox,
    polling,
    restored,
    state,
    subscriptions,
    updates,
)
from bot.storage.database import Database, Tx

log = structlog.get_logger()

BATCH = 1000
UPDATES_KEPT = timedelta(days=1)
CONTENTS_KEPT = timedelta(days=7)
DORMANT_KEPT = timedelta(days=90)
FINGERPRINTS_KEPT = timedelta(days=3)  # copies come within hours, some with the weekend's edition
# nothing is due later than that: the longest wait of an article or a delivery is a day, of a source a day and a bit
# behind three skipped ones, and a weekly subscription is due within a week
LATEST = timedelta(days=1)
LATEST_SOURCE = timedelta(days=5)
LATEST_SUBSCRIPTION = timedelta(days=8)

RESTORED = "restored_at"
"""The moment at which this database came back from a backup."""


class Upkeep:
    """Keeps the database small and its due times within reach."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    async def work(self) -> None:
        """Do all of it once."""
        now = self._now()
        async with self._database.write() as tx:
            forgotten = await updates.forget(tx, now - UPDATES_KEPT)
            ended = await chats.end_long_dormant(tx, now - DORMANT_KEPT, now)
        let_go = await self._in_batches(lambda tx: contents.let_go(tx, now - CONTENTS_KEPT, BATCH))
        dropped = await self._in_batches(lambda tx: contents.forget_unused(tx, BATCH))
        brought_back = await self._bring_back(now)
        faded = await self._in_batches(lambda tx: fingerprints.forget(tx, now - FINGERPRINTS_KEPT, BATCH))
        if forgotten or ended or let_go or dropped or faded:
            log.info(
                "upkeep",
                updates=forgotten,
                subscriptions_ended=ended,
                let_go=let_go,
                contents=dropped,
                fingerprints=faded,
            )
        if brought_back:
            log.warning("due times were far in the future", brought_back=brought_back)

    async def _bring_back(self, now: datetime) -> int:
        """What was made due by a clock that had leapt ahead."""
        async with self._database.write() as tx:
            found = await polling.bring_back(tx, now, LATEST_SOURCE)
            found += await articles.bring_back(tx, now, now + LATEST)
            found += await outbox.bring_back(tx, now, now + LATEST)
        return found + await self._in_batches(lambda tx: _bring_back_subscriptions(tx, now))

    async def _in_batches(self, step: Callable[[Tx], Awaitable[int]]) -> int:
        """A step that does at most a batch, until it finds no more; how many."""
        total = 0
        while True:
            async with self._database.write() as tx:
                done = await step(tx)
            total += done
            if done < BATCH:
                return total


async def _bring_back_subscriptions(tx: Tx, now: datetime) -> int:
    lost = await subscriptions.due_after(tx, now + LATEST_SUBSCRIPTION, BATCH)
    for each in lost:
        await subscriptions.set_due(tx, each.id, next_due(each.schedule, ZoneInfo(each.chat.zone), now) or now)
    return len(lost)


async def settle_restored(database: Database, now: datetime) -> None:
    """A database was restored from a backup: what it says is due was told by then, and nobody gets it again.

    Subscriptions go on with what is news from `now` on; `services/ingest` takes what sources published before it for
    told. The time between backup and `now` is no absence that a catch-up makes up for.
    """
    async with database.write(durable=True) as tx:
        await restored.settle(tx, now)
        above = 0
        while page := await subscriptions.page(tx, above=above, most=BATCH):
            await subscriptions.served(
                tx, ((each.id, now, next_due(each.schedule, ZoneInfo(each.chat.zone), now)) for each in page)
            )
            above = page[-1].id
        await state.set_moment(tx, RESTORED, now)
        await state.set_moment(tx, ALIVE, now)
    log.info("settled after a restore")
