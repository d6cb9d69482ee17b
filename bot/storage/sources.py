"""Sources: which feeds are polled, when next, and how they fare.

Removal only marks a source, so that it can be undone and its articles keep their outlet's name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy.engine import RowMapping

from bot.domain.models import Source
from bot.domain.politeness import LOOK_BACK, Pace
from bot.storage.sql import Tx, row, rows, run, run_given
from bot.storage.times import from_ms, maybe_from_ms


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A poll that brought nothing new and was not led elsewhere: what the server said, and when the next is due."""

    source_id: int
    etag: str | None
    last_modified: str | None
    next_poll_at: datetime


async def add(
    tx: Tx, *, url: str, title: str, language: str | None, site_url: str | None, interval_s: int, at: datetime
) -> Source:
    """Add a source, due at once. A removed one comes back; one that is there stays as it is and is returned."""
    added = await row(
        tx,
        """
        INSERT INTO sources (url, title, language, site_url, interval_s, next_poll_at_ms, added_at_ms)
        VALUES (:url, :title, :language, :site_url, :interval_s, :at, :at)
        ON CONFLICT (url) DO UPDATE
           SET title = excluded.title, language = excluded.language, site_url = excluded.site_url,
               interval_s = excluded.interval_s, next_poll_at_ms = excluded.next_poll_at_ms, removed_at_ms = NULL,
               errors = 0, last_error = NULL, etag = NULL, last_modified = NULL, body_digest = NULL,
               failing_since_ms = NULL, told_at_ms = NULL, ended_at_ms = NULL
         WHERE sources.removed_at_ms IS NOT NULL
        RETURNING *
        """,
        url=url,
        title=title,
        language=language,
        site_url=site_url,
        interval_s=interval_s,
        at=at,
    )
    added = added or await row(tx, "SELECT * FROM sources WHERE url = :url", url=url)
    assert added is not None  # noqa: S101  # inserted, or in the way of the insertion
    return _source(added)


async def find(tx: Tx, url: str) -> Source | None:
    """The source with this address, unless removed."""
    found = await row(tx, "SELECT * FROM sources WHERE url = :url AND removed_at_ms IS NULL", url=url)
    return _source(found) if found else None


async def get(tx: Tx, source_id: int) -> Source | None:
    """The source with this id, unless removed."""
    found = await row(tx, "SELECT * FROM sources WHERE id = :id AND removed_at_ms IS NULL", id=source_id)
    return _source(found) if found else None


async def listed(tx: Tx) -> tuple[Source, ...]:
    """All sources that are not removed, in the order of their adding."""
    found = await rows(tx, "SELECT * FROM sources WHERE removed_at_ms IS NULL ORDER BY id")
    return tuple(_source(each) for each in found)


async def page(tx: Tx, offset: int, most: int, week_ago: datetime) -> tuple[Source, ...]:
    """Up to `most` of them from the `offset`th on, with their articles since `week_ago` counted."""
    found = await rows(
        tx,
        """
        WITH shown AS (SELECT * FROM sources WHERE removed_at_ms IS NULL ORDER BY id LIMIT :most OFFSET :offset)
        SELECT shown.*,
               (SELECT count(*) FROM articles WHERE source_id = shown.id AND published_at_ms > :week_ago) AS week
          FROM shown ORDER BY id
        """,
        offset=offset,
        most=most,
        week_ago=week_ago,
    )
    return tuple(_source(each) for each in found)


async def count(tx: Tx) -> int:
    """How many there are that are not removed."""
    found = await row(tx, "SELECT count(*) AS number FROM sources WHERE removed_at_ms IS NULL")
    return int(found["number"]) if found else 0


async def of_site(tx: Tx, url: str) -> Source | None:
    """The first source whose site is at this address, with or without its scheme and its closing slash."""
    bare = url.rstrip("/")
    spelled = (bare, f"{bare}/", f"https://{bare}", f"https://{bare}/", f"http://{bare}", f"http://{bare}/")
    sql = "SELECT * FROM sources WHERE site_url IN :spelled AND removed_at_ms IS NULL ORDER BY id LIMIT 1"
    found = await row(tx, sql, spelled=spelled)
    return _source(found) if found else None


async def of_host(tx: Tx, host: str) -> tuple[Source, ...]:
    """Those that are not removed and have this host in their address, or something that looks like it."""
    sql = "SELECT * FROM sources WHERE removed_at_ms IS NULL AND lower(url) LIKE :pattern ORDER BY id"
    return tuple(_source(each) for each in await rows(tx, sql, pattern=f"%{host.lower()}%"))


async def remove(tx: Tx, source_id: int, at: datetime) -> bool:
    """Stop polling and telling of a source; whether there was one to remove."""
    sql = "UPDATE sources SET removed_at_ms = :at WHERE id = :id AND removed_at_ms IS NULL"
    return await run(tx, sql, id=source_id, at=at) > 0


