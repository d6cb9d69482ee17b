"""The admins' sources: found, chosen, added, listed, checked, removed.

An address that is a feed, or whose page has one that is plainly the best, is added at once. Where several are about as
good, the admin chooses (`offer`); `add` takes the first of them, for whoever cannot be asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from bot.domain.errors import SourceError, UserError, WorkerError
from bot.domain.models import FeedKind, NewArticle, Source
from bot.domain.ports import Now, Workers
from bot.domain.text import cut
from bot.feeds.choices import Choice
from bot.feeds.extract import extract_page
from bot.feeds.fetch import Fetcher
from bot.feeds.identity import new_articles
from bot.services.finding import Finder, Found, refusal, rivals
from bot.services.known import known_positions, known_source
from bot.services.offers import Offer, Offers
from bot.services.pages import EXTRACT_LIMIT_S
from bot.services.polls import record_poll
from bot.storage import sources, stories
from bot.storage.database import Database
from bot.summarize.bullets import condense

PREVIEWS = 3
HANDED_OVER = timedelta(days=30)  # what readers still look at
TITLE_CHARS = 120
LEAST_FULL_CHARS = 600
FULLER = 2  # times the feed's own text


class FullText(StrEnum):
    """Where a source's articles have their whole text."""

    FEED = "feed"
    PAGE = "page"
    NOWHERE = "nowhere"  # as far as one page tells


@dataclass(frozen=True, slots=True)
class Preview:
    """An article of a source that was just found."""

    title: str
    bullet: str | None


@dataclass(frozen=True, slots=True)
class Added:
    """A source, and what was found in it.

    `known`: it was there already. `articles_per_day`: None if undated. `others`: further feeds of the same page, kept
    as the offer `offer_id`. `full_text`: None where it was not looked for.
    """

    source: Source
    kind: FeedKind
    known: bool
    entries: int
    articles_per_day: float | None
    newest_at: datetime | None
    previews: tuple[Preview, ...]
    others: tuple[Choice, ...] = ()
    offer_id: int | None = None
    full_text: FullText | None = None


