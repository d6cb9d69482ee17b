"""Articles that were read are condensed into bullets and become stories.

Promises: each article becomes one story, whatever fails. What an older version condensed is condensed again while
there is nothing else to do, as long as it is recent and nobody was told of it; that makes no story and wakes nobody.
"""

import asyncio
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.domain.errors import WorkerError
from bot.domain.models import Article, Condensed
from bot.domain.ports import Now, Workers
from bot.storage import articles, stories, subscriptions
from bot.storage.database import Database
from bot.stories.topics import fold
from bot.summarize.bullets import VERSION, condense

log = structlog.get_logger()

BATCH = 32
BATCH_AGAIN = 8
LEASE = timedelta(minutes=5)
LIMIT_S = 10.0
AGAIN_FOR = timedelta(days=7)


class Condense:
    """Condenses what is new, in worker processes."""

    def __init__(self, database: Database, workers: Workers, now: Now) -> None:
        self._database = database
        self._workers = workers
        self._now = now
        # what this program condenses is never outdated, so there is an end to it
        self._outdated = True

    async def condense_new(self) -> int:
        """Condense the articles that wait for it and return how many stories came of them."""
        now = self._now()
        async with self._database.write() as tx:
            claimed = await articles.claim_read(tx, now, now + LEASE, BATCH)
        if not claimed:
            await self._condense_again(now)
            return 0
        done = await asyncio.gather(*(self._condense(one.article) for one in claimed))
        async with self._database.write() as tx:
            now = self._now()
            for one, condensed in zip(claimed, done, strict=True):
                article = one.article
                # the text that the index holds is the one that topics are folded to
                await articles.ready(
                    tx,
                    article.id,
                    # a headline without bullets is still news
                    condensed or Condensed(article.language, (), VERSION),
                    index_title=fold(article.title),
                    index_body=fold(article.text),
                    at=now,
                )
                # what was old when its source was new is found by topics, and is no news
                await stories.add(tx, article.id, now if one.news else min(now, article.published_at))
            await subscriptions.wake_instant(tx, now)
        return len(claimed)

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