async def restore(tx: Tx, source_id: int, at: datetime) -> Source | None:
    """Undo a removal; the source is due at once."""
    sql = """
        UPDATE sources SET removed_at_ms = NULL, ended_at_ms = NULL, next_poll_at_ms = :at
         WHERE id = :id AND removed_at_ms IS NOT NULL
    """
    await run(tx, sql, id=source_id, at=at)
    return await get(tx, source_id)


async def retry(tx: Tx, source_id: int, at: datetime) -> Source | None:
    """Make a source due at once, even one that ended; None if there is none."""
    sql = "UPDATE sources SET ended_at_ms = NULL, next_poll_at_ms = :at WHERE id = :id AND removed_at_ms IS NULL"
    await run(tx, sql, id=source_id, at=at)
    return await get(tx, source_id)


async def switch(tx: Tx, source_id: int, url: str, at: datetime) -> Source | None:
    """Read a source from another address, where no source is; due at once, its troubles forgotten. None: no source."""
    switched = await row(
        tx,
        """
        UPDATE sources
           SET url = :url, next_poll_at_ms = :at, etag = NULL, last_modified = NULL, body_digest = NULL,
               moved_seen = NULL, errors = 0, last_error = NULL, failing_since_ms = NULL, told_at_ms = NULL,
               ended_at_ms = NULL
         WHERE id = :id AND removed_at_ms IS NULL
        RETURNING *
        """,
        id=source_id,
        url=url,
        at=at,
    )
    return _source(switched) if switched else None


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


async def told(tx: Tx, source_id: int, at: datetime) -> None:
    """The admins heard of its row of errors."""
    await run(tx, "UPDATE sources SET told_at_ms = :at WHERE id = :id", id=source_id, at=at)


async def end(tx: Tx, source_id: int, *, why: str, at: datetime) -> None:
    """Its server said that it is gone for good: it stays, and is not polled any more."""
    await run(
        tx, "UPDATE sources SET ended_at_ms = :at, last_error = :why WHERE id = :id", id=source_id, why=why, at=at
    )


async def is_taken(tx: Tx, url: str, source_id: int) -> bool:
    """Whether another source, removed ones included, has this address."""
    sql = "SELECT 1 AS found FROM sources WHERE url = :url AND id <> :id"
    return await row(tx, sql, url=url, id=source_id) is not None


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
    return tuple(_source(each) for each in sorted(claimed, key=lambda each: int(each["id"])))


async def bring_back(tx: Tx, now: datetime, most: timedelta) -> int:
    """What is due later than its interval and `most` from now, as no source can be, is due now; how many."""
    sql = """
        UPDATE sources SET next_poll_at_ms = :now
         WHERE removed_at_ms IS NULL AND next_poll_at_ms > :latest AND next_poll_at_ms > :latest + interval_s * 1000
    """
    return await run(tx, sql, now=now, latest=now + most)


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
                          ELSE COALESCE(:url, url) END
         WHERE id = :id
        """,
        id=source_id,
        at=at,
        etag=etag,
        last_modified=last_modified,
        body_digest=body_digest,
        next_poll_at=next_poll_at,
        url=url,
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
    return _source(counted) if counted else None


def _source(found: RowMapping) -> Source:
    return Source(
        id=found["id"],
        url=found["url"],
        title=found["title"],
        language=found["language"],
        site_url=found["site_url"],
        interval_s=found["interval_s"],
        next_poll_at=from_ms(found["next_poll_at_ms"]),
        added_at=from_ms(found["added_at_ms"]),
        etag=found["etag"],
        last_modified=found["last_modified"],
        body_digest=found["body_digest"],
        errors=found["errors"],
        last_error=found["last_error"],
        last_polled_at=maybe_from_ms(found["last_polled_at_ms"]),
        last_article_at=maybe_from_ms(found["last_article_at_ms"]),
        ttl_s=found["ttl_s"],
        skip_hours=_numbers(found["skip_hours"]),
        skip_days=_numbers(found["skip_days"]),
        moved_seen=found["moved_seen"],
        failing_since=maybe_from_ms(found["failing_since_ms"]),
        told_at=maybe_from_ms(found["told_at_ms"]),
        ended_at=maybe_from_ms(found["ended_at_ms"]),
        articles_a_week=found.get("week"),
    )


def _bits(numbers: frozenset[int]) -> int:
    return sum(1 << number for number in numbers)


@lru_cache(maxsize=1000)
def _numbers(bits: int) -> frozenset[int]:
    return frozenset(number for number in range(24) if bits >> number & 1)


async def due_since(tx: Tx, at: datetime) -> bool:
    """Whether a source that was due at `at` has not been polled yet."""
    sql = """
        SELECT 1 AS found FROM sources
         WHERE removed_at_ms IS NULL AND ended_at_ms IS NULL AND next_poll_at_ms <= :at LIMIT 1
    """
    return await row(tx, sql, at=at) is not None
