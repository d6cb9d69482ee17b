"""The inbox: Telegram's updates from the moment they arrive until they have been handled.

An update is kept, together with how far Telegram's queue was read, before Telegram hears that we have it. So a crash
loses none, and one that comes again is known. What somebody wrote goes as soon as it was handled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.engine import RowMapping

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


@dataclass(frozen=True, slots=True)
class Reopened:
    """What a program that ended left unfinished, oldest first.

    `again` was at work once and counts as begun a second time now; `suspects` were at work twice when a program ended
    and are not counted yet; `given_up` (ids) were begun three times and are done.
    """

    again: tuple[Incoming, ...]
    suspects: tuple[Incoming, ...]
    given_up: tuple[int, ...]


async def reopen(tx: Tx, at: datetime) -> Reopened:
    """Take up what is not done; call it once at start, before anything is taken."""
    sql = "SELECT * FROM updates WHERE done_at_ms IS NULL ORDER BY update_id"
    found = await rows(tx, sql)
    given_up = tuple(each["update_id"] for each in found if each["attempts"] >= MOST_ATTEMPTS)
    await drop(tx, given_up, at)
    await run(
        tx,
        """
        UPDATE updates SET answers = answers || :unknown, attempts = CASE attempts WHEN 1 THEN 2 ELSE attempts END
         WHERE done_at_ms IS NULL
        """,
        unknown=_packed((UNKNOWN_ID,)),
    )
    return Reopened(
        again=tuple(_incoming(each) for each in found if each["attempts"] <= 1),
        suspects=tuple(_incoming(each) for each in found if 1 < each["attempts"] < MOST_ATTEMPTS),
        given_up=given_up,
    )


async def begun(tx: Tx, update_id: int) -> None:
    """A suspect is about to be handled once more."""
    await run(tx, "UPDATE updates SET attempts = attempts + 1 WHERE update_id = :update_id", update_id=update_id)


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


def _incoming(found: RowMapping) -> Incoming:
    return Incoming(found["update_id"], found["telegram_id"], found["payload"])


def _packed(answers: Sequence[int]) -> str:
    return "".join(f"{answer}," for answer in answers)
