"""The list of sources: which feeds there are, added, found, listed, removed and brought back.

A source is known under any spelling of its address, by the form that all spellings share and that is stored beside it.
Removal only marks a source, so that it can be undone and its articles keep their outlet's name. How they are polled:
`polling`.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy.engine import RowMapping

from bot.domain.canonical import canonical_url
from bot.domain.models import Source
from bot.storage.sql import Tx, row, rows, run
from bot.storage.times import from_ms, maybe_from_ms


async def add(
    tx: Tx, *, url: str, title: str, language: str | None, site_url: str | None, interval_s: int, at: datetime
) -> Source:
    """Add a source, due at once. A removed one comes back; one that is there stays as it is and is returned."""
    added = await row(
        tx,
        """
        INSERT INTO sources (url, canonical_url, title, language, site_url, interval_s, next_poll_at_ms, added_at_ms)
        VALUES (:url, :canonical_url, :title, :language, :site_url, :interval_s, :at, :at)
        ON CONFLICT (url) DO UPDATE
           SET title = excluded.title, language = excluded.language, site_url = excluded.site_url,
               interval_s = excluded.interval_s, next_poll_at_ms = excluded.next_poll_at_ms, removed_at_ms = NULL,
               errors = 0, last_error = NULL, etag = NULL, last_modified = NULL, body_digest = NULL,
               failing_since_ms = NULL, told_at_ms = NULL, ended_at_ms = NULL
         WHERE sources.removed_at_ms IS NOT NULL
        RETURNING *
        """,
        url=url,
        canonical_url=canonical_url(url),
        title=title,
        language=language,
        site_url=site_url,
        interval_s=interval_s,
        at=at,
    )
    added = added or await row(tx, "SELECT * FROM sources WHERE url = :url", url=url)
    assert added is not None  # noqa: S101  # inserted, or in the way of the insertion
    return read_source(added)


async def known(tx: Tx, url: str) -> Source | None:
    """The source with this address, however it is spelled: scheme, "www.", closing slash, tracking parameters.

    Where there are several it is the one that has it just so, else the first; what is not printable is none.
    """
    if not url.isprintable():
        return None
    found = await row(
        tx,
        """
        SELECT * FROM sources WHERE canonical_url = :form AND removed_at_ms IS NULL
         ORDER BY CASE WHEN url = :url THEN 0 ELSE 1 END, id LIMIT 1
        """,
        form=_form(url),
        url=url,
    )
    return read_source(found) if found else None


async def known_among(tx: Tx, urls: Sequence[str]) -> frozenset[int]:
    """The positions of the addresses that sources have, however they are spelled."""
    forms = {position: _form(url) for position, url in enumerate(urls) if url.isprintable()}
    if not forms:
        return frozenset()
    sql = "SELECT canonical_url FROM sources WHERE canonical_url IN :forms AND removed_at_ms IS NULL"
    there = {each["canonical_url"] for each in await rows(tx, sql, forms=list(forms.values()))}
    return frozenset(position for position, form in forms.items() if form in there)


async def get(tx: Tx, source_id: int) -> Source | None:
    """The source with this id, unless removed."""
    found = await row(tx, "SELECT * FROM sources WHERE id = :id AND removed_at_ms IS NULL", id=source_id)
    return read_source(found) if found else None


async def listed(tx: Tx) -> tuple[Source, ...]:
    """All sources that are not removed, in the order of their adding."""
    found = await rows(tx, "SELECT * FROM sources WHERE removed_at_ms IS NULL ORDER BY id")
    return tuple(read_source(each) for each in found)


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
    return tuple(read_source(each) for each in found)


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
    return read_source(found) if found else None


async def is_taken(tx: Tx, url: str, source_id: int) -> bool:
    """Whether another source has this address, however it is spelled, or a removed one has it just so."""
    sql = """
        SELECT 1 AS found FROM sources
         WHERE (url = :url OR canonical_url = :form AND removed_at_ms IS NULL) AND id <> :id
    """
    return await row(tx, sql, url=url, form=_form(url), id=source_id) is not None


async def remove(tx: Tx, source_id: int, at: datetime) -> bool:
    """Stop polling and telling of a source; whether there was one to remove."""
    sql = "UPDATE sources SET removed_at_ms = :at WHERE id = :id AND removed_at_ms IS NULL"
    return await run(tx, sql, id=source_id, at=at) > 0


async def restore(tx: Tx, source_id: int, at: datetime) -> Source | None:
    """Undo a removal; the source is due at once, and read as if it were new to us."""
    sql = """
        UPDATE sources
           SET removed_at_ms = NULL, ended_at_ms = NULL, next_poll_at_ms = :at,
               etag = NULL, last_modified = NULL, body_digest = NULL
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
           SET url = :url, canonical_url = :canonical_url, next_poll_at_ms = :at,
               etag = NULL, last_modified = NULL, body_digest = NULL,
               moved_seen = NULL, errors = 0, last_error = NULL, failing_since_ms = NULL, told_at_ms = NULL,
               ended_at_ms = NULL
         WHERE id = :id AND removed_at_ms IS NULL
        RETURNING *
        """,
        id=source_id,
        url=url,
        canonical_url=canonical_url(url),
        at=at,
    )
    return read_source(switched) if switched else None


def _form(url: str) -> str:
    return canonical_url(url if "://" in url else f"https://{url}")


def read_source(found: RowMapping) -> Source:
    """A row of the table as a source."""
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


@lru_cache(maxsize=1000)
def _numbers(bits: int) -> frozenset[int]:
    return frozenset(number for number in range(24) if bits >> number & 1)
