"""Recognising what a feed brings again: edits are kept and are never news, new keys of known titles neither."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.domain.models import NewArticle, Source
from bot.storage import known
from bot.storage.sql import Tx

log = structlog.get_logger()

LOOK_BACK = timedelta(days=30)
FEWEST = 2  # one entry under the title of an older one is a series, not a feed that changed its ids
EDITS_APART = timedelta(hours=1)  # of one article: some feeds say something else at every poll
MOST_EDITS = 20  # of one poll; the rest is seen by the next


@dataclass(frozen=True, slots=True)
class Recognised:
    """What is not known yet, and whether all that was edited is noted; else the next poll has to see it again."""

    strangers: tuple[NewArticle, ...]
    settled: bool


async def recognise(tx: Tx, source: Source, found: Sequence[NewArticle], now: datetime, entries: int = 0) -> Recognised:
    """Note what was edited, and return what is not known yet.

    Where over half of a fetch is new under known titles, the feed changed its ids: the stored articles get the new
    ones. What else is new in it is news only if it was published since the last poll. `entries` is how many the fetch
    had where more than those found; the rest is known and unchanged.
    """
    stored = await known.by_key(tx, source.id, [article.key for article in found])
    settled = await _note_edits(tx, [(stored[article.key], article) for article in found if article.key in stored], now)
    strangers = tuple(article for article in found if article.key not in stored)
    whole = max(len(found), entries)
    if 2 * len(strangers) <= whole or source.last_polled_at is None:
        return Recognised(strangers, settled)
    titles = await known.by_title(tx, source.id, now - LOOK_BACK)
    renamed = {titles[article.title]: article.key for article in strangers if article.title in titles}
    if len(renamed) < FEWEST or 2 * len(renamed) <= whole:
        return Recognised(strangers, settled)
    await known.rekey(tx, renamed)
    log.info("feed changed its ids", source_id=source.id, articles=len(renamed))
    rest = (article for article in strangers if article.title not in titles)
    later = (replace(article, news=article.news and _is_later(article, source.last_polled_at)) for article in rest)
    return Recognised(tuple(later), settled)


async def _note_edits(tx: Tx, pairs: Sequence[tuple[known.Known, NewArticle]], now: datetime) -> bool:
    """Whether none had to be left for later."""
    changed = [(stored, article) for stored, article in pairs if stored.entry_digest != article.entry_digest]
    edits, left = 0, 0
    for stored, article in changed:
        if stored.entry_digest is None:
            await known.note(tx, stored.id, article.entry_digest)
        elif edits < MOST_EDITS and (stored.edited_at is None or now - stored.edited_at >= EDITS_APART):
            edits += 1
            await known.edit(tx, stored.id, article, now)
            if article.url and article.url != stored.url:
                await known.relink(tx, stored.id, article.url, article.canonical_url)
        else:
            left += 1
    return not left


def _is_later(article: NewArticle, polled_at: datetime) -> bool:
    return article.published_at is None or article.published_at > polled_at
