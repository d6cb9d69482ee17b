"""Subscriptions: what each chat wants and when it is due next. Ending only marks one, so that it can be undone."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from functools import lru_cache

from sqlalchemy.engine import RowMapping

from bot.domain.models import Cadence, Schedule, Subscription
from bot.storage.chats import chat_of
from bot.storage.sql import Tx, row, rows, run, run_given
from bot.storage.times import from_ms, maybe_from_ms

_SUBSCRIPTION = """
    SELECT c.*, s.id AS subscription_id, s.topic_id, t.words, s.cadence, s.times, s.weekdays, s.since_at_ms,
           s.next_due_at_ms
      FROM subscriptions s
      JOIN chats c ON c.id = s.chat_id
      JOIN topics t ON t.id = s.topic_id
"""

_DUE = "s.ended_at_ms IS NULL AND s.next_due_at_ms <= :now AND c.dormant_at_ms IS NULL"


async def put(
    tx: Tx,
    *,
    chat_id: int,
    topic_id: int,
    schedule: Schedule,
    since_at: datetime,
    next_due_at: datetime | None,
    at: datetime,
) -> Subscription:
    """Store a chat's wish for a topic in place of an earlier one, ended or not."""
    stored = await row(
        tx,
        """
        INSERT INTO subscriptions
               (chat_id, topic_id, cadence, times, weekdays, since_at_ms, next_due_at_ms, changed_at_ms)
        VALUES (:chat_id, :topic_id, :cadence, :times, :weekdays, :since_at, :next_due_at, :at)
        ON CONFLICT (chat_id, topic_id) DO UPDATE
           SET cadence = excluded.cadence, times = excluded.times, weekdays = excluded.weekdays,
               since_at_ms = excluded.since_at_ms, next_due_at_ms = excluded.next_due_at_ms,
               changed_at_ms = excluded.changed_at_ms, ended_at_ms = NULL
        RETURNING id
        """,
        chat_id=chat_id,
        topic_id=topic_id,
        cadence=schedule.cadence.value,
        times=",".join(f"{each:%H:%M}" for each in schedule.times),
        weekdays="".join(str(day) for day in sorted(schedule.weekdays)),
        since_at=since_at,
        next_due_at=next_due_at,
        at=at,
    )
    subscription = await get(tx, stored["id"]) if stored else None
    assert subscription is not None  # noqa: S101  # RETURNING of an upsert
    return subscription


async def get(tx: Tx, subscription_id: int) -> Subscription | None:
    """The subscription with this id, ended or not."""
    found = await row(tx, f"{_SUBSCRIPTION} WHERE s.id = :id", id=subscription_id)
    return _subscription(found) if found else None


async def of_chat(tx: Tx, chat_id: int) -> tuple[Subscription, ...]:
    """What a chat gets, the oldest first."""
    sql = f"{_SUBSCRIPTION} WHERE s.chat_id = :chat_id AND s.ended_at_ms IS NULL ORDER BY s.id"
    return tuple(_subscription(each) for each in await rows(tx, sql, chat_id=chat_id))


async def end(tx: Tx, subscription_id: int, at: datetime) -> None:
    """End a subscription; what waits in the outbox is still sent."""
    sql = "UPDATE subscriptions SET ended_at_ms = :at WHERE id = :id AND ended_at_ms IS NULL"
    await run(tx, sql, id=subscription_id, at=at)


async def revive(tx: Tx, subscription_id: int, *, next_due_at: datetime | None) -> None:
    """Undo an end."""
    sql = "UPDATE subscriptions SET ended_at_ms = NULL, next_due_at_ms = :next_due_at WHERE id = :id"
    await run(tx, sql, id=subscription_id, next_due_at=next_due_at)


