"""Polls of sources: whose turn it is, what became of the last one, and what that says of a source."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.canonical import canonical_url
from bot.domain.models import Source
from bot.domain.politeness import LOOK_BACK, Pace
from bot.storage.sources import read_source
from bot.storage.sql import Tx, row, rows, run, run_given
from bot.storage.times import maybe_from_ms


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A poll that brought nothing new and was not led elsewhere: what the server said, and when the next is due."""

    source_id: int
    etag: str | None
    last_modified: str | None
    next_poll_at: datetime


async def claim_due(tx: Tx, now: datetime, lease_until: datetime, most: int) -> tuple[Source, ...]:
    """Take up to `most` sources that are due, the longest waiting first.

    They are not due again before `lease_until`, so a crash while polling postpones them until then and no longer.
    """
    claimed = await rows(
        tx,
        """
        WITH due AS (
            SELECT id FROM sources
             WHERE removed_at_ms IS NULL AND ended_at_ms IS NULL AND next_poll_at_ms <= :now
             ORDER BY next_poll_at_ms LIMIT :most
               FOR UPDATE SKIP LOCKED)
        UPDATE sources SET next_poll_at_ms = :lease_until
         WHERE id IN (SELECT id FROM due)
        RETURNING *
        """,
        now=now,
        lease_until=lease_until,
        most=most,
    )
    return tuple(read_source(each) for each in sorted(claimed, key=lambda each: int(each["id"])))


async def due_since(tx: Tx, at: datetime) -> bool:
    """Whether a source that was due at `at` has not been polled yet."""
    sql = """
        SELECT 1 AS found FROM sources
         WHERE removed_at_ms IS NULL AND ended_at_ms IS NULL AND next_poll_at_ms <= :at LIMIT 1
    """
    return await row(tx, sql, at=at) is not None


async def bring_back(tx: Tx, now: datetime, most: timedelta) -> int:
    """What is due later than its interval and `most` from now, as no source can be, is due now; how many."""
    sql = """
        UPDATE sources SET next_poll_at_ms = :now
         WHERE removed_at_ms IS NULL AND next_poll_at_ms > :latest AND next_poll_at_ms > :latest + interval_s * 1000
    """
    return await run(tx, sql, now=now, latest=now + most)


async def postpone(tx: Tx, source_id: int, next_poll_at: datetime) -> None:
    """Poll at `next_poll_at` and not before; nothing else changes."""
    await postpone_all(tx, [(source_id, next_poll_at)])


async def postpone_all(tx: Tx, waits: Sequence[tuple[int, datetime]]) -> None:
    """The same for many: (source, when)."""
    await run_given(
        tx,
        "UPDATE sources SET next_poll_at_ms = given.at FROM given WHERE sources.id = given.id",
        {"id": "BIGINT", "at": "BIGINT"},
        waits,
    )


async def paces(tx: Tx, ids: Sequence[int], now: datetime) -> dict[int, Pace]:
    """How often each of these sources published in the last fortnight."""
    found = await run_given(
        tx,
        """
        SELECT given.id, count(a.published_at_ms) AS articles, min(a.published_at_ms) AS first
          FROM given LEFT JOIN articles a
            ON a.source_id = given.id AND a.published_at_ms > :since AND a.published_at_ms <= :now
         GROUP BY given.id
        """,
        {"id": "BIGINT"},
        ((id_,) for id_ in ids),
        since=now - LOOK_BACK,
        now=now,
    )
    return {each["id"]: Pace(each["articles"], maybe_from_ms(each["first"])) for each in found}


