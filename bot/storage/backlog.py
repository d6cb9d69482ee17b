"""What waits in the outbox for longer than it should, to be folded into one briefing."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.storage.sql import Tx, rows, run, run_each
from bot.storage.times import from_ms


@dataclass(frozen=True, slots=True)
class Waiting:
    """A briefing of which nothing has been sent, nor may have been."""

    briefing_id: int
    composed_at: datetime
    story_ids: tuple[int, ...]


async def stale_chats(tx: Tx, now: datetime, most: int) -> tuple[int, ...]:
    """Chats for which something waits that became stale, the longest stale first; dormant ones are left alone."""
    found = await rows(
        tx,
        """
        SELECT d.chat_id, min(d.stale_at_ms) AS stale_at_ms FROM deliveries d
          JOIN chats c ON c.id = d.chat_id
         WHERE d.state = 'waiting' AND d.stale_at_ms <= :now AND c.dormant_at_ms IS NULL
         GROUP BY d.chat_id ORDER BY stale_at_ms, d.chat_id LIMIT :most
        """,
        now=now,
        most=most,
    )
    return tuple(each["chat_id"] for each in found)


async def foldable(tx: Tx, chat_id: int) -> tuple[Waiting, ...]:
    """The briefings of a chat that can be folded, the oldest first; this transaction's until it ends."""
    found = await rows(
        tx,
        """
        SELECT d.id, d.briefing_id, b.composed_at_ms,
               (SELECT count(*) FROM deliveries p WHERE p.briefing_id = d.briefing_id) AS parts
          FROM deliveries d
          JOIN briefings b ON b.id = d.briefing_id
         WHERE d.chat_id = :chat_id AND d.state = 'waiting' AND d.stale_at_ms IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.briefing_id = d.briefing_id
                              AND (o.state <> 'waiting' OR o.doubtful OR o.doubts > 0))
         ORDER BY d.id
           FOR UPDATE OF d SKIP LOCKED
        """,
        chat_id=chat_id,
    )
    # a part that is missing is being claimed at this moment
    parts = Counter(each["briefing_id"] for each in found)
    composed = {
        each["briefing_id"]: from_ms(each["composed_at_ms"])
        for each in found
        if parts[each["briefing_id"]] == each["parts"]
    }
    told: defaultdict[int, list[int]] = defaultdict(list)
    for each in await rows(
        tx,
        "SELECT briefing_id, story_id FROM briefed WHERE briefing_id IN :ids ORDER BY briefing_id, position",
        ids=list(composed),
    ):
        told[each["briefing_id"]].append(each["story_id"])
    return tuple(Waiting(id_, at, tuple(told[id_])) for id_, at in composed.items())


async def fold(tx: Tx, waiting: Sequence[Waiting], *, into: int, story_ids: Sequence[int], at: datetime) -> None:
    """The briefings that wait are replaced by briefing `into`, which tells these stories when they would have been."""
    ids = [each.briefing_id for each in waiting]
    await run(
        tx,
        """
        UPDATE deliveries
           SET due_at_ms = (SELECT max(o.due_at_ms) FROM deliveries o WHERE o.briefing_id IN :ids)
         WHERE briefing_id = :into
        """,
        ids=ids,
        into=into,
    )
    await run(
        tx,
        """
        UPDATE deliveries SET state = 'folded', folded_into = :into, settled_at_ms = :at
         WHERE briefing_id IN :ids AND state = 'waiting'
        """,
        ids=ids,
        into=into,
        at=at,
    )
    await run_each(
        tx,
        """
        UPDATE briefed SET briefing_id = :into, position = :position
         WHERE story_id = :story_id AND chat_id = (SELECT chat_id FROM briefings WHERE id = :into)
        """,
        ({"story_id": story_id, "position": at, "into": into} for at, story_id in enumerate(story_ids)),
    )


async def look_again(tx: Tx, chat_id: int, now: datetime, at: datetime) -> None:
    """What is stale now and is sent as it is after all becomes stale again at `at`."""
    sql = """
        UPDATE deliveries SET stale_at_ms = :at
         WHERE chat_id = :chat_id AND state = 'waiting' AND stale_at_ms <= :now
    """
    await run(tx, sql, chat_id=chat_id, now=now, at=at)
