"""Routes: a forum topic that was closed or deleted pauses alone, and those who can mend it are told once."""

from datetime import datetime, timedelta

import structlog

from bot.domain.models import Chat, ChatRef, Owed, Place
from bot.domain.ports import TellPaused
from bot.storage import chats, outbox
from bot.storage.sql import Tx

log = structlog.get_logger()

MOST_NOTICES = 10  # to one admin in a day: a bot of many groups must not flood its operator
DAY = timedelta(days=1)
SLOT = "paused "


class Routes:
    """Pauses routes."""

    def __init__(self, admin_ids: frozenset[int], tell: TellPaused) -> None:
        self._admin_ids = admin_ids
        self._tell = tell

    async def pause(self, tx: Tx, chat_id: int, why: str, now: datetime) -> None:
        """Pause one thread's briefings; say so in the group outside of its topics, and to the service's admins."""
        paused = await chats.get(tx, chat_id)
        if paused is None or paused.dormant:
            return
        await chats.pause(tx, chat_id, why, now)
        log.warning("route paused", chat_id=chat_id, why=why)
        told = [await self._general(tx, paused, now), *[await self._admin(tx, id_, now) for id_ in self._admin_ids]]
        slot = f"{SLOT}{chat_id}@{now:%Y%m%d%H%M%S}"
        messages = self._tell(paused)
        await outbox.add(tx, [Owed(chat.id, slot, now, messages) for chat in told if chat], now)

    async def _general(self, tx: Tx, paused: Chat, now: datetime) -> Chat | None:
        if not paused.ref.thread_id:
            return None
        return await chats.ensure(tx, Place(ChatRef(paused.ref.telegram_id), paused.kind, paused.title), now)

    async def _admin(self, tx: Tx, user_id: int, now: datetime) -> Chat | None:
        """The admin's private chat, where it is known and not full of such notices."""
        chat = await chats.find(tx, ChatRef(user_id))
        if chat is None or await outbox.composed(tx, chat.id, SLOT, now - DAY) >= MOST_NOTICES:
            return None
        return chat
