"""Sources are polled, their entries stored, and each article's page is read.

Articles are stored before the poll is recorded, and in the same transaction, so a crash repeats a poll and never loses
an article that was in its feed.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256

import structlog

from bot.domain.cadence import back_off
from bot.domain.errors import Forbidden, NotAPage, SourceError, WorkerError
from bot.domain.models import Article, Feed, NewArticle, Page, Source
from bot.domain.ports import Now, Workers
from bot.feeds.extract import choose_text, extract_page
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.identity import new_articles
from bot.feeds.parse import parse_feed
from bot.services.upkeep import RESTORED
from bot.storage import articles, sources, state
from bot.storage.articles import Claimed
from bot.storage.database import Database, Tx

log = structlog.get_logger()

BATCH = 16
IN_FLIGHT = 8
LEASE = timedelta(minutes=5)  # longer than any fetch and parse; a crashed poll is repeated after it
PARSE_LIMIT_S = 5.0
EXTRACT_LIMIT_S = 10.0
PAGE_ATTEMPTS = 3
FULL_TEXT_CHARS = 2000  # a feed's text of this length is the article: its page is not asked for
FIRST_NEWS = 3
FIRST_NEWS_AGE = timedelta(days=1)
READDED_WITHIN = timedelta(days=7)


class Ingest:
    """Polls what is due and reads the pages of what is new."""

    def __init__(self, database: Database, fetcher: Fetcher, workers: Workers, now: Now) -> None:
        self._database = database
        self._fetcher = fetcher
        self._workers = workers
        self._now = now
        self._slots = asyncio.Semaphore(IN_FLIGHT)

    async def recover(self) -> None:
        """What a process that ended was reading or condensing is taken up again; call once at start."""
        async with self._database.write() as tx:
            await articles.bring_back(tx, self._now(), self._now())

    async def poll_due(self) -> int:
        """Poll the sources that are due and return how many articles were new."""
        now = self._now()
        async with self._database.write() as tx:
            due = await sources.claim_due(tx, now, now + LEASE, BATCH)
        return sum(await asyncio.gather(*map(self._poll, due)))

    async def _poll(self, source: Source) -> int:
        async with self._slots:
            try:
                fetched = await self._fetcher.get(source.url, etag=source.etag, last_modified=source.last_modified)
                feed = None if _unchanged(source, fetched) else await self.parse(fetched)
            except (SourceError, WorkerError) as error:
                await self._failed(source, error)
                return 0
        async with self._database.write() as tx:
            return await record_poll(tx, source, fetched, feed, self._now())

    async def parse(self, fetched: Fetched) -> Feed:
        """The feed in a fetched body.

        Raises:
            NotAFeed: it holds none.
            WorkerError: reading it took too long or too much memory.
        """
        work = partial(parse_feed, fetched.body, url=fetched.url, content_type=fetched.content_type, now=self._now())
        return await self._workers.run(work, limit_s=PARSE_LIMIT_S)

    async def _failed(self, source: Source, error: SourceError | WorkerError) -> None:
        now = self._now()
        wait = back_off(timedelta(seconds=source.interval_s), source.errors + 1)
        if isinstance(error, SourceError) and error.retry_after_s is not None:
            wait = max(wait, timedelta(seconds=min(error.retry_after_s, 86_400.0)))
        async with self._database.write() as tx:
            errors = await sources.failed(tx, source.id, why=str(error), next_poll_at=now + wait)
        log.warning("source failed", source_id=source.id, errors=errors, why=str(error), wait_s=wait.total_seconds())

    async def read_pages(self) -> int:
        """Read the pages of articles found, or settle for the feed's text; returns how many articles moved on."""
        now = self._now()
        async with self._database.write() as tx:
            found = await articles.claim_found(tx, now, now + LEASE, BATCH)
        return sum(await asyncio.gather(*map(self._read, found)))

    async def _read(self, claimed: Claimed) -> bool:
        article = claimed.article
        try:
            page = await self._page(article)
        except (SourceError, WorkerError) as error:
            log.info("page not read", article_id=article.id, attempts=claimed.attempts, why=str(error))
            if claimed.attempts < PAGE_ATTEMPTS and _may_come_back(error):
                await self._postpone(claimed)
                return False
            page = None
        async with self._database.write() as tx:
            await _store_page(tx, article, page, self._now())
        return True

    async def _page(self, article: Article) -> Page | None:
        if article.url is None or len(article.text) >= FULL_TEXT_CHARS:
            return None
        async with self._slots:
            fetched = await self._fetcher.get(article.url)
            return await self._workers.run(
                partial(extract_page, fetched.body, url=fetched.url), limit_s=EXTRACT_LIMIT_S
            )

    async def _postpone(self, claimed: Claimed) -> None:
        wait = back_off(timedelta(seconds=20), claimed.attempts)
        async with self._database.write() as tx:
            await articles.postpone(tx, claimed.article.id, self._now() + wait)


