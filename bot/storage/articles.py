"""Articles: entries stored once, then found → read (full text) → ready (bullets, searchable).

Work is claimed by moving `due_at_ms` ahead, so a crash postpones an article and never loses it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from sqlalchemy.engine import RowMapping

from bot.domain.models import Article, Condensed, NewArticle
from bot.storage import bullets, search
from bot.storage.sql import Tx, row, rows, run
from bot.storage.times import from_ms

_BATCH = 50  # articles in one INSERT


@dataclass(frozen=True, slots=True)
class Claimed:
    """An article taken for work; `attempts` counts this one, `news` as in `NewArticle`.

    `placed`: it has its story, `copy`: as the copy of another article. `text_before`: what it said before its last
    edit, empty where it had none.
    """

    article: Article
    attempts: int
    news: bool
    placed: bool
    copy: bool
    text_before: str


async def add_new(tx: Tx, source_id: int, articles: Sequence[NewArticle], fetched_at: datetime) -> int:
    """Store those that are not there yet, by key in the source and by canonical URL everywhere; how many were new."""
    published: list[int] = []
    for start in range(0, len(articles), _BATCH):
        published += await _add_batch(tx, source_id, articles[start : start + _BATCH], fetched_at)
    if published:
        await run(
            tx,
            """
            UPDATE sources SET last_article_at_ms = :newest
             WHERE id = :id AND COALESCE(last_article_at_ms, 0) < :newest
            """,
            id=source_id,
            newest=max(published),
        )
    return len(published)


async def _add_batch(tx: Tx, source_id: int, articles: Sequence[NewArticle], fetched_at: datetime) -> list[int]:
    values: dict[str, object] = {"source_id": source_id, "fetched_at": fetched_at}
    for number, article in enumerate(articles):
        values |= {f"{column}{number}": getattr(article, column) for column in _GIVEN}
        values[f"published_at{number}"] = article.published_at or fetched_at
    return [int(each["published_at_ms"]) for each in await rows(tx, _insertion(len(articles)), **values)]


_GIVEN = ("key", "url", "canonical_url", "title", "author", "language", "image", "text", "news", "entry_digest")


@cache
def _insertion(count: int) -> str:
    given = ", ".join(_GIVEN)
    lines = (
        f"({', '.join(f':{column}{number}' for column in _GIVEN)},"
        f" :published_at{number}, :fetched_at, :fetched_at, :source_id, 'found')"
        for number in range(count)
    )
    return (
        f"INSERT INTO articles ({given}, published_at_ms, fetched_at_ms, due_at_ms, source_id, state)"  # noqa: S608
        f" VALUES {', '.join(lines)} ON CONFLICT DO NOTHING RETURNING published_at_ms"
    )


async def claim_found(tx: Tx, now: datetime, lease_until: datetime, most: int) -> tuple[Claimed, ...]:
    """Take up to `most` articles whose text is to be read, newest first; due again at `lease_until`."""
    return await _claim(tx, _CLAIM.format(state="found"), now, lease_until, most)


async def claim_read(tx: Tx, now: datetime, lease_until: datetime, most: int) -> tuple[Claimed, ...]:
    """Take up to `most` articles that are to be condensed, newest first; due again at `lease_until`."""
    return await _claim(tx, _CLAIM.format(state="read"), now, lease_until, most)


# the state is part of the text, for only then do the partial indexes serve
_CLAIM = """
    WITH due AS (
        SELECT id FROM articles
         WHERE state = '{state}' AND due_at_ms <= :now
         ORDER BY published_at_ms DESC, id DESC LIMIT :most
           FOR UPDATE SKIP LOCKED)
    UPDATE articles SET attempts = attempts + 1, due_at_ms = :lease_until
     WHERE id IN (SELECT id FROM due)
    RETURNING *, (SELECT title FROM sources WHERE sources.id = articles.source_id) AS source_title