class Sources:
    """Adds, lists and removes sources."""

    def __init__(self, database: Database, fetcher: Fetcher, workers: Workers, now: Now, interval_s: int) -> None:
        self._database = database
        self._fetcher = fetcher
        self._workers = workers
        self._now = now
        self._interval_s = interval_s
        self._finder = Finder(fetcher, workers, now)
        self._offers = Offers(database, now)

    async def add(self, url: str, *, interval_s: int | None = None) -> Added:
        """Find the feed at an address, or the best on the page there, and add it with the articles it holds.

        `interval_s`: seconds between two polls, where it is not to be the usual one.

        Raises:
            UserError: there is no feed, or it may not or cannot be read; one sentence.
        """
        found = await self._finder.look(url)
        source, known = await self._store(found[0], url, interval_s)
        return await self._added(found, source, known=known)

    async def offer(self, url: str) -> Added | Offer:
        """The same for whoever can choose: where several feeds are about as good, nothing is added yet.

        Raises:
            UserError: as for `add`.
        """
        found = await self._finder.look(url)
        if rivals(found):
            return await self._offered(found)
        source, known = await self._store(found[0], url)
        return await self._added(found, source, known=known, thoroughly=True)

    async def offered(self, offer_id: int) -> Offer:
        """An offer as it stands.

        Raises:
            UserError: it has expired.
        """
        choices = await self._offers.get(offer_id)
        return Offer(offer_id, choices, await self.there_among([choice.url for choice in choices]))

    async def choose(self, offer_id: int, position: int) -> Added:
        """Add one of the feeds that were offered.

        Raises:
            UserError: the offer has expired, or the feed cannot be read any more.
        """
        choices = await self._offers.get(offer_id)
        if not 0 <= position < len(choices):
            raise UserError("That choice does not exist.")
        return await self.add_feed(choices[position].url, choices[position].title)

    async def add_feed(self, url: str, title: str | None = None) -> Added:
        """Add the feed at exactly this address; `title` where it has none of its own.

        Raises:
            UserError: it may not or cannot be read, or is no feed.
        """
        try:
            found = await self._finder.read(url, title)
        except (SourceError, WorkerError) as error:
            raise UserError(refusal(error)) from error
        source, known = await self._store(found, url)
        return await self._added((found,), source, known=known, thoroughly=True)

    async def add_unseen(self, url: str, title: str | None = None) -> tuple[Source, bool]:
        """The same without a preview, for lists; returns the source, and whether it was there already.

        The list's address is kept where it leads to another one, so that the list knows its source again.

        Raises:
            SourceError: it may not or cannot be read, or is no feed.
            WorkerError: reading it took too long or too much memory.
        """
        if there := await self.there(url):
            return there, True
        return await self._store(await self._finder.read(url, title), url, address=url)

    async def drop_offer(self, offer_id: int) -> None:
        """Nothing of an offer is wanted."""
        await self._offers.drop(offer_id)

    async def there(self, url: str) -> Source | None:
        """The source with this address, however it is spelled."""
        async with self._database.read() as tx:
            return await known_source(tx, (url,))

    async def there_among(self, urls: Sequence[str]) -> frozenset[int]:
        """The positions of the addresses that sources have, however they are spelled."""
        async with self._database.read() as tx:
            return await known_positions(tx, urls)

    async def _store(
        self, found: Found, asked: str, interval_s: int | None = None, *, address: str | None = None
    ) -> tuple[Source, bool]:
        """The source of a feed, added if need be, and whether it was there already."""
        now = self._now()
        async with self._database.write() as tx:
            if known := await known_source(tx, (found.fetched.url, asked)):
                return known, True
            source = await sources.add(
                tx,
                url=address or found.fetched.url,
                title=_title(found),
                language=found.feed.language,
                site_url=found.feed.link,
                interval_s=interval_s or self._interval_s,
                at=now,
            )
            await record_poll(tx, source, found.fetched, found.feed, now)
        return source, False

    async def _offered(self, found: tuple[Found, ...]) -> Offer:
        choices = tuple(one.choice for one in found)
        async with self._database.write() as tx:
            offer_id = await self._offers.keep(tx, choices)
        return Offer(offer_id, choices, await self.there_among([choice.url for choice in choices]))

    async def _added(self, found: tuple[Found, ...], source: Source, *, known: bool, thoroughly: bool = False) -> Added:
        """What is told of a source; `thoroughly` looks at an article's page and keeps the other feeds for buttons."""
        articles = new_articles(found[0].feed)
        dates = [article.published_at for article in articles if article.published_at]
        return Added(
            source=source,
            kind=found[0].feed.kind,
            known=known,
            entries=len(articles),
            articles_per_day=_per_day(dates),
            newest_at=max(dates, default=None),
            previews=tuple([await self._preview(article) for article in articles[:PREVIEWS]]),
            others=tuple(one.choice for one in found[1:]),
            offer_id=(await self._offered(found)).id if thoroughly and len(found) > 1 else None,
            full_text=await self._full_text(found[0], articles) if thoroughly else None,
        )

    async def _full_text(self, found: Found, articles: tuple[NewArticle, ...]) -> FullText | None:
        """Where the whole text is, judged by one article; None where its page could not be read."""
        if found.choice.full_text:
            return FullText.FEED
        article = next((article for article in articles if article.url), None)
        if article is None or article.url is None:
            return None
        try:
            fetched = await self._fetcher.get(article.url)
            page = await self._workers.run(
                partial(extract_page, fetched.body, url=fetched.url), limit_s=EXTRACT_LIMIT_S
            )
        except (SourceError, WorkerError):
            return None
        enough = len(page.text) >= max(FULLER * len(article.text), LEAST_FULL_CHARS)
        return FullText.PAGE if enough and not page.paywalled else FullText.NOWHERE

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
        """Stop polling a source and showing what it alone tells; everything is kept. None if there is none."""
        now = self._now()
        async with self._database.write() as tx:
            source = await sources.get(tx, source_id)
            if not source or not await sources.remove(tx, source_id, now):
                return None
            await stories.hand_over(tx, source_id, now - HANDED_OVER)
            return source

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
            return len((await self._finder.read(source.url)).feed.entries)
        except (SourceError, WorkerError) as error:
            raise UserError(str(error)) from error


def _title(found: Found) -> str:
    host = found.fetched.url.partition("://")[2].partition("/")[0]
    return cut(found.feed.title or host, TITLE_CHARS)


def _per_day(dates: list[datetime]) -> float | None:
    if len(dates) < 2:
        return None
    span = max(max(dates) - min(dates), timedelta(hours=1))
    return len(dates) / (span / timedelta(days=1))