async def record_poll(tx: Tx, source: Source, fetched: Fetched, feed: Feed | None, now: datetime) -> int:
    """Store what a poll brought and when the next is due; `feed` is None where nothing had changed."""
    new = 0
    if feed is not None:
        found = new_articles(feed)
        if source.last_polled_at is None:
            found = mark_news(found, now)
        restored_at = await state.moment(tx, RESTORED)
        if restored_at is not None and _is_first_since(source, restored_at):
            found = mark_told(found, min(restored_at, now))
        new = await articles.add_new(tx, source.id, found, now)
    await sources.polled(
        tx,
        source.id,
        at=now,
        etag=fetched.etag or (source.etag if feed is None else None),
        last_modified=fetched.last_modified or (source.last_modified if feed is None else None),
        body_digest=_digest(fetched.body) if fetched.body else None,
        next_poll_at=now + timedelta(seconds=source.interval_s),
    )
    if new:
        log.info("articles found", source_id=source.id, new=new)
    return new


def _unchanged(source: Source, fetched: Fetched) -> bool:
    return fetched.status == 304 or source.body_digest == _digest(fetched.body)


def _digest(body: bytes) -> str:
    return sha256(body).hexdigest()


def mark_news(found: Sequence[NewArticle], now: datetime) -> tuple[NewArticle, ...]:
    """At a source's first poll only its three newest articles, and those of the last day, are news to anyone."""
    newest = sorted(found, key=lambda article: article.published_at or now, reverse=True)[:FIRST_NEWS]
    return tuple(
        article
        if article in newest or (article.published_at or now) > now - FIRST_NEWS_AGE
        else replace(article, news=False)
        for article in found
    )


def _is_first_since(source: Source, restored_at: datetime) -> bool:
    """Whether a source is polled for the first time since the database was restored from a backup."""
    if source.last_polled_at is None:
        # added after the backup and lost with it, then added again
        return source.added_at <= restored_at + READDED_WITHIN
    return source.last_polled_at < restored_at


def mark_told(found: Sequence[NewArticle], restored_at: datetime) -> tuple[NewArticle, ...]:
    """What was published by then, or says not when, was told before the backup was needed."""
    before = restored_at - timedelta(milliseconds=1)  # subscriptions begin anew at that moment
    return tuple(
        article
        if article.published_at and article.published_at > restored_at
        else replace(article, news=False, published_at=min(article.published_at or before, before))
        for article in found
    )


def _may_come_back(error: SourceError | WorkerError) -> bool:
    if isinstance(error, (Forbidden, NotAPage, WorkerError)):
        return False
    return error.status is None or error.status >= 500 or error.status == 429


async def _store_page(tx: Tx, article: Article, page: Page | None, now: datetime) -> None:
    await articles.read(
        tx,
        article.id,
        text=choose_text(article.text, page.text, article.title, page.title) if page else article.text,
        author=article.author or (page.author if page else None),
        language=article.language or (page.language if page else None),
        image=article.image or (page.image if page else None),
        at=now,
    )
