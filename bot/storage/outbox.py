"""The outbox: messages owed to chats, and what became of them.

A briefing is written here before anything is sent, in the transaction that marks its stories as briefed, so a crash
between writing and sending costs a repeat at worst, never a loss. A Telegram chat gets its messages one at a time and
in order, forum threads included, for Telegram paces them together.

waiting → sending → sent | refused | in_doubt; a postponed or doubtful one goes back to waiting. What waits too long is
expired, or folded into a later briefing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.engine import RowMapping

from bot.domain.models import ChatKind, ChatRef, Delivery, Owed
from bot.storage import contents
from bot.storage.sql import Tx, row, rows, run, run_given

LIFE = timedelta(days=7)  # older news are none

NEWEST = 200  # so many are looked at for what is newest: of a backlog most wait behind others of their chat

# the chat is there and no earlier message to it is open. Not as a join, for SQLite would first read all chats for a
# filter; CROSS JOIN is what makes it start at the chat
_MAY_GO = """
    EXISTS (SELECT 1 FROM chats c
             WHERE c.id = d.chat_id AND c.dormant_at_ms IS NULL
               AND NOT EXISTS (SELECT 1 FROM chats same CROSS JOIN deliveries earlier
                                WHERE same.telegram_id = c.telegram_id AND earlier.chat_id = same.id
                                  AND earlier.id < d.id AND earlier.state IN ('waiting', 'sending')))
"""
_LONGEST_DUE_FIRST = "ORDER BY d.due_at_ms, d.id"
_NEWEST_FIRST = f"""
    AND d.id IN (SELECT id FROM deliveries WHERE state = 'waiting' AND due_at_ms <= :now
                  ORDER BY due_at_ms DESC, id DESC LIMIT {NEWEST})
     ORDER BY d.due_at_ms DESC, d.id DESC
"""  # noqa: S608  # our own text
_COUNTER = "CASE WHEN telegram_id < -1000000000000 THEN telegram_id ELSE 0 END"  # as in counters.py


async def add(tx: Tx, owed: Sequence[Owed], at: datetime) -> dict[tuple[int, str], int]:
    """Owe briefings' messages to their chats and mark their stories as briefed; (chat, slot) → the briefing's id.

    A briefing whose slot was composed before is left out, and nothing of it is written.
    """
    asked = {(each.chat_id, each.slot): each for each in reversed(owed)}
    ids = await _brief(tx, [*reversed(asked.values())], at)
    new = [(ids[key], each) for key, each in reversed(asked.items()) if key in ids]
    await _mark(tx, new)
    content = await contents.keep(tx, (message for _, each in new for message in each.messages))
    await run_given(
        tx,
        """
        INSERT INTO deliveries
               (briefing_id, part, chat_id, content_id, state, due_at_ms, stale_at_ms, expires_at_ms)
        SELECT briefing_id, part, chat_id, content_id, 'waiting', :at, stale_at, :expires_at
          FROM given ORDER BY n
        """,
        {"briefing_id": "BIGINT", "part": "INTEGER", "chat_id": "BIGINT", "content_id": "BIGINT", "stale_at": "BIGINT"},
        (
            (briefing_id, part, each.chat_id, content[message], each.stale_at)
            for briefing_id, each in new
            for part, message in enumerate(each.messages)
        ),
        at=at,
        expires_at=at + LIFE,
    )
    return ids


async def _brief(tx: Tx, owed: Sequence[Owed], at: datetime) -> dict[tuple[int, str], int]:
    """The new briefings' ids; a slot that is taken gets none."""
    made = await run_given(
        tx,
        """
        INSERT INTO briefings (chat_id, slot, subscription_id, due_at_ms, composed_at_ms)
        SELECT chat_id, slot, subscription_id, due_at, :at FROM given WHERE TRUE ORDER BY n
            ON CONFLICT (chat_id, slot) DO NOTHING
        RETURNING id, chat_id, slot
        """,
        {"chat_id": "BIGINT", "slot": "TEXT", "subscription_id": "BIGINT", "due_at": "BIGINT"},
        ((each.chat_id, each.slot, each.subscription_id, each.due_at) for each in owed),
        at=at,
    )
    return {(each["chat_id"], each["slot"]): int(each["id"]) for each in made}


