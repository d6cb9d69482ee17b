"""Chats: where messages go. A forum thread is a chat of its own; being gone concerns the whole Telegram chat."""

from datetime import datetime

from sqlalchemy.engine import RowMapping

from bot.domain.models import Chat, ChatKind, ChatRef, Place
from bot.storage.sql import Tx, row, rows, run
from bot.storage.times import maybe_from_ms

_AS_THE_OLD = ", ".join(
    f"{column} = (SELECT o.{column} FROM subscriptions o"  # noqa: S608  # our own text
    " WHERE o.chat_id = :old AND o.topic_id = subscriptions.topic_id)"
    for column in ("cadence", "times", "weekdays", "since_at_ms", "next_due_at_ms")
)


async def ensure(tx: Tx, place: Place, at: datetime) -> Chat:
    """The chat at `place`, made if it is new (zone UTC), its title and kind brought up to date."""
    stored = await row(
        tx,
        """
        INSERT INTO chats (telegram_id, thread_id, kind, title, added_at_ms)
        VALUES (:telegram_id, :thread_id, :kind, :title, :at)
        ON CONFLICT (telegram_id, thread_id) DO UPDATE SET kind = excluded.kind, title = excluded.title
        RETURNING *
        """,
        telegram_id=place.ref.telegram_id,
        thread_id=place.ref.thread_id,
        kind=place.kind.value,
        title=place.title,
        at=at,
    )
    assert stored is not None  # noqa: S101  # RETURNING of an upsert
    return chat_of(stored)


async def find(tx: Tx, ref: ChatRef) -> Chat | None:
    """The chat with this address."""
    found = await row(
        tx,
        "SELECT * FROM chats WHERE telegram_id = :telegram_id AND thread_id = :thread_id",
        telegram_id=ref.telegram_id,
        thread_id=ref.thread_id,
    )
    return chat_of(found) if found else None


async def get(tx: Tx, chat_id: int) -> Chat | None:
    """The chat with this id of ours."""
    found = await row(tx, "SELECT * FROM chats WHERE id = :id", id=chat_id)
    return chat_of(found) if found else None


async def set_zone(tx: Tx, chat_id: int, zone: str) -> None:
    """Set the IANA zone in which the chat's times are meant."""
    await run(tx, "UPDATE chats SET zone = :zone WHERE id = :id", id=chat_id, zone=zone)


async def sleep(tx: Tx, telegram_id: int, why: str, at: datetime) -> None:
    """The Telegram chat is gone: all its threads go dormant, subscriptions stay, what waits for it is refused.

    The stories of a briefing of which nothing was sent count as untold again.
    """
    await _silence(tx, "telegram_id = :id", telegram_id, why, at)


async def pause(tx: Tx, chat_id: int, why: str, at: datetime) -> None:
    """The same for one thread alone."""
    await _silence(tx, "id = :id", chat_id, why, at)


async def _silence(tx: Tx, which: str, of: int, why: str, at: datetime) -> None:
    these = f"chat_id IN (SELECT id FROM chats WHERE {which})"  # noqa: S608  # our own text
    await run(
        tx,
        f"UPDATE chats SET dormant_at_ms = :at, dormant_why = :why WHERE {which} AND dormant_at_ms IS NULL",  # noqa: S608
        id=of,
        at=at,
        why=why,
    )
    await run(
        tx,
        f"""
        UPDATE deliveries SET state = CASE WHEN doubtful THEN 'in_doubt' ELSE 'refused' END,
               why = 'the chat is gone', settled_at_ms = :at
         WHERE state = 'waiting' AND {these}
        """,  # noqa: S608
        id=of,
        at=at,
    )
    await run(
        tx,
        f"""
        DELETE FROM briefed
         WHERE {these}
           AND briefing_id IN (SELECT r.briefing_id FROM deliveries r WHERE r.{these} AND r.settled_at_ms = :at)
           AND NOT EXISTS (SELECT 1 FROM deliveries d
                            WHERE d.briefing_id = briefed.briefing_id AND d.state IN ('sent', 'sending', 'in_doubt'))
        """,  # noqa: S608
        id=of,
        at=at,
    )


async def wake(tx: Tx, telegram_id: int) -> tuple[Chat, ...]:
    """The Telegram chat is there again: those of its threads that were dormant."""
    return await _wake(tx, "telegram_id = :id", telegram_id)


async def wake_thread(tx: Tx, ref: ChatRef) -> tuple[Chat, ...]:
    """The same for one thread alone."""
    return await _wake(tx, "telegram_id = :id AND thread_id = :thread_id", ref.telegram_id, thread_id=ref.thread_id)


