"""The inbox: Telegram's updates from the moment they arrive until they have been handled.

An update is kept, together with how far Telegram's queue was read, before Telegram hears that we have it. So a crash
loses none, and one that comes again is known. What somebody wrote goes as soon as it was handled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from bot.domain.models import Incoming
from bot.storage.sql import Tx, row, rows, run, run_each
from bot.storage.times import to_ms

_OFFSET = "update_offset"
MOST_ATTEMPTS = 3
UNKNOWN_ID = 0
"""Stands among an update's answers for one that may have been sent without its id becoming known."""


async def offset(tx: Tx, since: datetime) -> int:
    """The `update_id` to ask for next; 0: none was taken since then."""
    found = await row(tx, "SELECT value FROM state WHERE key = :key", key=_OFFSET)
    update_id, _, set_at_ms = found["value"].partition(" ") if found else ("0", "", "")
    return int(update_id) if set_at_ms and int(set_at_ms) >= to_ms(since) else 0


async def set_offset(tx: Tx, update_id: int, at: datetime) -> None:
    """Ask for `update_id` and later ones from now on."""
    await run(
        tx,
        "INSERT INTO state (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        key=_OFFSET,
        value=f"{update_id} {to_ms(at)}",
    )


async def take(tx: Tx, updates: Sequence[Incoming], at: datetime) -> frozenset[int]:
    """Keep updates that are about to be handled for the first time; the ids of those that had not come before."""
    ids = [each.update_id for each in updates]
    known = await rows(tx, "SELECT update_id FROM updates WHERE update_id IN :ids", ids=ids)
    new = frozenset(ids) - {each["update_id"] for each in known}
    await run_each(
        tx,
        """
        INSERT INTO updates (update_id, telegram_id, payload, received_at_ms, attempts)
        VALUES (:update_id, :telegram_id, :payload, :at, 1)
        ON CONFLICT (update_id) DO NOTHING
        """,
        ({"at": at, **asdict(each)} for each in updates if each.update_id in new),
    )
    return new


async def reopen(tx: Tx, at: datetime) -> tuple[tuple[Incoming, ...], tuple[int, ...]]:
    """What a program that ended left unfinished, in order: to be handled again, and the ids of those given up.

    One is given up when its third attempt has not ended either, for it may be what ended the program.
    """
    given_up = await rows(
        tx,
        "SELECT update_id FROM updates WHERE done_at_ms IS NULL AND attempts >= :most ORDER BY update_id",
        most=MOST_ATTEMPTS,
    )
    for each in given_up:
        await done(tx, each["update_id"], (UNKNOWN_ID,), at)
    found = await rows(
        tx,
        """
        UPDATE updates SET attempts = attempts + 1, answers = answers || :unknown WHERE done_at_ms IS NULL
        RETURNING update_id, telegram_id, payload
        """,
        unknown=_packed((UNKNOWN_ID,)),
    )
    again = (Incoming(each["update_id"], each["telegram_id"], each["payload"]) for each in found)
    return tuple(sorted(again, key=lambda each: each.update_id)), tuple(each["update_id"] for each in given_up)


async def done(tx: Tx, update_id: int, answers: Sequence[int], at: datetime) -> None:
    """An update has been handled; `answers` are the ids of the messages sent in answer, `UNKNOWN_ID` among them."""
    await run(
        tx,
        """
        UPDATE updates SET payload = '', done_at_ms = :at, answers = answers || :answers
         WHERE update_id = :update_id AND done_at_ms IS NULL
        """,
        update_id=update_id,
        answers=_packed(answers),
        at=at,
    )


async def drop(tx: Tx, update_ids: Iterable[int], at: datetime) -> None:
    """These updates are not going to be handled."""
    sql = "UPDATE updates SET payload = '', done_at_ms = :at WHERE update_id = :update_id AND done_at_ms IS NULL"
    await run_each(tx, sql, ({"update_id": update_id, "at": at} for update_id in update_ids))


async def forget(tx: Tx, before: datetime) -> int:
    """Drop the traces of updates that were done before then; how many. They tell a repeat, so keep them for a day."""
    return await run(tx, "DELETE FROM updates WHERE done_at_ms < :before", before=before)


async def answers_of(tx: Tx, telegram_id: int, since: datetime) -> frozenset[int]:
    """Ids of messages sent to this chat in answer to an update since then.

    `UNKNOWN_ID` is among them where an answer may have been sent whose id nobody knows.
    """
    found = await rows(
        tx,
        """
        SELECT answers FROM updates WHERE done_at_ms >= :since AND telegram_id = :telegram_id AND answers <> ''
         UNION ALL
        SELECT answers FROM updates WHERE done_at_ms IS NULL AND telegram_id = :telegram_id AND answers <> ''
        """,
        telegram_id=telegram_id,
        since=since,
    )
    return frozenset(int(answer) for each in found for answer in each["answers"].split(",") if answer)


async def is_open(tx: Tx, telegram_id: int) -> bool:
    """Whether an update of this chat is still being handled, so that an answer may be under way."""
    sql = "SELECT 1 FROM updates WHERE done_at_ms IS NULL AND telegram_id = :telegram_id LIMIT 1"
    return await row(tx, sql, telegram_id=telegram_id) is not None


def _packed(answers: Sequence[int]) -> str:
    return "".join(f"{answer}," for answer in answers)
