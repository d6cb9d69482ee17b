"""What the tests write into the outbox and read from it: the one place that knows how it looks."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from bot.domain.models import ChatRef, Message, Place
from bot.domain.models import Owed as Briefing
from bot.storage import chats, counters, outbox
from bot.storage.addresses import read_address
from bot.storage.database import Database
from bot.storage.sql import Tx, rows

OPEN = frozenset({"waiting", "sending"})
LISTED = frozenset({"in_doubt", "refused", "expired", "folded"})  # said to be not delivered


@dataclass(frozen=True, slots=True)
class Owed:
    """A delivery as the outbox remembers it."""

    ref: ChatRef
    text: str
    state: str
    message_id: int | None


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """The database as it is, of whatever version."""
    database = Database(read_address(url), 1)
    try:
        yield database
    finally:
        await database.close()


async def owe(url: str, messages: Mapping[Place, Sequence[str]], at: datetime) -> None:
    """Owe each of these chats one briefing, with a message for each text."""
    async with opened(url) as database, database.write() as tx:
        for place, texts in messages.items():
            await _owe(tx, place, texts, at)


async def _owe(tx: Tx, place: Place, texts: Sequence[str], at: datetime) -> None:
    chat = await chats.ensure(tx, place, at)
    await counters.learn(tx, place.ref.telegram_id, 0)  # the sandbox begins at 1
    messages = tuple(Message(text) for text in texts)
    assert await outbox.add(tx, [Briefing(chat.id, f"crash {texts[0][-20:]}", at, messages)], at)


async def read(url: str) -> tuple[Owed, ...]:
    """All deliveries, in the order in which they were owed."""
    async with opened(url) as database, database.read() as tx:
        found = await rows(
            tx,
            """
            SELECT c.telegram_id, c.thread_id, k.message, d.state, d.message_id
              FROM deliveries d
              JOIN chats c ON c.id = d.chat_id
              JOIN contents k ON k.id = d.content_id
             ORDER BY d.id
            """,
        )
    return tuple(
        Owed(
            ref=ChatRef(each["telegram_id"], each["thread_id"]),
            text=json.loads(each["message"])["html"],
            state=each["state"],
            message_id=each["message_id"],
        )
        for each in found
    )
