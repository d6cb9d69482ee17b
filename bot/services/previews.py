"""What a feed brings, looked at before it is added: how much, since when, and three articles with a bullet each.

Promises: the pages that are read for it are asked for as any article's is, at most three of them, within ten seconds;
whatever cannot be read is left out.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from bot.domain.errors import SourceError, WorkerError
from bot.domain.models import FeedKind, NewArticle, Page
from bot.domain.ports import Workers
from bot.feeds.extract import extract_page
from bot.feeds.identity import new_articles
from bot.feeds.visits import Visits
from bot.services.finding import PATIENCE_S, Found, source_title
from bot.services.pages import EXTRACT_LIMIT_S
from bot.summarize.bullets import condense

PREVIEWS = 3
PAGES_S = 10.0
LEAST_FULL_CHARS = 600
FULLER = 2  # times the feed's own text


class FullText(StrEnum):
    """Where a source's articles have their whole text."""

    FEED = "feed"
    PAGE = "page"
    NOWHERE = "nowhere"  # as far as one page tells


@dataclass(frozen=True, slots=True)
class Preview:
    """An article of a feed that is no source yet."""

    title: str
    bullet: str | None


@dataclass(frozen=True, slots=True)
class Sample:
    """What a feed brings. `articles_per_day`: None if undated. `full_text`: None where no page could be read."""

    title: str
    kind: FeedKind
    language: str | None
    entries: int
    articles_per_day: float | None
    newest_at: datetime | None
    previews: tuple[Preview, ...]
    full_text: FullText | None


class Previews:
    """Looks at feeds that were found."""

    def __init__(self, visits: Visits, workers: Workers) -> None:
        self._visits = visits
        self._workers = workers

    async def sample(self, found: Found) -> Sample:
        """What a feed brings; one article's page tells where the whole texts are."""
        articles = new_articles(found.feed)
        shown = articles[:PREVIEWS]
        bullets = [await self._bullet(article, article.text) for article in shown]
        pages = await self._pages(shown, _to_read(shown, bullets, full_feed=found.choice.full_text))
        for at, page in pages.items():
            bullets[at] = await self._bullet(shown[at], page.text) or bullets[at]
        dates = [article.published_at for article in articles if article.published_at]
        return Sample(
            title=source_title(found.choice),
            kind=found.feed.kind,
            language=found.feed.language,
            entries=len(articles),
            articles_per_day=_per_day(dates),
            newest_at=max(dates, default=None),
            previews=tuple(Preview(article.title, bullet) for article, bullet in zip(shown, bullets, strict=True)),
            full_text=FullText.FEED if found.choice.full_text else _full_text(shown, pages),
        )

    async def _bullet(self, article: NewArticle, text: str) -> str | None:
        work = partial(condense, text, title=article.title, language=article.language, count=1)
        try:
            bullets = (await self._workers.run(work)).bullets
        except WorkerError:
            return None
        return bullets[0].text if bullets else None

    async def _pages(self, shown: Sequence[NewArticle], wanted: Sequence[int]) -> dict[int, Page]:
        """Position → page, of those positions whose pages can be read in time."""
        pages: dict[int, Page] = {}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PAGES_S):
                for at in wanted:
                    with contextlib.suppress(SourceError, WorkerError):
                        pages[at] = await self._page(shown[at].url or "")
        return pages

    async def _page(self, url: str) -> Page:
        fetched = await self._visits.page(url, patience_s=PATIENCE_S)
        return await self._workers.run(partial(extract_page, fetched.body, url=fetched.url), limit_s=EXTRACT_LIMIT_S)


def _to_read(shown: Sequence[NewArticle], bullets: Sequence[str | None], *, full_feed: bool) -> list[int]:
    """Whose pages to read: the first one's, unless the feed has all, and those of articles without a bullet so far."""
    linked = [at for at, article in enumerate(shown) if article.url]
    return [at for at in linked if bullets[at] is None or (at == linked[0] and not full_feed)]


def _full_text(shown: Sequence[NewArticle], pages: dict[int, Page]) -> FullText | None:
    """Where the whole text is, judged by one page."""
    if not pages:
        return None
    at, page = next(iter(pages.items()))
    enough = len(page.text) >= max(FULLER * len(shown[at].text), LEAST_FULL_CHARS)
    return FullText.PAGE if enough and not page.paywalled else FullText.NOWHERE


def _per_day(dates: list[datetime]) -> float | None:
    if len(dates) < 2:
        return None
    span = max(max(dates) - min(dates), timedelta(hours=1))
    return len(dates) / (span / timedelta(days=1))
