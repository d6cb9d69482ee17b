"""Trouble: sources that keep failing, and what the admins hear of them.

At the fifth error in a row, once more after a week of them, and when a server says that a feed is gone for good. The
message goes through the outbox, so it is told once whatever happens in between.
"""

from datetime import datetime, timedelta

import structlog

from bot.domain.models import ChatRef, Owed, Source
from bot.domain.politeness import tell_admins
from bot.domain.ports import TellFailing
from bot.storage import chats, outbox, sources
from bot.storage.sql import Tx

log = structlog.get_logger()

MOST_NOTICES = 10  # to one admin in a day: where the network is down, every source fails
DAY = timedelta(days=1)
SLOT = "source "


class Trouble:
    """Tells the admins, in their private chats with the bot."""

    def __init__(self, admin_ids: frozenset[int], tell: TellFailing) -> None:
        self._admin_ids = admin_ids
        self._tell = tell

    async def note(self, tx: Tx, source: Source, *, ended: bool, now: datetime) -> None:
        """A source failed again; tell whoever should hear of it now."""
        since = source.failing_since or now
        if not (ended or tell_admins(source.errors, since, source.told_at, now)):
            return
        await sources.told(tx, source.id, now)
        log.warning("source keeps failing", source_id=source.id, errors=source.errors, ended=ended)
        slot = f"{SLOT}{source.id} failing@{now:%Y%m%d%H%M%S}"
        messages = self._tell(source, ended)
        for admin_id in sorted(self._admin_ids):
            chat = await chats.find(tx, ChatRef(admin_id))
            if chat and await outbox.composed(tx, chat.id, SLOT, now - DAY) < MOST_NOTICES:
                await outbox.add(tx, [Owed(chat.id, slot, now, messages)], now)