async def _wake(tx: Tx, which: str, telegram_id: int, **more: int) -> tuple[Chat, ...]:
    found = await rows(
        tx,
        f"""
        UPDATE chats SET missed_since_ms = dormant_at_ms, dormant_at_ms = NULL, dormant_why = NULL
         WHERE {which} AND dormant_at_ms IS NOT NULL
        RETURNING *
        """,  # noqa: S608
        id=telegram_id,
        **more,
    )
    return tuple(chat_of(each) for each in found)


async def take_missed(tx: Tx, chat_id: int) -> datetime | None:
    """Since when a chat that is there again was dormant; asked once."""
    found = await row(tx, "SELECT missed_since_ms FROM chats WHERE id = :id", id=chat_id)
    await run(tx, "UPDATE chats SET missed_since_ms = NULL WHERE id = :id AND missed_since_ms IS NOT NULL", id=chat_id)
    return maybe_from_ms(found["missed_since_ms"]) if found else None


async def end_long_dormant(tx: Tx, before: datetime, at: datetime) -> int:
    """End the subscriptions of chats that have been dormant since `before`; how many."""
    return await run(
        tx,
        """
        UPDATE subscriptions SET ended_at_ms = :at
         WHERE ended_at_ms IS NULL AND chat_id IN (SELECT id FROM chats WHERE dormant_at_ms <= :before)
        """,
        at=at,
        before=before,
    )


async def moved(tx: Tx, old_id: int, new_id: int) -> None:
    """A group became a supergroup: its rows get the new Telegram id.

    A thread that is known under the new id too takes over what the old one has: subscriptions (its own are kept where
    both follow a topic), marks of what was briefed, deliveries. The old row then stays behind, dormant.
    """
    threads = await rows(tx, "SELECT id, thread_id FROM chats WHERE telegram_id = :old", old=old_id)
    for thread in threads:
        target = await find(tx, ChatRef(new_id, thread["thread_id"]))
        if target is None:
            sql = "UPDATE chats SET telegram_id = :new, dormant_at_ms = NULL, dormant_why = NULL WHERE id = :id"
            await run(tx, sql, id=thread["id"], new=new_id)
        else:
            await _merge(tx, thread["id"], target.id)
            await wake(tx, new_id)  # the next send tells whether it is there; what came along must not wait for ever
    # message ids are counted anew there
    await run(
        tx,
        """
        UPDATE deliveries SET after_id = NULL
         WHERE state IN ('waiting', 'sending') AND chat_id IN (SELECT id FROM chats WHERE telegram_id = :new)
        """,
        new=new_id,
    )


async def _merge(tx: Tx, old: int, new: int) -> None:
    for sql in (
        # a wish that had ended there goes on as it is wished for here
        f"""
        UPDATE subscriptions SET ended_at_ms = NULL, {_AS_THE_OLD}
         WHERE chat_id = :new AND ended_at_ms IS NOT NULL
           AND topic_id IN (SELECT topic_id FROM subscriptions WHERE chat_id = :old AND ended_at_ms IS NULL)
        """,  # noqa: S608
        """
        UPDATE subscriptions SET chat_id = :new
         WHERE chat_id = :old
           AND topic_id NOT IN (SELECT topic_id FROM subscriptions WHERE chat_id = :new)
        """,
        """
        INSERT INTO briefed (chat_id, story_id, briefing_id, position)
        SELECT :new, story_id, briefing_id, position FROM briefed WHERE chat_id = :old
            ON CONFLICT DO NOTHING
        """,
        """
        UPDATE briefings SET chat_id = :new,
               slot = CASE WHEN EXISTS (SELECT 1 FROM briefings o WHERE o.chat_id = :new AND o.slot = briefings.slot)
                           THEN slot || ' ' || CAST(id AS TEXT) ELSE slot END
         WHERE chat_id = :old
        """,
        "UPDATE deliveries SET chat_id = :new WHERE chat_id = :old",
    ):
        await run(tx, sql, old=old, new=new)
    # Telegram may tell of one move several times, and what is ended in between must not come back
    await run(
        tx, "UPDATE subscriptions SET ended_at_ms = changed_at_ms WHERE chat_id = :id AND ended_at_ms IS NULL", id=old
    )
    await run(tx, "UPDATE chats SET dormant_at_ms = added_at_ms WHERE id = :id AND dormant_at_ms IS NULL", id=old)


def chat_of(found: RowMapping) -> Chat:
    """The chat in a row with the columns of `chats`."""
    return Chat(
        id=found["id"],
        ref=ChatRef(found["telegram_id"], found["thread_id"]),
        kind=ChatKind(found["kind"]),
        title=found["title"],
        zone=found["zone"],
        dormant=found["dormant_at_ms"] is not None,
    )