async def unchanged(tx: Tx, polls: Iterable[Unchanged], at: datetime) -> None:
    """Record polls that brought nothing new, all in one statement."""
    await run_given(
        tx,
        """
        UPDATE sources
           SET last_polled_at_ms = :at, etag = given.etag, last_modified = given.last_modified,
               next_poll_at_ms = given.next_poll_at, moved_seen = NULL, errors = 0, last_error = NULL,
               failing_since_ms = NULL, told_at_ms = NULL, ended_at_ms = NULL
          FROM given WHERE sources.id = given.id
        """,
        {"id": "BIGINT", "etag": "TEXT", "last_modified": "TEXT", "next_poll_at": "BIGINT"},
        ((poll.source_id, poll.etag, poll.last_modified, poll.next_poll_at) for poll in polls),
        at=at,
    )


async def polled(
    tx: Tx,
    source_id: int,
    *,
    at: datetime,
    etag: str | None,
    last_modified: str | None,
    body_digest: str | None = None,
    next_poll_at: datetime,
    url: str | None = None,
    title: str | None = None,
    language: str | None = None,
    moved_seen: str | None = None,
    remark: str | None = None,
) -> None:
    """Record a poll that went well.

    `url`: where the feed moved for good, ignored if another source is there. `remark` stands as its last error.
    """
    await run(
        tx,
        """
        UPDATE sources
           SET last_polled_at_ms = :at, etag = :etag, last_modified = :last_modified, next_poll_at_ms = :next_poll_at,
               body_digest = COALESCE(:body_digest, body_digest),
               errors = 0, last_error = :remark, moved_seen = :moved_seen,
               failing_since_ms = NULL, told_at_ms = NULL, ended_at_ms = NULL,
               title = COALESCE(:title, title), language = COALESCE(:language, language),
               url = CASE WHEN EXISTS (SELECT 1 FROM sources other WHERE other.url = :url) THEN url
                          ELSE COALESCE(:url, url) END,
               canonical_url = CASE WHEN EXISTS (SELECT 1 FROM sources other WHERE other.url = :url) THEN canonical_url
                                    ELSE COALESCE(:canonical_url, canonical_url) END
         WHERE id = :id
        """,
        id=source_id,
        at=at,
        etag=etag,
        last_modified=last_modified,
        body_digest=body_digest,
        next_poll_at=next_poll_at,
        url=url,
        canonical_url=canonical_url(url) if url else None,
        title=title,
        language=language,
        moved_seen=moved_seen,
        remark=remark,
    )


async def asked(
    tx: Tx, source_id: int, *, ttl_s: int | None, skip_hours: frozenset[int], skip_days: frozenset[int]
) -> None:
    """Keep what its feed asks of readers."""
    await run(
        tx,
        "UPDATE sources SET ttl_s = :ttl_s, skip_hours = :hours, skip_days = :days WHERE id = :id",
        id=source_id,
        ttl_s=ttl_s,
        hours=_bits(skip_hours),
        days=_bits(skip_days),
    )


async def failed(tx: Tx, source_id: int, *, why: str, at: datetime, next_poll_at: datetime) -> Source | None:
    """Record a poll that failed; the source as it stands now, None if there is none."""
    counted = await row(
        tx,
        """
        UPDATE sources
           SET errors = errors + 1, last_error = :why, next_poll_at_ms = :next_poll_at,
               failing_since_ms = COALESCE(failing_since_ms, :at)
         WHERE id = :id
        RETURNING *
        """,
        id=source_id,
        why=why,
        at=at,
        next_poll_at=next_poll_at,
    )
    return read_source(counted) if counted else None


async def told(tx: Tx, source_id: int, at: datetime) -> None:
    """The admins heard of its row of errors."""
    await run(tx, "UPDATE sources SET told_at_ms = :at WHERE id = :id", id=source_id, at=at)


async def end(tx: Tx, source_id: int, *, why: str, at: datetime) -> None:
    """Its server said that it is gone for good: it stays, and is not polled any more."""
    await run(
        tx, "UPDATE sources SET ended_at_ms = :at, last_error = :why WHERE id = :id", id=source_id, why=why, at=at
    )


def _bits(numbers: frozenset[int]) -> int:
    return sum(1 << number for number in numbers)
