"""Articles that were read are condensed into bullets and become stories.

Promises: each article becomes one story or, as a copy, joins one, whatever fails. What an older version condensed is
condensed again while there is nothing else to do, as long as it is recent and nobody was told of it; that makes no
story and wakes nobody.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.errors import WorkerError
from bot.domain.models import Article, Condensed
from bot.domain.ports import Now, Workers
from bot.services.copies import Copies, places
from bot.storage import articles, fingerprints, stories, subscriptions
from bot.storage.articles import Claimed
from bot.storage.database import Database
from bot.storage.sql import Tx
from bot.stories.folded import Folded
from bot.summarize.bullets import VERSION, condense

log = structlog.get_logger()

BATCH = 32
BATCH_AGAIN = 8
LEASE = timedelta(minutes=5)
LIMIT_S = 10.0
AGAIN_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Ready:
    """An article that is read; `condensed` is None where that failed."""

    claimed: Claimed
    condensed: Condensed | None
    folded: Folded


class Condense:
    """Condenses what is new, in worker processes."""

    def __init__(self, database: Database, workers: Workers, now: Now) -> None:
        self._database = database
        self._workers = workers
        self._now = now
        self._copies = Copies(database, workers)
        # what this program condenses is never outdated, so there is an end to it
        self._outdated = True

    async def condense_new(self) -> int:
        """Condense the articles that wait for it and return how many stories came of them, copies not counted."""
        now = self._now()
        async with self._database.write() as tx:
            claimed = await articles.claim_read(tx, now, now + LEASE, BATCH)
        if not claimed:
            await self._condense_again(now)
            return 0
        # of copies in one batch the one published first is the first
        earliest_first = sorted(claimed, key=lambda one: (one.article.published_at, one.article.id))
        found = [one.article for one in earliest_first]
        done = await asyncio.gather(*map(self._condense, found))
        folded = await self._copies.folded(found)
        ready = [Ready(*each) for each in zip(earliest_first, done, folded, strict=True)]
        # first, so that what is new is compared with what an edited article says now
        await self._settle_edited([one for one in ready if one.claimed.placed])
        return await self._settle_new([one for one in ready if not one.claimed.placed])

    async def _settle_edited(self, edited: Sequence[Ready]) -> None:
        """Store what was told before and keeps its story; nobody is told."""
        if not edited:
            return
        async with self._database.write() as tx:
            await fingerprints.one_at_a_time(tx)
            now = self._now()
            for one in edited:
                await self._store(tx, one, now)
            # a copy of a copy does not count; what a first said before may find it, and is not what is compared
            firsts = {one.claimed.article.id: one.folded.values for one in edited if not one.claimed.copy}
            await fingerprints.put(tx, firsts, now)

    async def _settle_new(self, ready: Sequence[Ready]) -> int:
        """Give what was condensed its story; returns how many came of it."""
        made, left = 0, {one.claimed.article.id: one for one in ready}
        while left:
            values = {key: one.folded.values for key, one in left.items()}
            known = await self._copies.verdicts([one.claimed.article for one in left.values()], values)
            async with self._database.write() as tx:
                now = self._now()
                placed = await places(tx, list(left), values, known)
                for key, first_id in placed.items():
                    await self._place(tx, left.pop(key), first_id, now)
                await fingerprints.put(tx, {key: values[key] for key, first in placed.items() if first is None}, now)
                if None in placed.values():
                    await subscriptions.wake_instant(tx, now)
            made += list(placed.values()).count(None)
        return made

    async def _place(self, tx: Tx, one: Ready, first_id: int | None, now: datetime) -> None:
        await self._store(tx, one, now)
        article = one.claimed.article
        if first_id is not None:
            await stories.join(tx, article.id, first_id)
        else:
            # what was old when its source was new is found by topics, and is no news
            await stories.add(tx, article.id, now if one.claimed.news else min(now, article.published_at))

    async def _store(self, tx: Tx, one: Ready, now: datetime) -> None:
        article = one.claimed.article
        # the text that the index holds is the one that topics are folded to
        await articles.ready(
            tx,
            article.id,
            # a headline without bullets is still news
            one.condensed or Condensed(article.language, (), VERSION),
            index_title=one.folded.title,
            index_body=one.folded.body,
            at=now,
        )

    async def _condense_again(self, now: datetime) -> None:
        if not self._outdated:
            return
        async with self._database.read() as tx:
            found = await articles.outdated(tx, VERSION, now - AGAIN_FOR, BATCH_AGAIN)
        if not found:
            self._outdated = False
            return
        done = await asyncio.gather(*map(self._condense, found))
        async with self._database.write() as tx:
            for article, condensed in zip(found, done, strict=True):
                if condensed:
                    await articles.renew(tx, article.id, condensed)
                else:
                    await articles.keep(tx, article.id, VERSION)

    async def _condense(self, article: Article) -> Condensed | None:
        work = partial(condense, article.text, title=article.title, language=article.language, address=article.url)
        try:
            return await self._workers.run(work, limit_s=LIMIT_S)
        except WorkerError as error:
            log.warning("article not condensed", article_id=article.id, why=str(error))
            return None
