"""The admins' sources: found, added, listed, checked, removed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from bot.domain.errors import Forbidden, NotAFeed, SourceError, UserError, WorkerError
from bot.domain.models import Feed, FeedKind, FeedLink, NewArticle, Source
from bot.domain.ports import Now, Workers
from bot.domain.text import cut
from bot.feeds.discover import feed_links
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.identity import new_articles
from bot.services.ingest import Ingest
from bot.services.polls import record_poll
from bot.storage import sources
from bot.storage.database import Database
from bot.summarize.bullets import condense

MOST_TRIED = 3  # feeds of one page
PREVIEWS = 3
TITLE_CHARS = 120
NO_FEED = "That page has no feed. Send the address of its RSS or Atom feed, or of another page."


@dataclass(frozen=True, slots=True)
class Preview:
    """An article of a source that was just found."""

    title: str
    bullet: str | None


@dataclass(frozen=True, slots=True)
class Added:
    """A source, and what was found in it. `known`: it was there already. `articles_per_day`: None if undated."""

    source: Source
    kind: FeedKind
    known: bool
    entries: int
    articles_per_day: float | None
    newest_at: datetime | None
    previews: tuple[Preview, ...]
    others: tuple[FeedLink, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    fetched: Fetched
    feed: Feed
    others: tuple[FeedLink, ...]


class Sources:
    """Adds, lists and removes sources."""

    def __init__(self, database: Database, fetcher: Fetcher, workers: Workers, now: Now, interval_s: int) -> None:
        self._database = database
        self._fetcher = fetcher
        self._workers = workers
        self._now = now
        self._interval_s = interval_s
        self._ingest = Ingest(database, fetcher, workers, now)

    async def add(self, url: str, *, interval_s: int | None = None) -> Added:
        """Find the feed at an address, or on the page there, and add it with the articles it holds.

        `interval_s`: seconds between two polls, where it is not to be the usual one.

        Raises:
            UserError: there is no feed, or it may not or cannot be read; one sentence.
        """
        try:
            found = await self._look(url)
        except (SourceError, WorkerError) as error:
            raise UserError(_refusal(error)) from error
        now = self._now()
        async with self._database.write() as tx:
            known = await sources.find(tx, found.fetched.url)
            source = known or await sources.add(
                tx,
                url=found.fetched.url,
                title=_title(found),
                language=found.feed.language,
                site_url=found.feed.link,
                interval_s=interval_s or self._interval_s,
                at=now,
            )
            if known is None:
                await record_poll(tx, source, found.fetched, found.feed, now)
        return await self._added(source, found, known is not None)

    async def _look(self, url: str) -> _Found:
        fetched = await self._fetch(url)
        try:
            return _Found(fetched, await self._ingest.parse(fetched), ())
        except NotAFeed:
            offered = await self._workers.run(feed_links, fetched.body, fetched.url)
        for link in offered[:MOST_TRIED]:
            try:
                fetched = await self._fetcher.get(link.url)
                feed = await self._ingest.parse(fetched)
            except SourceError:
                continue
            return _Found(fetched, feed, tuple(other for other in offered if other != link))
        raise NotAFeed(NO_FEED)

    async def _fetch(self, url: str) -> Fetched:
        """Fetch what was typed; an address without a scheme is tried with https and then with http."""
        url = url.strip()
        if "://" in url:
            return await self._fetcher.get(url)
        try:
            return await self._fetcher.get("https://" + url)
        except Forbidden:
            raise
        except SourceError as error:
            if error.status is not None:
                raise
        return await self._fetcher.get("http://" + url)

    async def _added(self, source: Source, found: _Found, known: bool) -> Added:
        articles = new_articles(found.feed)
        dates = [article.published_at for article in articles if article.published_at]
        return Added(
            source=source,
            kind=found.feed.kind,
            known=known,
            entries=len(articles),
            articles_per_day=_per_day(dates),
            newest_at=max(dates, default=None),
            previews=tuple([await self._preview(article) for article in articles[:PREVIEWS]]),
            others=found.others,
        )

    async def _preview(self, article: NewArticle) -> Preview:
        work = partial(condense, article.text, title=article.title, language=article.language, count=1)
        try:
            bullets = (await self._workers.run(work)).bullets
        except WorkerError:
            bullets = ()
        return Preview(article.title, bullets[0].text if bullets else None)

    async def find(self, url_or_number: str) -> Source:
        """The source with this number in the list, or this address.

        Raises:
            UserError: there is none.
        """
        wanted = url_or_number.strip()
        for source in await self.listed():
            if wanted in (str(source.id), source.url, source.site_url) or source.url.endswith("://" + wanted):
                return source
        raise UserError(f"There is no source “{cut(wanted, 80)}”. /sources lists them with their numbers.")

    async def remove(self, source_id: int) -> Source | None:
        """Stop polling a source and showing its stories, all of which are kept. None if there is none."""
        async with self._database.write() as tx:
            source = await sources.get(tx, source_id)
            return source if source and await sources.remove(tx, source_id, self._now()) else None

    async def restore(self, source_id: int) -> Source | None:
        """Take back a removal."""
        async with self._database.write() as tx:
            return await sources.restore(tx, source_id, self._now())

    async def retry(self, source_id: int) -> Source | None:
        """Poll a source at the next occasion, even one that ended. None if there is none."""
        async with self._database.write() as tx:
            return await sources.retry(tx, source_id, self._now())

    async def listed(self) -> tuple[Source, ...]:
        """All sources by number."""
        async with self._database.read() as tx:
            return await sources.listed(tx, self._now() - timedelta(days=7))

    async def check(self, source: Source) -> int:
        """Poll a source now, whatever is due; returns how many entries its feed has.

        Raises:
            UserError: it cannot be read, and why.
        """
        try:
            fetched = await self._fetcher.get(source.url)
            return len((await self._ingest.parse(fetched)).entries)
        except (SourceError, WorkerError) as error:
            raise UserError(str(error)) from error


def _refusal(error: SourceError | WorkerError) -> str:
    if isinstance(error, (Forbidden, NotAFeed)):
        return str(error) if isinstance(error, Forbidden) else NO_FEED
    if isinstance(error, WorkerError):
        return "That feed is too large or too tangled to read."
    return f"That address could not be read. {error}"


def _title(found: _Found) -> str:
    host = found.fetched.url.partition("://")[2].partition("/")[0]
    return cut(found.feed.title or host, TITLE_CHARS)


def _per_day(dates: list[datetime]) -> float | None:
    if len(dates) < 2:
        return None
    span = max(max(dates) - min(dates), timedelta(hours=1))
    return len(dates) / (span / timedelta(days=1))