async def _mark(tx: Tx, new: Sequence[tuple[int, Owed]]) -> None:
    await run_given(
        tx,
        """
        INSERT INTO briefed (chat_id, story_id, briefing_id, position)
        SELECT chat_id, story_id, briefing_id, position FROM given WHERE TRUE ORDER BY n
            ON CONFLICT DO NOTHING
        """,
        {"chat_id": "BIGINT", "story_id": "BIGINT", "briefing_id": "BIGINT", "position": "INTEGER"},
        (
            (each.chat_id, story_id, briefing_id, position)
            for briefing_id, each in new
            for position, story_id in enumerate(each.story_ids)
        ),
    )


# ---- paying out ----------------------------------------------------------------------------------


async def claim(
    tx: Tx, now: datetime, lease_until: datetime, most: int, *, newest: bool = False
) -> tuple[Delivery, ...]:
    """Take up to `most` deliveries that are due and first of their chat: waiting → sending, attempts + 1.

    The longest due first; or those that became due last, and the longest due for the rest.
    """
    claimed = await _take(tx, now, lease_until, most, _NEWEST_FIRST) if newest else []
    if len(claimed) < most:
        claimed += await _take(tx, now, lease_until, most - len(claimed), _LONGEST_DUE_FIRST)
    return tuple(_delivery(each) for each in sorted(claimed, key=lambda each: int(each["id"])))


async def _take(tx: Tx, now: datetime, lease_until: datetime, most: int, order: str) -> list[RowMapping]:
    claimed = await rows(
        tx,
        f"""
        WITH due AS (
            SELECT d.id FROM deliveries d
             WHERE d.state = 'waiting' AND d.due_at_ms <= :now AND {_MAY_GO} {order} LIMIT :most
               FOR UPDATE OF d SKIP LOCKED)
        UPDATE deliveries
           SET state = 'sending', attempts = attempts + 1, due_at_ms = :lease_until,
               after_id = CASE WHEN doubtful THEN after_id ELSE
                          (SELECT k.message_id FROM message_counters k
                            WHERE k.counter_id = (SELECT {_COUNTER} FROM chats WHERE chats.id = chat_id)) END
         WHERE id IN (SELECT id FROM due)
        RETURNING id, chat_id, attempts, doubtful, doubts, after_id,
                  (SELECT message FROM contents WHERE contents.id = content_id) AS message,
                  (SELECT kind FROM chats WHERE chats.id = chat_id) AS kind,
                  (SELECT telegram_id FROM chats WHERE chats.id = chat_id) AS telegram_id,
                  (SELECT thread_id FROM chats WHERE chats.id = chat_id) AS thread_id
        """,  # noqa: S608  # our own text
        now=now,
        lease_until=lease_until,
        most=most,
    )
    return list(claimed)


async def sent(tx: Tx, delivery_id: int, *, message_id: int, at: datetime) -> None:
    """Telegram took it. Recorded whatever the state, for it is certain knowledge."""
    await run(
        tx,
        """
        UPDATE deliveries
           SET state = 'sent', message_id = :message_id, doubtful = FALSE, why = NULL, settled_at_ms = :at
         WHERE id = :id
        """,
        id=delivery_id,
        message_id=message_id,
        at=at,
    )


async def put_back(tx: Tx, delivery_id: int, *, due_at: datetime) -> None:
    """It was claimed too early: as if it had not been, but due at `due_at`."""
    await run(
        tx,
        """
        UPDATE deliveries SET state = 'waiting', attempts = attempts - 1, due_at_ms = :due_at
         WHERE id = :id AND state = 'sending'
        """,
        id=delivery_id,
        due_at=due_at,
    )


async def postponed(tx: Tx, delivery_id: int, *, due_at: datetime, why: str) -> None:
    """This attempt was not sent; the next is at `due_at`."""
    sql = (
        "UPDATE deliveries SET state = 'waiting', due_at_ms = :due_at, why = :why WHERE id = :id AND state = 'sending'"
    )
    await run(tx, sql, id=delivery_id, due_at=due_at, why=why)


