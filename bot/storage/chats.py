"""Chats: where messages go. A forum thread is a chat of its own; being gone concerns the whole Telegram chat."""

from datetime import datetime

from sqlalchemy.engine import RowMapping

from bot.domain.models import Chat, ChatKind, ChatRef, Place
from bot.storage.sql import Tx, row, rows, run


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


async def sleep(tx: Tx, telegram_id: int, at: datetime) -> None:
    """The Telegram chat is gone: all its threads go dormant and what waits for them is refused; subscriptions stay."""
    await run(
        tx,
        "UPDATE chats SET dormant_at_ms = :at WHERE telegram_id = :telegram_id AND dormant_at_ms IS NULL",
        telegram_id=telegram_id,
        at=at,
    )
    await run(
        tx,
        """
        UPDATE deliveries SET state = 'refused', why = 'the chat is gone', settled_at_ms = :at
         WHERE state = 'waiting' AND chat_id IN (SELECT id FROM chats WHERE telegram_id = :telegram_id)
        """,
        telegram_id=telegram_id,
        at=at,
    )


async def wake(tx: Tx, telegram_id: int) -> bool:
    """The Telegram chat is there again; whether it was dormant."""
    sql = "UPDATE chats SET dormant_at_ms = NULL WHERE telegram_id = :telegram_id AND dormant_at_ms IS NOT NULL"
    return await run(tx, sql, telegram_id=telegram_id) > 0


async def moved(tx: Tx, old_id: int, new_id: int) -> None:
    """A group became a supergroup: its rows get the new Telegram id.

    A thread that is known under the new id too takes over what the old one has: subscriptions (its own are kept where
    both follow a topic), marks of what was briefed, deliveries. The old row then stays behind, dormant.
    """
    threads = await rows(tx, "SELECT id, thread_id FROM chats WHERE telegram_id = :old", old=old_id)
    for thread in threads:
        target = await find(tx, ChatRef(new_id, thread["thread_id"]))
        if target is None:
            sql = "UPDATE chats SET telegram_id = :new, dormant_at_ms = NULL WHERE id = :id"
            await run(tx, sql, id=thread["id"], new=new_id)
        else:
            await _merge(tx, thread["id"], target.id)
            await wake(tx, new_id)  # the next send tells whether it is there; what came along must not wait for ever


async def _merge(tx: Tx, old: int, new: int) -> None:
    for sql in (
        """
        UPDATE subscriptions SET chat_id = :new
         WHERE chat_id = :old
           AND topic_id NOT IN (SELECT topic_id FROM subscriptions WHERE chat_id = :new)
        """,
        """
        INSERT INTO briefed (chat_id, story_id, briefing_id)
        SELECT :new, story_id, briefing_id FROM briefed WHERE chat_id = :old
            ON CONFLICT DO NOTHING
        """,
        "UPDATE deliveries SET chat_id = :new WHERE chat_id = :old",
    ):
        await run(tx, sql, old=old, new=new)
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
