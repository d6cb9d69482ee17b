"""Copies of one text: found before an article becomes a story, so that nobody is told of it twice.

The work on texts is done in worker processes. What is looked for before the transaction that stores an article is
looked for again in it, one process at a time: of two that condense copies at once, one is the first.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

import structlog

from bot.domain.errors import WorkerError
from bot.domain.models import Article
from bot.domain.ports import Workers
from bot.storage import articles, fingerprints
from bot.storage.database import Database
from bot.storage.sql import Tx
from bot.stories.copies import Report, compare, place
from bot.stories.folded import Folded, fold_all
from bot.stories.topics import fold

log = structlog.get_logger()

LIMIT_S = 10.0

Verdicts = dict[tuple[int, int], bool]
"""(article, later article): whether the later one is its copy."""


class Copies:
    """Finds out which articles are copies."""

    def __init__(self, database: Database, workers: Workers) -> None:
        self._database = database
        self._workers = workers

    async def folded(self, found: Sequence[Article]) -> tuple[Folded, ...]:
        """Articles folded, in their order; without fingerprints where the worker fails."""
        texts = [(each.title, each.text) for each in found]
        try:
            return await self._workers.run(partial(fold_all, texts), limit_s=LIMIT_S)
        except WorkerError as error:
            log.warning("copies not looked for", articles=len(found), why=str(error))
            return tuple(Folded(fold(title), fold(text)) for title, text in texts)

    async def verdicts(self, found: Sequence[Article], values: dict[int, tuple[int, ...]]) -> Verdicts:
        """The verdicts on new articles, the earliest first, and whatever they have values in common with.

        `values`: fingerprints by article.
        """
        async with self._database.read() as tx:
            others = await _candidates(tx, values)
            ids = {other for of_it in others.values() for other in of_it}
            known = await articles.condensed(tx, list(ids)) if ids else {}
        known |= {each.id: each for each in found}
        pairs = [(other, article_id) for article_id, of_it in others.items() for other in of_it if other in known]
        if not pairs:
            return {}
        reports = {each: _report(known[each]) for pair in pairs for each in pair}
        try:
            return await self._workers.run(partial(compare, reports, pairs), limit_s=LIMIT_S)
        except WorkerError as error:
            log.warning("copies not compared", pairs=len(pairs), why=str(error))
            return dict.fromkeys(pairs, False)


async def places(
    tx: Tx, ids: Sequence[int], values: dict[int, tuple[int, ...]], known: Verdicts
) -> dict[int, int | None]:
    """Of which article each new one is a copy, None for a first; those of which that cannot be said yet are missing.

    No other process can say anything about copies until the transaction ends.
    """
    await fingerprints.one_at_a_time(tx)
    return place(ids, await _candidates(tx, values), known)


async def _candidates(tx: Tx, values: dict[int, tuple[int, ...]]) -> dict[int, tuple[int, ...]]:
    """What is stored, then earlier ones of these articles themselves."""
    stored = await fingerprints.candidates(tx, values)
    earlier: defaultdict[int, list[int]] = defaultdict(list)
    found: dict[int, tuple[int, ...]] = {}
    for article_id, of_it in values.items():
        beside = dict.fromkeys(other for value in of_it for other in earlier[value])
        found[article_id] = (*stored.get(article_id, ()), *beside)
        for value in of_it:
            earlier[value].append(article_id)
    return found


def _report(article: Article) -> Report:
    return Report(article.source_id, article.title, article.text)
