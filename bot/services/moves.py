"""Sources whose feed is gone from its address: looked for where their site is, and switched to what was found there.

Promises: looking stores nothing but an offer, is over within forty seconds, and names no feed that another source has;
a switched source keeps its number, its articles and its readers, and what it told them is never news again; one tap
takes a switch back.
"""

import asyncio
import contextlib
import json
from collections.abc import Sequence
from datetime import timedelta

from bot.domain.errors import HostBusy, SourceError, UserError, WorkerError
from bot.domain.models import Move, Source
from bot.domain.ports import Now
from bot.feeds.identity import new_articles
from bot.feeds.usual import sites_of
from bot.services.finding import Finder, Found, refusal
from bot.services.polls import record_poll
from bot.services.recognise import LOOK_BACK
from bot.storage import hubs, known, offers, sources
from bot.storage.database import Database, Tx

LOOK_S = 40.0
LIFE = timedelta(days=7)
EXPIRED = "That address was found over a week ago. Press Rediscover in a newer message, or send /sources."
GONE = "That source is no longer there."
TAKEN = "Another source has that address, or had it before it was removed."
SWITCHED = "That was done already."


class Moves:
    """Looks for feeds that moved, and follows them."""

    def __init__(self, database: Database, finder: Finder, now: Now) -> None:
        self._database = database
        self._finder = finder
        self._now = now

    async def look(self, source: Source) -> Move | None:
        """A feed that may take the place of a source's; None where there is none.

        Raises:
            UserError: none was found, and a host could not be asked; one sentence.
        """
        titles = await self._titles(source)
        second_best: Found | None = None
        busy: UserError | None = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                for address in sites_of(source.url, source.site_url):
                    try:
                        found = await self._free(source, await self._finder.look(address))
                    except UserError as error:
                        busy = error if isinstance(error.__cause__, HostBusy) else busy
                        continue
                    likest = max(found, key=lambda one: _in_common(one, titles), default=None)
                    if likest and _in_common(likest, titles):
                        return await self._keep(source, likest)
                    second_best = second_best or likest
        if second_best is None and busy:
            raise busy
        return await self._keep(source, second_best) if second_best else None

    async def switch(self, offer_id: int) -> Source:
        """Read a source from the address that was found for it, from now on.

        Raises:
            UserError: the offer has expired, was taken already, or the feed cannot be read or is another source's.
        """
        source, _, to = await self._offered(offer_id)
        if source.url == to:
            raise UserError(SWITCHED)
        try:
            found = await self._finder.read(to)
        except (SourceError, WorkerError) as error:
            raise UserError(refusal(error)) from error
        async with self._database.write() as tx:
            return await self._take(tx, source, found, to)

    async def switch_back(self, offer_id: int) -> Source:
        """Take a switch back: the source is read from its earlier address again, due at once.

        Raises:
            UserError: the offer has expired, the switch was taken back already, or another source is there now.
        """
        source, before, to = await self._offered(offer_id)
        if source.url != to:
            raise UserError(SWITCHED)
        async with self._database.write() as tx:
            return await self._move(tx, source, before)

    async def _take(self, tx: Tx, source: Source, found: Found, url: str) -> Source:
        now = self._now()
        moved = await self._move(tx, source, url)
        await record_poll(tx, moved, found.fetched, found.feed, now)
        if source.last_polled_at is not None:
            await known.no_news(tx, source.id, now, source.last_polled_at)
        return moved

    async def _move(self, tx: Tx, source: Source, url: str) -> Source:
        if await sources.is_taken(tx, url, source.id):
            raise UserError(TAKEN)
        now = self._now()
        moved = await sources.switch(tx, source.id, url, now)
        if moved is None:
            raise UserError(GONE)
        await hubs.leave(tx, source.id, now)  # it pushes the earlier address
        return moved

    async def _free(self, source: Source, found: Sequence[Found]) -> list[Found]:
        """Those that are at another address than the source, where no other source is."""
        async with self._database.read() as tx:
            return [
                one
                for one in found
                if one.choice.url != source.url and not await sources.is_taken(tx, one.choice.url, source.id)
            ]

    async def _titles(self, source: Source) -> frozenset[str]:
        since = (source.last_polled_at or self._now()) - LOOK_BACK
        async with self._database.read() as tx:
            return frozenset(await known.by_title(tx, source.id, since))

    async def _keep(self, source: Source, found: Found) -> Move:
        now = self._now()
        content = {"source": source.id, "from": source.url, "to": found.choice.url}
        async with self._database.write() as tx:
            return Move(await offers.keep(tx, json.dumps(content), now, now + LIFE), found.choice.url)

    async def _offered(self, offer_id: int) -> tuple[Source, str, str]:
        """The source of an offer, the address that it had, and the one that was found."""
        async with self._database.read() as tx:
            kept = await offers.get(tx, offer_id, self._now())
            content = json.loads(kept) if kept is not None else None
            if not isinstance(content, dict):  # what else is kept as an offer is no move
                raise UserError(EXPIRED)
            source = await sources.get(tx, content["source"])
        if source is None:
            raise UserError(GONE)
        return source, content["from"], content["to"]


def _in_common(found: Found, titles: frozenset[str]) -> int:
    return len(titles & {article.title for article in new_articles(found.feed)})