async def due(tx: Tx, now: datetime, most: int, *, chats: Sequence[int] | None = None) -> tuple[Subscription, ...]:
    """Up to `most` subscriptions that are due, the longest waiting first; `chats`: only of these."""
    among = "" if chats is None else "AND s.chat_id IN :chats"
    found = await rows(
        tx,
        f"{_SUBSCRIPTION} WHERE {_DUE} {among} ORDER BY s.next_due_at_ms, s.id LIMIT :most",
        now=now,
        most=most,
        **({} if chats is None else {"chats": list(chats)}),
    )
    return tuple(_subscription(each) for each in found)


async def claim_due(tx: Tx, now: datetime, ids: Sequence[int]) -> tuple[Subscription, ...]:
    """Those of these subscriptions that are still due, the longest waiting first; this transaction's until it ends.

    Brief them and set their next due time in the same transaction: nothing else marks them as taken.
    """
    found = await run_given(
        tx,
        f"""{_SUBSCRIPTION}
         WHERE s.id IN (SELECT id FROM given) AND {_DUE}
         ORDER BY s.next_due_at_ms, s.id
           FOR UPDATE OF s SKIP LOCKED
        """,  # noqa: S608  # our own text
        {"id": "BIGINT"},
        ((id_,) for id_ in ids),
        now=now,
    )
    return tuple(_subscription(each) for each in found)


async def page(tx: Tx, *, above: int, most: int) -> tuple[Subscription, ...]:
    """Up to `most` that have not ended, by id from the next one on; of dormant chats too."""
    sql = f"{_SUBSCRIPTION} WHERE s.ended_at_ms IS NULL AND s.id > :above ORDER BY s.id LIMIT :most"
    return tuple(_subscription(each) for each in await rows(tx, sql, above=above, most=most))


async def due_after(tx: Tx, latest: datetime, most: int) -> tuple[Subscription, ...]:
    """Up to `most` that are due later than `latest`; of dormant chats too."""
    sql = f"{_SUBSCRIPTION} WHERE s.ended_at_ms IS NULL AND s.next_due_at_ms > :latest ORDER BY s.id LIMIT :most"
    return tuple(_subscription(each) for each in await rows(tx, sql, latest=latest, most=most))


async def served(tx: Tx, each: Iterable[tuple[int, datetime, datetime | None]]) -> None:
    """Subscriptions were served: (its id, up to when, when it is due next)."""
    await run_given(
        tx,
        """
        UPDATE subscriptions SET since_at_ms = given.since_at, next_due_at_ms = given.next_due_at
          FROM given WHERE subscriptions.id = given.id
        """,
        {"id": "BIGINT", "since_at": "BIGINT", "next_due_at": "BIGINT"},
        each,
    )


async def wake_instant(tx: Tx, at: datetime) -> int:
    """There is news: instant subscriptions that wait for some become due at `at`; how many."""
    return await run(
        tx,
        """
        UPDATE subscriptions SET next_due_at_ms = :at
         WHERE cadence = 'instant' AND ended_at_ms IS NULL AND next_due_at_ms IS NULL
        """,
        at=at,
    )


async def set_due(tx: Tx, subscription_id: int, next_due_at: datetime | None) -> None:
    """Set when a subscription is due next; None: when there is news."""
    sql = "UPDATE subscriptions SET next_due_at_ms = :next_due_at WHERE id = :id"
    await run(tx, sql, id=subscription_id, next_due_at=next_due_at)


def _subscription(found: RowMapping) -> Subscription:
    return Subscription(
        id=found["subscription_id"],
        chat=chat_of(found),
        topic_id=found["topic_id"],
        words=found["words"],
        schedule=_schedule(found["cadence"], found["times"], found["weekdays"]),
        since_at=from_ms(found["since_at_ms"]),
        next_due_at=maybe_from_ms(found["next_due_at_ms"]),
    )


@lru_cache(maxsize=1024)
def _schedule(cadence: str, times: str, weekdays: str) -> Schedule:
    """Many chats have the same one."""
    at = tuple(time.fromisoformat(each) for each in times.split(",") if each)
    return Schedule(Cadence(cadence), at, frozenset(int(day) for day in weekdays))
