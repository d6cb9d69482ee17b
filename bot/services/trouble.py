"""Trouble: sources that keep failing, and what the admins hear of them.

At the fifth error in a row, once more after a week of them, and when a server says that a feed is gone for good. It is
noted with the poll that failed and told apart from polling, as the feed is looked for at its site first; the message
goes through the outbox, so it is told once whatever happens in between. What works again by then is not told.
"""

from datetime import datetime, timedelta

import structlog

from bot.domain.errors import UserError
from bot.domain.models import Chat, ChatRef, Move, Owed, Source
from bot.domain.politeness import tell_admins
from bot.domain.ports import Now, TellFailing
from bot.services.moves import Moves
from bot.storage import chats, notices, outbox, polling, sources
from bot.storage.database import Database, Tx

log = structlog.get_logger()

BATCH = 10
MOST_NOTICES = 10  # to one admin in a day: where the network is down, every source fails
DAY = timedelta(days=1)
SLOT = "source "


class Trouble:
    """Tells the admins, in their private chats with the bot."""

    def __init__(
        self, database: Database, moves: Moves, admin_ids: frozenset[int], tell: TellFailing, now: Now
    ) -> None:
        self._database = database
        self._moves = moves
        self._admin_ids = admin_ids
        self._tell = tell
        self._now = now

    async def note(self, tx: Tx, source: Source, *, ended: bool, now: datetime) -> None:
        """A source failed again; whoever should hear of it will."""
        since = source.failing_since or now
        if ended or tell_admins(source.errors, since, source.told_at, now):
            await polling.told(tx, source.id, now)
            await notices.owe(tx, source.id, now)
            log.warning("source keeps failing", source_id=source.id, errors=source.errors, ended=ended)

    async def tell_due(self) -> int:
        """Tell of what was noted; how many sources."""
        async with self._database.read() as tx:
            due = await notices.owed(tx, BATCH)
        return sum([await self._tell_of(source_id) for source_id in due])

    async def _tell_of(self, source_id: int) -> bool:
        async with self._database.read() as tx:
            source = await sources.get(tx, source_id)
            anybody = await self._listeners(tx)
        move = await self._move(source) if source and anybody else None
        now = self._now()
        async with self._database.write() as tx:
            await notices.settle(tx, source_id)
            source = await sources.get(tx, source_id)
            if source is None or source.told_at is None:  # removed, or read again since
                return False
            slot = f"{SLOT}{source.id} failing@{source.told_at:%Y%m%d%H%M%S}"
            told = [Owed(chat.id, slot, now, self._tell(source, move, chat, now)) for chat in await self._listeners(tx)]
            await outbox.add(tx, told, now)
        return bool(told)

    async def _move(self, source: Source) -> Move | None:
        try:
            return await self._moves.look(source)
        except UserError as error:  # its host is busy; the message has a button to look again
            log.info("not looked for", source_id=source.id, why=error.message)
            return None

    async def _listeners(self, tx: Tx) -> list[Chat]:
        """The admins' chats that did not hear of too many sources in a day."""
        found = [await chats.find(tx, ChatRef(admin_id)) for admin_id in sorted(self._admin_ids)]
        since = self._now() - DAY
        return [chat for chat in found if chat and await outbox.composed(tx, chat.id, SLOT, since) < MOST_NOTICES]
