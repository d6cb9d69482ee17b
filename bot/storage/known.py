"""What is known of a feed's entries: edits of stored articles, and the keys that a feed gives to known titles."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from bot.domain.models import NewArticle
from bot.storage.sql import Tx, rows, run, run_each
from bot.storage.times import maybe_from_ms


@dataclass(frozen=True, slots=True)
class Known:
    """A stored article as its feed gave it; `entry_digest` is None where it was stored by an older version."""

    id: int
    title: str
    url: str | None
    entry_digest: str | None
    edited_at: datetime | None


async def by_key(tx: Tx, source_id: int, keys: Sequence[str]) -> dict[str, Known]:
    """A source's articles with these keys."""
    if not keys:
        return {}
    found = await rows(
        tx,
        "SELECT id, key, title, url, entry_digest, edited_at_ms FROM articles WHERE source_id = :id AND key IN :keys",
        id=source_id,
        keys=tuple(keys),
    )
    return {
        each["key"]: Known(
            each["id"], each["title"], each["url"], each["entry_digest"], maybe_from_ms(each["edited_at_ms"])
        )
        for each in found
    }


async def by_title(tx: Tx, source_id: int, since: datetime) -> dict[str, int]:
    """Titles of a source's articles published since then → the id of the newest with it."""
    found = await rows(
        tx,
        """
        SELECT id, title FROM articles
         WHERE source_id = :id AND published_at_ms >= :since ORDER BY published_at_ms DESC LIMIT 1000
        """,
        id=source_id,
        since=since,
    )
    return {each["title"]: each["id"] for each in reversed(found)}


async def rekey(tx: Tx, keys: dict[int, str]) -> None:
    """Article id → the key that its feed gives it now."""
    sql = "UPDATE articles SET key = :key WHERE id = :id"
    await run_each(tx, sql, ({"id": article_id, "key": key} for article_id, key in keys.items()))


async def note(tx: Tx, article_id: int, entry_digest: str | None) -> None:
    """Remember what the feed says now without calling it an edit."""
    await run(tx, "UPDATE articles SET entry_digest = :digest WHERE id = :id", id=article_id, digest=entry_digest)


async def no_news(tx: Tx, source_id: int, fetched_at: datetime, since: datetime) -> None:
    """What was stored at `fetched_at` is news only if it says that it was published after `since`."""
    await run(
        tx,
        """
        UPDATE articles SET news = FALSE
         WHERE source_id = :id AND fetched_at_ms = :fetched_at
           AND (published_at_ms <= :since OR published_at_ms >= fetched_at_ms)
        """,
        id=source_id,
        fetched_at=fetched_at,
        since=since,
    )


async def edit(tx: Tx, article_id: int, entry: NewArticle, at: datetime) -> None:
    """The outlet changed an article: it is read and condensed anew, keeps its story and its place, and is no news.

    The text that readers may have been told of is kept beside the new one, for corrections. An image that the entry
    does not give stays until the page gives one.
    """
    await run(
        tx,
        """
        UPDATE articles
           SET previous_title = CASE WHEN title = :title THEN previous_title ELSE title END, title = :title,
               previous_text = CASE WHEN state = 'ready' THEN text ELSE previous_text END,
               image = COALESCE(:image, image), image_outdated = :image IS NULL,
               text = :text, entry_digest = :digest, edited_at_ms = :at, state = 'found', attempts = 0, due_at_ms = :at
         WHERE id = :id
        """,
        id=article_id,
        title=entry.title,
        text=entry.text,
        image=entry.image,
        digest=entry.entry_digest,
        at=at,
    )


async def relink(tx: Tx, article_id: int, url: str, canonical_url: str | None) -> None:
    """The outlet has an article at this address now; where another article is there, it keeps its own."""
    sql = "UPDATE articles SET url = :url, canonical_url = :canonical_url WHERE id = :id"
    with contextlib.suppress(IntegrityError):
        async with tx.begin_nested():
            await run(tx, sql, id=article_id, url=url, canonical_url=canonical_url)
