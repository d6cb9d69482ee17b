"""The outbox for people to look at: what nobody can know the outcome of."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.models import ChatRef
from bot.storage import contents
from bot.storage.sql import Tx, rows
from bot.storage.times import from_ms


@dataclass(frozen=True, slots=True)
class InDoubt:
    """A delivery left in doubt. `html` is empty where what it said has been let go."""

    id: int
    ref: ChatRef
    settled_at: datetime
    attempts: int
    why: str
    html: str


async def in_doubt(tx: Tx, most: int) -> tuple[InDoubt, ...]:
    """Up to `most` deliveries in doubt, the newest first."""
    found = await rows(
        tx,
        """
        SELECT d.id, c.telegram_id, c.thread_id, d.settled_at_ms, d.attempts, d.why, k.message
          FROM deliveries d
          JOIN chats c ON c.id = d.chat_id
          LEFT JOIN contents k ON k.id = d.content_id
         WHERE d.state NOT IN ('waiting', 'sending') AND d.state = 'in_doubt'
         ORDER BY d.settled_at_ms DESC, d.id DESC LIMIT :most
        """,
        most=most,
    )
    return tuple(
        InDoubt(
            id=each["id"],
            ref=ChatRef(each["telegram_id"], each["thread_id"]),
            settled_at=from_ms(each["settled_at_ms"]),
            attempts=each["attempts"],
            why=each["why"] or "",
            html=contents.unpack(each["message"]).html if each["message"] else "",
        )
        for each in found
    )