"""


async def _claim(tx: Tx, sql: str, now: datetime, lease_until: datetime, most: int) -> tuple[Claimed, ...]:
    claimed = await rows(tx, sql, now=now, lease_until=lease_until, most=most)
    newest_first = sorted(claimed, key=lambda each: (each["published_at_ms"], each["id"]), reverse=True)
    return tuple(_claimed(each) for each in newest_first)


async def read(
    tx: Tx,
    article_id: int,
    *,
    text: str,
    title: str | None = None,
    author: str | None = None,
    language: str | None = None,
    image: str | None = None,
    published_at: datetime | None = None,
    at: datetime,
) -> None:
    """Move found → read, due at once. What is None keeps its stored value, and so does an image that is current."""
    await run(
        tx,
        """
        UPDATE articles
           SET state = 'read', attempts = 0, due_at_ms = :at, text = :text, title = COALESCE(:title, title),
               author = COALESCE(:author, author), language = COALESCE(:language, language),
               image = CASE WHEN image_outdated THEN COALESCE(:image, image) ELSE COALESCE(image, :image) END,
               image_outdated = FALSE, published_at_ms = COALESCE(:published_at, published_at_ms)
         WHERE id = :id AND state = 'found'
        """,
        id=article_id,
        text=text,
        title=title,
        author=author,
        language=language,
        image=image,
        published_at=published_at,
        at=at,
    )


async def postpone(tx: Tx, article_id: int, due_at: datetime, attempts: int | None = None) -> None:
    """Try again at `due_at`; the state stays, and so do the attempts where no other number is given."""
    sql = "UPDATE articles SET due_at_ms = :due_at, attempts = COALESCE(:attempts, attempts) WHERE id = :id"
    await run(tx, sql, id=article_id, due_at=due_at, attempts=attempts)


async def bring_back(tx: Tx, now: datetime, latest: datetime) -> int:
    """What is to be read or condensed later than `latest` is due now; how many."""
    sql = "UPDATE articles SET due_at_ms = :now WHERE state = '{}' AND due_at_ms > :latest"
    return sum([await run(tx, sql.format(state), now=now, latest=latest) for state in ("found", "read")])


async def ready(
    tx: Tx, article_id: int, condensed: Condensed, *, index_title: str, index_body: str, at: datetime
) -> None:
    """Move read → ready: store what was found, the language where it was unknown, and folded words for the search."""
    done = await run(
        tx,
        """
        UPDATE articles SET state = 'ready', attempts = 0, due_at_ms = :at, language = COALESCE(language, :language),
               condensed_version = :version, dateline_place = :place, dateline_agency = :agency, notes = :notes
         WHERE id = :id AND state = 'read'
        """,
        id=article_id,
        language=condensed.language,
        at=at,
        **_found_beside(condensed),
    )
    if done:
        await bullets.put(tx, article_id, condensed.bullets)
        await search.put(tx, article_id, title=index_title, body=index_body)


async def outdated(tx: Tx, version: int, since: datetime, most: int) -> tuple[Article, ...]:
    """Up to `most` articles condensed by a lower version that nobody was told of yet, the newest first.

    They are those of stories published at `since` or later, without any chat that was briefed on them.
    """
    found = await rows(
        tx,
        """
        SELECT articles.*, sources.title AS source_title
          FROM stories s
          JOIN articles ON articles.story_id = s.id
          JOIN sources ON sources.id = articles.source_id
         WHERE s.published_at_ms >= :since AND articles.state = 'ready'
           AND COALESCE(articles.condensed_version, 0) < :version
           AND NOT EXISTS (SELECT 1 FROM briefed b WHERE b.story_id = s.id)
         ORDER BY s.published_at_ms DESC, s.id DESC, articles.id LIMIT :most
        """,
        version=version,
        since=since,
        most=most,
    )
    return tuple(map(_article, found))


async def renew(tx: Tx, article_id: int, condensed: Condensed) -> None:
    """Replace what a lower version found; nothing else changes and nobody is told."""
    sql = """
        UPDATE articles
           SET condensed_version = :version, dateline_place = :place, dateline_agency = :agency, notes = :notes
         WHERE id = :id AND state = 'ready' AND COALESCE(condensed_version, 0) < :version
    """
    if await run(tx, sql, id=article_id, **_found_beside(condensed)):
        await bullets.put(tx, article_id, condensed.bullets)


def _found_beside(condensed: Condensed) -> dict[str, str | int | None]:
    return {
        "version": condensed.version,
        "place": condensed.place,
        "agency": condensed.agency,
        "notes": "\n".join(condensed.notes) or None,
    }


async def keep(tx: Tx, article_id: int, version: int) -> None:
    """Let the bullets stand as if this version had found them."""
    sql = """
        UPDATE articles SET condensed_version = :version
         WHERE id = :id AND state = 'ready' AND COALESCE(condensed_version, 0) < :version
    """
    await run(tx, sql, id=article_id, version=version)


async def get(tx: Tx, article_id: int) -> Article | None:
    """The article with this id."""
    found = await rows(tx, _BY_ID, ids=[article_id])
    return _article(found[0]) if found else None


async def condensed(tx: Tx, ids: Sequence[int]) -> dict[int, Article]:
    """Articles by id with the text that was condensed last, while an edit is being read; unknown ids are left out."""
    found = await rows(tx, _BY_ID, ids=list(ids))
    return {each["id"]: replace(_article(each), text=_condensed_text(each)) for each in found}


_BY_ID = """
    SELECT articles.*, sources.title AS source_title
      FROM articles JOIN sources ON sources.id = articles.source_id
     WHERE articles.id IN :ids
"""


def _condensed_text(found: RowMapping) -> str:
    before = found["previous_text"] if found["state"] != "ready" else None
    return str(found["text"] if before is None else before)


async def counts(tx: Tx) -> dict[str, int]:
    """How many articles are in each state; states without any are left out."""
    found = await rows(tx, _COUNTS)
    return {each["state"]: each["number"] for each in found}


# each line is answered by its partial index alone
_COUNTS = """
    SELECT state, count(*) AS number FROM articles WHERE state = 'found' GROUP BY state UNION ALL
    SELECT state, count(*) AS number FROM articles WHERE state = 'read' GROUP BY state UNION ALL
    SELECT state, count(*) AS number FROM articles WHERE state = 'ready' GROUP BY state
"""


def _claimed(found: RowMapping) -> Claimed:
    return Claimed(
        article=_article(found),
        attempts=found["attempts"],
        news=bool(found["news"]),
        placed=found["story_id"] is not None,
        copy=found["copy_of"] is not None,
        text_before=found["previous_text"] or "",
    )


def _article(found: RowMapping) -> Article:
    return Article(
        id=found["id"],
        source_id=found["source_id"],
        source_title=found["source_title"],
        url=found["url"],
        title=found["title"],
        author=found["author"],
        language=found["language"],
        image=found["image"],
        published_at=from_ms(found["published_at_ms"]),
        fetched_at=from_ms(found["fetched_at_ms"]),
        text=found["text"],
    )


async def in_work(tx: Tx) -> bool:
    """Whether an article is still to be read or condensed."""
    sql = "SELECT 1 AS found FROM articles WHERE state = '{}' LIMIT 1"
    return any([await row(tx, sql.format(state)) is not None for state in ("found", "read")])
