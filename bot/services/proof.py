"""Proof of arrival: whether a message whose outcome was never learnt is in its chat.

What it relies on: a message gets a higher id than all before it on its counter (`storage/counters`), so one that was
being sent when the highest known id was n can only have one of the ids that follow. A message of ours can be asked to
keep its buttons, and Telegram's answer tells whether it is there (Bot API, editMessageReplyMarkup). The same answer for
another message of ours in that chat is the one thing that could be mistaken for proof: briefings go to a chat one at a
time, and answers to commands are known, so there is none.

Where this gives no answer the plain rule takes over, which repeats once: no id was known before; more ids were given
since than are looked at; an answer may have been sent there whose id is not known; a channel, where other authors'
posts can be edited too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.errors import RetryLater
from bot.domain.models import ChatKind, Delivery
from bot.domain.ports import Sender
from bot.storage import counters, updates
from bot.storage.database import Database

MOST_IDS = 36
ANSWERS_KEPT = timedelta(days=1)
PAUSE_S = 2.0


@dataclass(frozen=True, slots=True)
class Found:
    """The message's id, or whether it surely is not there."""

    message_id: int | None = None
    absent: bool = False


NO_ANSWER = Found()


async def look(database: Database, sender: Sender, delivery: Delivery, now: datetime) -> Found:
    """Look for a doubtful delivery's message in its chat.

    Raises:
        RetryLater: a command is being answered in that chat, so that an answer might be taken for it.
        SendError: Telegram gave no answer.
    """
    if delivery.kind is ChatKind.CHANNEL or delivery.after_id is None:
        return NO_ANSWER
    telegram_id = delivery.ref.telegram_id
    async with database.read() as tx:
        if await updates.is_open(tx, telegram_id):
            raise RetryLater("a command is being answered in this chat", PAUSE_S)
        answers = await updates.answers_of(tx, telegram_id, now - ANSWERS_KEPT)
        last = await counters.last(tx, telegram_id)
    if updates.UNKNOWN_ID in answers:
        return NO_ANSWER
    candidates = range(delivery.after_id + 1, delivery.after_id + MOST_IDS + 1)
    ids = [candidate for candidate in candidates if candidate not in answers]
    message_id = await sender.arrived(delivery.ref, delivery.message, ids)
    return Found(message_id, absent=message_id is None and (last or 0) <= delivery.after_id + MOST_IDS)
