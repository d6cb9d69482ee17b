"""Articles that were read are condensed into bullets and become stories."""

import asyncio
from datetime import timedelta
from functools import partial

import structlog

from bot.domain.errors import WorkerError
from bot.domain.models import Condensed
from bot.domain.ports import Now, Workers
from bot.storage import articles, stories, subscriptions
from bot.storage.articles import Claimed
from bot.storage.database import Database
from bot.stories.topics import fold
from bot.summarize.bullets import condense

log = structlog.get_logger()

BATCH = 32
LEASE = timedelta(minutes=5)
LIMIT_S = 10.0


class Condense:
    """Condenses what is new, in worker processes."""

    def __init__(self, database: Database, workers: Workers, now: Now) -> None:
        self._database = database
        self._workers = workers
        self._now = now

    async def condense_new(self) -> int:
        """Condense the articles that wait for it and return how many stories came of them."""
        now = self._now()
        async with self._database.write() as tx:
            claimed = await articles.claim_read(tx, now, now + LEASE, BATCH)
        if not claimed:
            return 0
        done = await asyncio.gather(*map(self._condense, claimed))
        async with self._database.write() as tx:
            now = self._now()
            for one, condensed in zip(claimed, done, strict=True):
                article = one.article
                # the text that the index holds is the one that topics are folded to
                await articles.ready(
                    tx,
                    article.id,
                    condensed,
                    index_title=fold(article.title),
                    index_body=fold(article.text),
                    at=now,
                )
                # what was old when its source was new is found by topics, and is no news
                await stories.add(tx, article.id, now if one.news else min(now, article.published_at))
            await subscriptions.wake_instant(tx, now)
        return len(claimed)

    async def _condense(self, claimed: Claimed) -> Condensed:
        article = claimed.article
        work = partial(condense, article.text, title=article.title, language=article.language)
        try:
            return await self._workers.run(work, limit_s=LIMIT_S)
        except WorkerError as error:
            # a headline without bullets is still news
            log.warning("article not condensed", article_id=article.id, why=str(error))
            return Condensed(language=article.language, bullets=())
