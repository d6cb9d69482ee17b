"""Updates taken in: kept first, then handled in their turn, then marked as done.

Promises: an update that concerns us is in the inbox before Telegram hears that we have it; one that a crash or a stop
cut off is handled at the next start, before anything new; one that comes twice is handled once. The talk of a group is
neither kept nor handled.
"""

import json
from collections.abc import Awaitable, Callable, Sequence

import structlog
from telegram import Bot, Update
from telegram.constants import ChatType

from bot.domain.errors import StorageError
from bot.domain.models import Incoming
from bot.services.inbox import Inbox
from bot.tg import answers
from bot.tg.crowd import Crowd

ALONE_S = 5.0

log = structlog.get_logger()


class Intake:
    """Leads updates from Telegram through the inbox to `handle`."""

    def __init__(self, inbox: Inbox, handle: Callable[[Update], Awaitable[None]]) -> None:
        self._inbox = inbox
        self._handle = handle
        self.crowd = Crowd(self._work)

    async def offset(self) -> int:
        """The `update_id` to fetch first; 0: whatever Telegram has.

        Raises:
            StorageError: the database failed.
        """
        return await self._inbox.offset()

    async def keep(self, updates: Sequence[Update], next_offset: int | None = None) -> list[Update]:
        """Put what concerns us into the inbox; returns what is to be handled.

        Raises:
            StorageError: nothing was kept; Telegram must send it again.
        """
        ours = [update for update in updates if _concerns_us(update)]
        if not ours:
            return []
        new = await self._inbox.take([_incoming(update) for update in ours], next_offset)
        return [update for update in ours if update.update_id in new]

    async def accept(self, updates: Sequence[Update]) -> None:
        """Take kept updates to work; waits only while too many others are at work."""
        dropped = [update.update_id for update in updates if not await self.crowd.accept(update)]
        if dropped:
            await self._inbox.drop(dropped)

    async def reopen(self, bot: Bot) -> None:
        """Take to work what the last run left unfinished.

        What two runs left unfinished may be what ended them: each of those has a few seconds for itself, so that the
        one that ends the program again is known, and the others are not given up with it.

        Raises:
            StorageError: the database failed.
        """
        reopened = await self._inbox.reopen()
        for suspect in reopened.suspects:
            await self._inbox.begun(suspect.update_id)
            await self.accept([_update(suspect, bot)])
            await self.crowd.rest(ALONE_S)
        await self.accept([_update(each, bot) for each in reopened.again])

    async def _work(self, update: Update) -> None:
        with answers.gathered() as sent:
            await self._handle(update)
        message = update.effective_message
        heard = message.message_id if message else 0
        try:
            await self._inbox.done(update.update_id, _chat_id(update), heard=heard, answers=sent)
        except StorageError as error:  # the next start handles it again, which changes nothing
            log.warning("update not marked as done", update_id=update.update_id, error=type(error).__name__)


def _concerns_us(update: Update) -> bool:
    """Whether an update may lead to anything; the talk of a group does not."""
    message = update.message or update.channel_post
    if message is None:
        return bool(update.callback_query or update.my_chat_member)
    moved = message.migrate_to_chat_id is not None or message.migrate_from_chat_id is not None
    news = moved or message.forum_topic_reopened is not None
    return news or message.chat.type == ChatType.PRIVATE or (message.text or "").startswith("/")


def _update(kept: Incoming, bot: Bot) -> Update:
    return Update.de_json(json.loads(kept.payload), bot)


def _incoming(update: Update) -> Incoming:
    return Incoming(update.update_id, _chat_id(update), update.to_json())


def _chat_id(update: Update) -> int:
    return update.effective_chat.id if update.effective_chat else 0
