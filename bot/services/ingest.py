"""Sources are polled, their entries stored, and each article's page is read.

Articles are stored before the poll is recorded, and in the same transaction, so a crash repeats a poll and never loses
an article that was in its feed.
"""

from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.cadence import back_off
from bot.domain.errors import HostBusy, SourceError, WorkerError
from bot.domain.models import Feed, Source
from bot.domain.politeness import Asked, has_ended, host_pause_s, next_poll
from bot.domain.ports import Now, Workers
from bot.feeds.fetch import Fetched
from bot.feeds.parse import parse_feed
from bot.feeds.unread import Seen, unread
from bot.feeds.visits import Visits
from bot.services.brought import articles_of
from bot.services.pages import Pages
from bot.services.polls import Brought, is_unchanged, record, record_unchanged
from bot.services.trouble import Trouble
from bot.services.work_off import work_off
from bot.storage import articles, polling
from bot.storage.database import Database

log = structlog.get_logger()

IN_FLIGHT = 64
LEASE = timedelta(minutes=5)  # longer than any fetch and parse; a crashed poll is repeated after it
PARSE_LIMIT_S = 5.0
SHORTEST_TURN = timedelta(seconds=30)  # until a source on a busy host tries again


class Ingest:
    """Polls what is due and reads the pages of what is new."""

    def __init__(
        self,
        database: Database,
        visits: Visits,
        workers: Workers,
        now: Now,
        trouble: Trouble | None = None,
    ) -> None:
        """`trouble`: who hears of sources that keep failing; None: nobody."""
        self._database = database
        self._workers = workers
        self._now = now
        self._visits = visits
        self._pages = Pages(database, self._visits, workers, now)
        self._trouble = trouble
        self._seen = Seen()
        self._unchanged: list[tuple[Source, Fetched]] = []
        self._waiting: list[tuple[int, datetime]] = []

    async def recover(self) -> None:
        """What a process that ended was reading or condensing is taken up again; call once at start."""
        async with self._database.write() as tx:
            await articles.bring_back(tx, self._now(), self._now())

    async def poll_due(self) -> int:
        """Poll the sources that are due and return how many articles were new."""
        return await work_off(self._claim, self._poll, most=IN_FLIGHT, settle=self._settle)

    async def read_pages(self) -> int:
        """Read the pages of articles found, or settle for the feed's text; returns how many articles moved on."""
        return await self._pages.read_pages()

    async def _claim(self, most: int) -> tuple[Source, ...]:
        now = self._now()
        async with self._database.write() as tx:
            return await polling.claim_due(tx, now, now + LEASE, most)

    async def _poll(self, source: Source) -> int:
        try:
            fetched = await self._visits.feed(source.url, etag=source.etag, last_modified=source.last_modified)
            if is_unchanged(source, fetched):
                self._unchanged.append((source, fetched))
                return 0
            brought, seen = await self._read(source, fetched)
        except HostBusy as busy:
            self._waiting.append((source.id, self._turn_at(source.id, busy)))
            return 0
        except (SourceError, WorkerError) as error:
            await self._failed(source, error)
            return 0
        async with self._database.write() as tx:
            recorded = await record(tx, source, fetched, brought, self._now())
        if recorded.settled:
            self._seen.keep(source.id, seen)
        return recorded.new

    async def _settle(self) -> None:
        """Record what needs no transaction of its own; what a crash takes is polled again after its lease."""
        unchanged, self._unchanged = self._unchanged, []
        waiting, self._waiting = self._waiting, []
        if unchanged or waiting:
            async with self._database.write() as tx:
                await record_unchanged(tx, unchanged, self._now())
                await polling.postpone_all(tx, waiting)

    async def _read(self, source: Source, fetched: Fetched) -> tuple[Brought, bytes]:
        """What is in a body that was not in the last one, and what to remember of it."""
        rest = unread(fetched.body, self._seen.of(source.id) if source.last_polled_at else b"")
        body = rest.body if rest else fetched.body
        work = partial(articles_of, body, fetched.url, fetched.content_type, self._now())
        feed, found = await self._workers.run(work, limit_s=PARSE_LIMIT_S)
        return Brought(feed, found, rest.entries if rest else len(found)), rest.seen if rest else b""

    async def parse(self, fetched: Fetched) -> Feed:
        """The feed in a fetched body.

        Raises:
            NotAFeed: it holds none.
            WorkerError: reading it took too long or too much memory.
        """
        work = partial(parse_feed, fetched.body, url=fetched.url, content_type=fetched.content_type, now=self._now())
        return await self._workers.run(work, limit_s=PARSE_LIMIT_S)

    def _turn_at(self, source_id: int, busy: HostBusy) -> datetime:
        """Nothing was asked, so nothing failed: those who wait for one host come back spread over twice the wait."""
        wait = max(timedelta(seconds=busy.retry_after_s or 0.0), SHORTEST_TURN)
        return self._now() + wait * (1 + source_id % 64 / 64)

    async def _failed(self, source: Source, error: SourceError | WorkerError) -> None:
        now = self._now()
        status, retry_s = (error.status, error.retry_after_s) if isinstance(error, SourceError) else (None, None)
        wait = back_off(timedelta(seconds=source.interval_s), source.errors + 1)
        asked = Asked(retry_after_s=host_pause_s(status, retry_s) if retry_s is not None else None)
        async with self._database.write() as tx:
            due_at = next_poll(source.id, wait, asked, now)
            failed = await polling.failed(tx, source.id, why=str(error), at=now, next_poll_at=due_at)
            if has_ended(status):
                await polling.end(tx, source.id, why=str(error), at=now)
            if failed and self._trouble:
                await self._trouble.note(tx, failed, ended=has_ended(status), now=now)
        log.warning("source failed", source_id=source.id, errors=source.errors + 1, why=str(error), due_at=due_at)
