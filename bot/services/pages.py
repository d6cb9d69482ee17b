"""Articles that were found get the text of their page, where it is better than their feed's."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import structlog

from bot.domain.cadence import back_off
from bot.domain.errors import Forbidden, HostBusy, NotAPage, SourceError, WorkerError
from bot.domain.models import Article, Page
from bot.domain.ports import Now, Workers
from bot.feeds.extract import choose_text
from bot.feeds.fetch import Fetched
from bot.feeds.visits import Visits
from bot.services.brought import Part, read_part
from bot.services.work_off import work_off
from bot.storage import articles
from bot.storage.articles import Claimed
from bot.storage.database import Database

log = structlog.get_logger()

IN_FLIGHT = 32
LEASE = timedelta(minutes=5)  # longer than any fetch and reading; what a crash left is read again after it
EXTRACT_LIMIT_S = 10.0
PAGE_ATTEMPTS = 3
MOST_WAIT_S = 600.0  # for the rest of an article; news does not wait longer
FULL_TEXT_CHARS = 2000  # a feed's text of this length is the article: its page is not asked for


class RestBusy(HostBusy):
    """The first page was read, and the rest has to wait."""


class Pages:
    """Reads the pages of what is new."""

    def __init__(self, database: Database, visits: Visits, workers: Workers, now: Now) -> None:
        self._database = database
        self._visits = visits
        self._workers = workers
        self._now = now

    async def read_pages(self) -> int:
        """Read the pages of articles found, or settle for the feed's text; returns how many articles moved on."""
        return await work_off(self._claim, self._read, most=IN_FLIGHT)

    async def _claim(self, most: int) -> tuple[Claimed, ...]:
        now = self._now()
        async with self._database.write() as tx:
            return await articles.claim_found(tx, now, now + LEASE, most)

    async def _read(self, claimed: Claimed) -> int:
        article = claimed.article
        try:
            page = await self._page(article, last=claimed.attempts >= PAGE_ATTEMPTS)
        except HostBusy as busy:
            await self._wait_for_turn(claimed, busy)
            return 0
        except (SourceError, WorkerError) as error:
            log.info("page not read", article_id=article.id, attempts=claimed.attempts, why=str(error))
            if claimed.attempts < PAGE_ATTEMPTS and _may_come_back(error):
                await self._postpone(claimed)
                return 0
            # of an article that was edited, what its page said before is more than a teaser
            await self._store(article, None, choose_text(article.text, claimed.text_before, article.title))
            return 1
        text = choose_text(article.text, page.text, article.title, page.title) if page else article.text
        await self._store(article, page, text)
        return 1

    async def _page(self, article: Article, *, last: bool) -> Page | None:
        """The article's page, later pages of it behind the first. `last`: it is not read again for what is missing."""
        if article.url is None or len(article.text) >= FULL_TEXT_CHARS:
            return None
        fetched = await self._visits.page(article.url)
        first = await self._part(fetched, fetched.url, 1)
        if first.plain and (plain := await self._plain(article, first, last=last)):
            return plain
        if first.page is None:
            raise NotAPage(first.why)
        texts = [first.page.text]
        following = first.following
        while following and (part := await self._later(following, fetched.url, len(texts) + 1, last=last)):
            texts += [part.page.text] if part.page else []
            following = part.following if part.page else None
        return first.page if len(texts) == 1 else _joined(first.page, texts)

    async def _plain(self, article: Article, first: Part, *, last: bool) -> Page | None:
        """The AMP version of a page that has little, where it has more."""
        assert first.plain  # noqa: S101  # asked for nothing else
        part = await self._later(first.plain, first.plain, 1, last=last)
        if part is None or part.page is None or first.page is None:
            return part.page if part else None
        better = choose_text(first.page.text, part.page.text, article.title, part.page.title)
        return None if better == first.page.text else replace(first.page, text=better, paywalled=part.page.paywalled)

    async def _later(self, url: str, first_url: str, number: int, *, last: bool) -> Part | None:
        """Another page of an article; None where it cannot be had, and what is there has to do.

        Raises:
            RestBusy: it can soon be had.
        """
        try:
            return await self._part(await self._visits.page(url), first_url, number)
        except HostBusy as busy:
            if not last and (busy.retry_after_s or 0.0) <= MOST_WAIT_S:
                raise RestBusy(str(busy), None, busy.retry_after_s) from busy
            log.info("later page not read", url=url, why=str(busy))
        except (SourceError, WorkerError) as error:
            log.info("later page not read", url=url, why=str(error))
        return None

    async def _part(self, fetched: Fetched, first_url: str, number: int) -> Part:
        work = partial(read_part, fetched.body, fetched.url, first_url, number)
        return await self._workers.run(work, limit_s=EXTRACT_LIMIT_S)

    async def _postpone(self, claimed: Claimed) -> None:
        wait = back_off(timedelta(seconds=20), claimed.attempts)
        async with self._database.write() as tx:
            await articles.postpone(tx, claimed.article.id, self._now() + wait)

    async def _wait_for_turn(self, claimed: Claimed, busy: HostBusy) -> None:
        wait = timedelta(seconds=busy.retry_after_s or 0.0)
        # one that was half read is not read for ever
        attempts = claimed.attempts - (not isinstance(busy, RestBusy))
        async with self._database.write() as tx:
            await articles.postpone(tx, claimed.article.id, self._now() + wait, attempts=attempts)

    async def _store(self, article: Article, page: Page | None, text: str) -> None:
        async with self._database.write() as tx:
            await articles.read(
                tx,
                article.id,
                text=text,
                author=article.author or (page.author if page else None),
                language=article.language or (page.language if page else None),
                image=page.image if page else None,
                at=self._now(),
            )


def _joined(first: Page, texts: list[str]) -> Page:
    """The first page with the paragraphs of all, each once."""
    paragraphs = dict.fromkeys(line for text in texts for line in text.split("\n"))
    return replace(first, text="\n".join(paragraphs))


def _may_come_back(error: SourceError | WorkerError) -> bool:
    if isinstance(error, (Forbidden, NotAPage, WorkerError)):
        return False
    return error.status is None or error.status >= 500 or error.status == 429
