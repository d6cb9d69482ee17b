"""Pushes: where a feed names a hub (WebSub) and the hub can reach us, its changes come at once.

The hub is asked, asks back, and is asked again before its lease ends; the feed is still polled once a day. A push that
carries the signature is taken as a poll's answer; any other only means: poll now. When the source is removed, switched,
or names another hub, the old one is told to stop, and asks back as well; what it pushes until then is answered by 410.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

import structlog

from bot.domain.errors import SourceError, WorkerError
from bot.domain.models import Feed, Source
from bot.domain.ports import Now
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.websub import (
    TRY_AGAIN,
    WANTED_LEASE_S,
    Confirmed,
    Denied,
    Offer,
    callback_url,
    is_signed,
    renew_at,
    subscription_form,
    verify,
)
from bot.services.ingest import Ingest
from bot.services.polls import store
from bot.storage import hubs, polling, sources
from bot.storage.database import Database, Tx
from bot.storage.hubs import Hub

log = structlog.get_logger()

BATCH = 4
LONGEST_APART = timedelta(days=1)  # between two tries at a hub that does not ask back
DENIED_FOR = timedelta(days=1)


class Pushes:
    """Asks hubs, answers them, and takes what they push."""

    def __init__(
        self,
        database: Database,
        fetcher: Fetcher,
        ingest: Ingest,
        now: Now,
        public_url: str,
        taken: Callable[[], None] = lambda: None,
    ) -> None:
        """`public_url`: the address under which the web reaches our HTTP port; `taken` is called after each push."""
        self._database = database
        self._fetcher = fetcher
        self._ingest = ingest
        self._now = now
        self._public_url = public_url
        self._taken = taken

    async def ask_hubs(self) -> int:
        """Subscribe and unsubscribe where it is due; how many hubs said that they will ask back."""
        now = self._now()
        async with self._database.write() as tx:
            due = await hubs.claim_due(tx, now, TRY_AGAIN, LONGEST_APART, BATCH)
            left = await hubs.claim_left(tx, now, TRY_AGAIN, BATCH)
        return sum([await self._ask(hub) for hub in (*due, *left)])

    async def _ask(self, hub: Hub) -> bool:
        callback = callback_url(self._public_url, hub.token)
        if callback is None:
            return False
        form = subscription_form(Offer(hub.hub, hub.topic), callback, hub.secret, subscribe=hub.wanted)
        try:
            await self._fetcher.post_form(hub.hub, form)
        except SourceError as error:
            log.info("hub not reached", source_id=hub.source_id, mode=form["hub.mode"], why=str(error))
            return False
        return True

    async def verify(self, token: str, query: Mapping[str, str]) -> str | None:
        """What to answer to a hub's question, the challenge or nothing; None: nobody here asked for that."""
        async with self._database.write() as tx:
            hub = await hubs.called(tx, token)
            meant = verify(query, hub.topic, subscribed=hub.wanted) if hub else None
            if hub is None or meant is None:
                return None
            return await self._settle(tx, hub, meant)

    async def _settle(self, tx: Tx, hub: Hub, meant: Confirmed | Denied) -> str:
        now = self._now()
        if not hub.wanted:
            await hubs.ended(tx, hub.token)
            log.info("hub stops", source_id=hub.source_id)
        elif isinstance(meant, Denied):
            await hubs.denied(tx, hub.source_id, now + DENIED_FOR)
            log.info("hub denied", source_id=hub.source_id, why=meant.reason)
        else:
            lease_s = meant.lease_s or WANTED_LEASE_S
            lease_until = now + timedelta(seconds=lease_s)
            await hubs.confirmed(tx, hub.source_id, lease_until=lease_until, renew_at=renew_at(now, lease_s))
            log.info("hub pushes", source_id=hub.source_id, lease_s=lease_s)
        return "" if isinstance(meant, Denied) else meant.challenge

    async def take(self, token: str, body: bytes, content_type: str | None, signature: str | None) -> bool:
        """Take what was pushed; whether the callback is anybody's. Nothing tells the sender whether it was believed."""
        async with self._database.write() as tx:
            hub = await hubs.called(tx, token)
            source = await sources.get(tx, hub.source_id) if hub and hub.wanted else None
        if hub is None or source is None:
            return False
        feed = await self._parsed(source, body, content_type) if is_signed(body, signature, hub.secret) else None
        now = self._now()
        async with self._database.write() as tx:
            if feed is None:
                # without proof: look for ourselves, and no more often than a poll may
                may_at = (source.last_polled_at or source.added_at) + timedelta(seconds=source.interval_s)
                await polling.postpone(tx, source.id, min(source.next_poll_at, max(may_at, now)))
            else:
                new = await store(tx, source, feed, now)
                log.info("pushed", source_id=source.id, new=new)
        self._taken()
        return True

    async def _parsed(self, source: Source, body: bytes, content_type: str | None) -> Feed | None:
        try:
            feed = await self._ingest.parse(Fetched(source.url, 200, body, content_type, None, None, None))
        except (SourceError, WorkerError) as error:
            log.info("push not understood", source_id=source.id, why=str(error))
            return None
        return replace(feed, language=feed.language or source.language)
