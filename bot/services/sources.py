"""The sources: added without asking (shell, lists), found, listed, checked, removed and brought back.

Whoever adds one in a chat sees it first: `services/adding`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.errors import SourceError, UserError, WorkerError
from bot.domain.models import Source
from bot.domain.ports import Now
from bot.domain.text import cut, plain
from bot.feeds.urls import MOST_CHARS
from bot.services.finding import PATIENCE_S, Finder, Found, source_title
from bot.services.polls import record_poll
from bot.storage import hubs, sources, stories
from bot.storage.database import Database

WEEK = timedelta(days=7)
MOST_DIGITS = 18
HANDED_OVER = timedelta(days=30)  # what readers still look at


@dataclass(frozen=True, slots=True)
class Added:
    """A source, and how many entries its feed has. `known`: it was there already."""

    source: Source
    known: bool
    entries: int


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the sources by number, from the `offset`th of `total` on."""

    sources: tuple[Source, ...]
    offset: int
    total: int


class Sources:
    """Adds, lists and removes sources."""

    def __init__(self, database: Database, finder: Finder, now: Now, interval_s: int) -> None:
        """`interval_s`: seconds between two polls of what is added."""
        self._database = database
        self._finder = finder
        self._now = now
        self._interval_s = interval_s

    async def add(self, url: str, *, interval_s: int | None = None) -> Added:
        """Find the feed at an address, or the best on the page there, and add it with the articles it holds.

        `interval_s`: seconds between two polls, where it is not to be the usual one.

        Raises:
            UserError: there is no feed, or it may not or cannot be read; one sentence.
        """
        found = (await self._finder.look(url))[0]
        source, known = await self._store(found, url, interval_s)
        return Added(source, known, len(found.feed.entries))

    async def add_unseen(
        self, url: str, title: str | None = None, *, patience_s: float = PATIENCE_S
    ) -> tuple[Source, bool]:
        """Add the feed at exactly this address; `title` where it has none. Returns it, and whether it was there.

        The address is kept where it leads to another one, so that a list knows its source again.

        Raises:
            HostBusy: its turn would come later than `patience_s`; nothing was asked.
            SourceError: it may not or cannot be read, or is no feed.
            WorkerError: reading it took too long or too much memory.
        """
        if there := await self.there(url):
            return there, True
        return await self._store(await self._finder.read(url, title, patience_s=patience_s), url, address=url)

    async def there(self, url: str) -> Source | None:
        """The source with this address, however it is spelled."""
        async with self._database.read() as tx:
            return await sources.known(tx, url)

    async def there_among(self, urls: Sequence[str]) -> frozenset[int]:
        """The positions of the addresses that sources have, however they are spelled."""
        async with self._database.read() as tx:
            return await sources.known_among(tx, urls)

    async def _store(
        self, found: Found, asked: str, interval_s: int | None = None, *, address: str | None = None
    ) -> tuple[Source, bool]:
        """The source of a feed, added if need be, and whether it was there already."""
        now = self._now()
        async with self._database.write() as tx:
            if known := await sources.known(tx, found.fetched.url) or await sources.known(tx, asked):
                return known, True
            source = await sources.add(
                tx,
                url=address or found.fetched.url,
                title=source_title(found.choice),
                language=found.feed.language,
                site_url=found.feed.link,
                interval_s=interval_s or self._interval_s,
                at=now,
            )
            await record_poll(tx, source, found.fetched, found.feed, now)
        return source, False

    async def find(self, url_or_number: str) -> Source:
        """The source with this number in the list, or this address, its own or its site's.

        Raises:
            UserError: there is none.
        """
        wanted = plain(url_or_number, MOST_CHARS)
        async with self._database.read() as tx:
            if wanted.isascii() and wanted.isdigit() and len(wanted) <= MOST_DIGITS:
                source = await sources.get(tx, int(wanted))
            else:
                source = await sources.known(tx, wanted) or await sources.of_site(tx, wanted)
        if source is None:
            raise UserError(f"There is no source “{cut(wanted, 80)}”. /sources lists them with their numbers.")
        return source

    async def remove(self, source_id: int) -> Source | None:
        """Stop polling a source and showing what it alone tells; everything is kept. None if there is none."""
        now = self._now()
        async with self._database.write() as tx:
            source = await sources.get(tx, source_id)
            if not source or not await sources.remove(tx, source_id, now):
                return None
            await hubs.leave(tx, source_id, now)
            await stories.hand_over(tx, source_id, now - HANDED_OVER)
            return source

    async def restore(self, source_id: int) -> Source | None:
        """Take back a removal; the next poll finds its hub again. None if there is none to take back."""
        async with self._database.write() as tx:
            return await sources.restore(tx, source_id, self._now())

    async def get(self, source_id: int) -> Source | None:
        """The source with this number; None if there is none."""
        async with self._database.read() as tx:
            return await sources.get(tx, source_id)

    async def retry(self, source_id: int) -> Source | None:
        """Poll a source at the next occasion, even one that ended. None if there is none."""
        async with self._database.write() as tx:
            return await sources.retry(tx, source_id, self._now())

    async def listed(self) -> tuple[Source, ...]:
        """All sources by number."""
        async with self._database.read() as tx:
            return await sources.listed(tx)

    async def page(self, offset: int, most: int) -> Listed:
        """Up to `most` sources by number from the `offset`th on, with their articles of the last seven days counted."""
        async with self._database.read() as tx:
            total = await sources.count(tx)
            return Listed(await sources.page(tx, offset, most, self._now() - WEEK), offset, total)

    async def check(self, source: Source) -> int:
        """Poll a source now, whatever is due; returns how many entries its feed has.

        Raises:
            UserError: it cannot be read, and why.
        """
        try:
            return len((await self._finder.read(source.url)).feed.entries)
        except (SourceError, WorkerError) as error:
            raise UserError(str(error)) from error
