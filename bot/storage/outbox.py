"""The outbox: messages owed to chats, and what became of them.

A briefing is written here before anything is sent, in the transaction that marks its stories as briefed, so a crash
between writing and sending costs a repeat at worst, never a loss. A Telegram chat gets its messages one at a time and
in order, forum threads included, for Telegram paces them together.

waiting → sending → sent | refused | in_doubt; a postponed one goes back to waiting.
"""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.engine import RowMapping

from bot.domain.models import Button, ChatRef, Delivery, Message, Subscription
from bot.storage.sql import Tx, row, rows, run, run_each
from bot.storage.times import from_ms

# no earlier message to the same Telegram chat is open; CROSS JOIN is what makes SQLite start at the chat
_FIRST_OF_ITS_CHAT = """
    NOT EXISTS (SELECT 1 FROM chats same CROSS JOIN deliveries earlier
                 WHERE same.telegram_id = c.telegram_id AND earlier.chat_id = same.id
                   AND earlier.id < d.id AND earlier.state IN ('waiting', 'sending'))
"""


async def add(
    tx: Tx,
    *,
    subscription: Subscription,
    due_at: datetime,
    story_ids: Sequence[int],
    messages: tuple[Message, ...],
    at: datetime,
) -> int | None:
    """Owe a briefing's messages to its chat and mark its stories as briefed; the briefing's id.

    None, and nothing is written: the briefing of this due time was composed before.
    """
    briefing = await row(
        tx,
        """
        INSERT INTO briefings (subscription_id, due_at_ms, composed_at_ms) VALUES (:subscription_id, :due_at, :at)
        ON CONFLICT (subscription_id, due_at_ms) DO NOTHING
        RETURNING id
        """,
        subscription_id=subscription.id,
        due_at=due_at,
        at=at,
    )
    if briefing is None:
        return None
    of_briefing = {"briefing_id": briefing["id"], "chat_id": subscription.chat.id}
    await run_each(
        tx,
        """
        INSERT INTO briefed (chat_id, story_id, briefing_id) VALUES (:chat_id, :story_id, :briefing_id)
        ON CONFLICT DO NOTHING
        """,
        ({"story_id": story_id, **of_briefing} for story_id in story_ids),
    )
    await run_each(
        tx,
        """
        INSERT INTO deliveries (briefing_id, part, chat_id, message, state, due_at_ms)
        VALUES (:briefing_id, :part, :chat_id, :message, 'waiting', :at)
        """,
        ({"part": part, "message": _pack(message), "at": at, **of_briefing} for part, message in enumerate(messages)),
    )
    return int(briefing["id"])


async def claim(tx: Tx, now: datetime, lease_until: datetime, most: int) -> tuple[Delivery, ...]:
    """Take up to `most` deliveries that are due and first of their chat: waiting → sending, attempts + 1."""
    claimed = await rows(
        tx,
        f"""
        WITH due AS (
            SELECT d.id FROM deliveries d
              JOIN chats c ON c.id = d.chat_id
             WHERE d.state = 'waiting' AND d.due_at_ms <= :now AND c.dormant_at_ms IS NULL AND {_FIRST_OF_ITS_CHAT}
             ORDER BY d.due_at_ms, d.id LIMIT :most
               FOR UPDATE OF d SKIP LOCKED)
        UPDATE deliveries SET state = 'sending', attempts = attempts + 1, due_at_ms = :lease_until
         WHERE id IN (SELECT id FROM due)
        RETURNING id, chat_id, message, attempts, doubts,
                  (SELECT telegram_id FROM chats WHERE chats.id = chat_id) AS telegram_id,
                  (SELECT thread_id FROM chats WHERE chats.id = chat_id) AS thread_id
        """,  # noqa: S608  # our own text
        now=now,
        lease_until=lease_until,
        most=most,
    )
    return tuple(_delivery(each) for each in sorted(claimed, key=lambda each: int(each["id"])))


async def sent(tx: Tx, delivery_id: int, *, message_id: int, at: datetime) -> None:
    """Telegram took it. Recorded whatever the state, for it is certain knowledge."""
    await run(
        tx,
        """
        UPDATE deliveries SET state = 'sent', message_id = :message_id, why = NULL, settled_at_ms = :at
         WHERE id = :id
        """,
        id=delivery_id,
        message_id=message_id,
        at=at,
    )