async def doubted(tx: Tx, delivery_id: int, *, due_at: datetime, why: str) -> None:
    """This attempt may have arrived: at `due_at` that is to be found out, before anything is repeated."""
    await run(
        tx,
        """
        UPDATE deliveries SET state = 'waiting', doubtful = TRUE, due_at_ms = :due_at, why = :why
         WHERE id = :id AND state = 'sending'
        """,
        id=delivery_id,
        due_at=due_at,
        why=why,
    )


async def cleared(tx: Tx, delivery_id: int, *, proven: bool, after_id: int | None) -> bool:
    """A doubtful one is to be repeated: proven not to have arrived, or else once in its life (False: not any more)."""
    return (
        await run(
            tx,
            """
        UPDATE deliveries SET doubtful = FALSE, doubts = doubts + :counted, after_id = :after_id
         WHERE id = :id AND state = 'sending' AND doubtful AND doubts + :counted <= 1
        """,
            id=delivery_id,
            counted=0 if proven else 1,
            after_id=after_id,
        )
        > 0
    )


async def refused(tx: Tx, delivery_id: int, why: str, at: datetime) -> None:
    """It will never be taken."""
    await _settle(tx, delivery_id, "refused", why, at)


async def in_doubt(tx: Tx, delivery_id: int, why: str, at: datetime) -> None:
    """Nobody knows whether it arrived, and it is not repeated."""
    await _settle(tx, delivery_id, "in_doubt", why, at)


async def recover(tx: Tx, now: datetime, *, in_flight: Sequence[int] = (), dead: bool = False) -> int:
    """What was being sent by nobody any more becomes doubtful and due; how many.

    `dead`: every claim is of a process that ended; true only for the one service that holds the instance lock. Else
    claims whose lease has passed, but for those of this process that are `in_flight`.
    """
    mine = "AND id NOT IN :in_flight" if in_flight else ""
    passed = "" if dead else "AND due_at_ms <= :now"
    # both states are named because only then SQLite sees that the index of open ones serves
    return await run(
        tx,
        f"""
        UPDATE deliveries SET state = 'waiting', doubtful = TRUE, due_at_ms = :now, why = 'its outcome was not recorded'
         WHERE state IN ('waiting', 'sending') AND state = 'sending' {passed} {mine}
        """,  # noqa: S608  # our own text
        now=now,
        **({"in_flight": list(in_flight)} if in_flight else {}),
    )


async def expire(tx: Tx, now: datetime) -> int:
    """Give up what has waited for longer than news live; what may have arrived stays in doubt. How many."""
    return await run(
        tx,
        """
        UPDATE deliveries
           SET state = CASE WHEN doubtful THEN 'in_doubt' ELSE 'expired' END, settled_at_ms = :now
         WHERE state = 'waiting' AND expires_at_ms <= :now
        """,
        now=now,
    )


async def bring_back(tx: Tx, now: datetime, latest: datetime) -> int:
    """What waits for a time later than `latest`, as nothing can, is due now; how many."""
    sql = "UPDATE deliveries SET due_at_ms = :now WHERE state = 'waiting' AND due_at_ms > :latest"
    return await run(tx, sql, now=now, latest=latest)


async def composed(tx: Tx, chat_id: int, slot: str, since: datetime) -> int:
    """How many briefings whose slot begins like this were composed for a chat since then."""
    found = await row(
        tx,
        """
        SELECT count(*) AS number FROM briefings
         WHERE chat_id = :chat_id AND substr(slot, 1, length(:slot)) = :slot AND composed_at_ms >= :since
        """,
        chat_id=chat_id,
        slot=slot,
        since=since,
    )
    return int(found["number"]) if found else 0


async def counts(tx: Tx) -> dict[str, int]:
    """How many deliveries are in each state; states without any are left out."""
    found = await rows(
        tx,
        """
        SELECT state, count(*) AS number FROM deliveries
         WHERE state IN ('waiting', 'sending') GROUP BY state UNION ALL
        SELECT state, count(*) AS number FROM deliveries
         WHERE state NOT IN ('waiting', 'sending') GROUP BY state
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
        kind=ChatKind(found["kind"]),
        message=contents.unpack(found["message"]),
        attempts=found["attempts"],
        doubtful=bool(found["doubtful"]),
        doubts=found["doubts"],
        after_id=found["after_id"],
    )