async def postponed(tx: Tx, delivery_id: int, *, due_at: datetime, why: str) -> None:
    """It was not sent and is to be tried at `due_at`."""
    sql = (
        "UPDATE deliveries SET state = 'waiting', due_at_ms = :due_at, why = :why WHERE id = :id AND state = 'sending'"
    )
    await run(tx, sql, id=delivery_id, due_at=due_at, why=why)


async def refused(tx: Tx, delivery_id: int, why: str, at: datetime) -> None:
    """It will never be taken."""
    await _settle(tx, delivery_id, "refused", why, at)


async def in_doubt(tx: Tx, delivery_id: int, why: str, at: datetime) -> None:
    """Nobody knows whether it arrived, and it is not repeated."""
    await _settle(tx, delivery_id, "in_doubt", why, at)


async def doubted(tx: Tx, delivery_id: int, *, due_at: datetime, why: str) -> bool:
    """Nobody knows whether it arrived: repeat it at `due_at` (True), but only once, else leave it in doubt (False)."""
    repeated = await run(tx, f"{_REPEAT} AND id = :id", id=delivery_id, due_at=due_at, why=why)
    if not repeated:
        await run(tx, f"{_LEAVE} AND id = :id", id=delivery_id, at=due_at, why=why)
    return repeated > 0


async def recover(tx: Tx, now: datetime) -> tuple[int, int]:
    """What a dead process was sending, by the rule of `doubted`: (how many to repeat now, how many left in doubt).

    Only for the one service that holds the instance lock: another's sends would be taken for dead.
    """
    why = "the program ended while sending"
    left = await run(tx, _LEAVE, at=now, why=why)
    return await run(tx, _REPEAT, due_at=now, why=why), left


_REPEAT = """
    UPDATE deliveries SET state = 'waiting', doubts = doubts + 1, due_at_ms = :due_at, why = :why
     WHERE state = 'sending' AND doubts = 0
"""
_LEAVE = """
    UPDATE deliveries SET state = 'in_doubt', why = :why, settled_at_ms = :at
     WHERE state = 'sending' AND doubts > 0
"""


async def next_due(tx: Tx) -> datetime | None:
    """When the next delivery that can be claimed is due; None: none waits, or only behind one that is being sent."""
    found = await row(
        tx,
        f"""
        SELECT d.due_at_ms FROM deliveries d
          JOIN chats c ON c.id = d.chat_id
         WHERE d.state = 'waiting' AND c.dormant_at_ms IS NULL AND {_FIRST_OF_ITS_CHAT}
         ORDER BY d.due_at_ms, d.id LIMIT 1
        """,  # noqa: S608  # our own text
    )
    return from_ms(found["due_at_ms"]) if found else None


async def counts(tx: Tx) -> dict[str, int]:
    """How many deliveries are in each state; states without any are left out."""
    found = await rows(
        tx,
        """
        SELECT state, count(*) AS number FROM deliveries
         WHERE state IN ('waiting', 'sending') GROUP BY state UNION ALL
        SELECT state, count(*) AS number FROM deliveries
         WHERE state IN ('sent', 'refused', 'in_doubt') GROUP BY state
        """,
    )
    return {each["state"]: each["number"] for each in found}


async def _settle(tx: Tx, delivery_id: int, state: str, why: str, at: datetime) -> None:
    sql = "UPDATE deliveries SET state = :state, why = :why, settled_at_ms = :at WHERE id = :id AND state = 'sending'"
    await run(tx, sql, id=delivery_id, state=state, why=why, at=at)


def _delivery(found: RowMapping) -> Delivery:
    return Delivery(
        id=found["id"],
        chat_id=found["chat_id"],
        ref=ChatRef(found["telegram_id"], found["thread_id"]),
        message=_unpack(found["message"]),
        attempts=found["attempts"],
        doubts=found["doubts"],
    )


def _pack(message: Message) -> str:
    keyboard = [
        [{"text": each.text, "data": each.data, "url": each.url} for each in buttons] for buttons in message.keyboard
    ]
    content = {"html": message.html, "keyboard": keyboard, "preview_url": message.preview_url}
    return json.dumps(content, ensure_ascii=False)


def _unpack(packed: str) -> Message:
    content = json.loads(packed)
    keyboard = tuple(tuple(Button(**each) for each in buttons) for buttons in content["keyboard"])
    return Message(content["html"], keyboard, content["preview_url"])
