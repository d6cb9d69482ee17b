"""What a poll brought is stored, and when the next one is due is decided, in one transaction.

A cadence of less than a quarter of an hour was set on purpose and is kept; any other is the shortest, and a source that
publishes rarely is asked less often. What feed and server ask for (ttl, max-age, hours and days to skip) is kept to in
both cases.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

import structlog

from bot.domain.models import Feed, NewArticle, Source
from bot.domain.politeness import (
    MOST_ASKED,
    SHORTEST,
    Asked,
    Pace,
    adaptive_interval,
    adopted_move,
    next_poll,
)
from bot.feeds.fetch import Fetched
from bot.feeds.identity import new_articles
from bot.feeds.websub import find_offer, new_secret
from bot.services.recognise import recognise
from bot.services.upkeep import RESTORED
from bot.storage import articles, hubs, polling, sources, state
from bot.storage.sql import Tx

log = structlog.get_logger()

FIRST_NEWS = 3
FIRST_NEWS_AGE = timedelta(days=1)
READDED_WITHIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Brought:
    """What a changed feed brought: what it says of itself, its articles, and how many entries it has in all.

    Articles of entries that were read at an earlier poll may be left out.
    """

    feed: Feed
    articles: Sequence[NewArticle]
    entries: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many articles were new, and whether nothing of the feed has to be looked at again."""

    new: int
    settled: bool


async def record_poll(tx: Tx, source: Source, fetched: Fetched, feed: Feed | None, now: datetime) -> int:
    """Store what a poll brought and when the next is due; `feed` is None where nothing had changed."""
    return (await record(tx, source, fetched, _whole(feed) if feed else None, now)).new


async def record(tx: Tx, source: Source, fetched: Fetched, brought: Brought | None, now: datetime) -> Recorded:
    """The same of what was worked out already."""
    recorded = Recorded(0, settled=True)
    feed = brought.feed if brought else None
    if brought is not None and feed is not None:
        recorded = await _store(tx, source, brought, now)
        await polling.asked(tx, source.id, ttl_s=feed.ttl_s, skip_hours=feed.skip_hours, skip_days=feed.skip_days)
        await _note_hub(tx, source, fetched, feed, now)
    adopted, seen = adopted_move(fetched.moved_to, source.moved_seen)
    taken = adopted is not None and await sources.is_taken(tx, adopted, source.id)
    await polling.polled(
        tx,
        source.id,
        at=now,
        etag=fetched.etag or (source.etag if feed is None else None),
        last_modified=fetched.last_modified or (source.last_modified if feed is None else None),
        body_digest=digest(fetched.body) if fetched.body else None,
        next_poll_at=await _next_poll_at(tx, source, fetched, feed, now),
        url=None if taken else adopted,
        moved_seen=adopted if taken else seen,
        remark=f"It moved to {adopted}, where another source is." if taken else None,
    )
    if recorded.new:
        log.info("articles found", source_id=source.id, new=recorded.new)
    return recorded


async def record_unchanged(tx: Tx, polls: Sequence[tuple[Source, Fetched]], now: datetime) -> None:
    """Record polls that brought nothing new: a few statements for all of them, as most polls are of this kind."""
    plain = [(source, fetched) for source, fetched in polls if fetched.moved_to is None]
    ids = [source.id for source, _ in plain]
    paces, pushed = await polling.paces(tx, ids, now), await hubs.pushing(tx, ids, now)
    await polling.unchanged(
        tx,
        (
            polling.Unchanged(
                source.id,
                fetched.etag or source.etag,
                fetched.last_modified or source.last_modified,
                next_poll(source.id, _interval(source, paces, pushed, now), _asked(source, fetched), now),
            )
            for source, fetched in plain
        ),
        now,
    )
    for source, fetched in polls:
        if fetched.moved_to is not None:
            await record_poll(tx, source, fetched, None, now)


async def _note_hub(tx: Tx, source: Source, fetched: Fetched, feed: Feed, now: datetime) -> None:
    offer = find_offer(fetched, feed)
    if offer:
        token, secret = new_secret(), new_secret()
        await hubs.offer(tx, source.id, hub=offer.hub, topic=offer.topic, token=token, secret=secret, at=now)
    else:
        await hubs.leave(tx, source.id, now)  # else its polls stayed daily


async def store(tx: Tx, source: Source, feed: Feed, now: datetime) -> int:
    """Store a feed's articles; how many were new."""
    return (await _store(tx, source, _whole(feed), now)).new


def _whole(feed: Feed) -> Brought:
    return Brought(feed, new_articles(feed), len(feed.entries))


async def _store(tx: Tx, source: Source, brought: Brought, now: datetime) -> Recorded:
    recognised = await recognise(tx, source, brought.articles, now, brought.entries)
    found = recognised.strangers
    if source.last_polled_at is None:
        found = mark_news(found, now)
    restored_at = await state.moment(tx, RESTORED)
    if restored_at is not None and _is_first_since(source, restored_at):
        found = mark_told(found, min(restored_at, now))
    return Recorded(await articles.add_new(tx, source.id, found, now), recognised.settled)


def is_unchanged(source: Source, fetched: Fetched) -> bool:
    """Whether an answer holds what the last one held."""
    return fetched.status == 304 or source.body_digest == digest(fetched.body)


def digest(body: bytes) -> str:
    """What tells one body from another."""
    return sha256(body).hexdigest()


async def _next_poll_at(tx: Tx, source: Source, fetched: Fetched, feed: Feed | None, now: datetime) -> datetime:
    paces, pushed = await polling.paces(tx, [source.id], now), await hubs.pushing(tx, [source.id], now)
    return next_poll(source.id, _interval(source, paces, pushed, now), _asked(feed or source, fetched), now)


def _asked(says: Feed | Source, fetched: Fetched) -> Asked:
    return Asked(says.ttl_s, fetched.max_age_s, None, says.skip_hours, says.skip_days)


def _interval(source: Source, paces: Mapping[int, Pace], pushed: Container[int], now: datetime) -> timedelta:
    if source.id in pushed:
        return MOST_ASKED
    interval = timedelta(seconds=source.interval_s)
    return interval if interval < SHORTEST else adaptive_interval(paces[source.id], now, interval)


def mark_news(found: Sequence[NewArticle], now: datetime) -> tuple[NewArticle, ...]:
    """At a source's first poll only its three newest articles, and those of the last day, are news to anyone."""
    newest = sorted(found, key=lambda article: article.published_at or now, reverse=True)[:FIRST_NEWS]
    return tuple(
        article
        if article in newest or (article.published_at or now) > now - FIRST_NEWS_AGE
        else replace(article, news=False)
        for article in found
    )


def _is_first_since(source: Source, restored_at: datetime) -> bool:
    """Whether a source is polled for the first time since the database was restored from a backup."""
    if source.last_polled_at is None:
        # added after the backup and lost with it, then added again
        return source.added_at <= restored_at + READDED_WITHIN
    return source.last_polled_at < restored_at


def mark_told(found: Sequence[NewArticle], restored_at: datetime) -> tuple[NewArticle, ...]:
    """What was published by then, or says not when, was told before the backup was needed."""
    before = restored_at - timedelta(milliseconds=1)  # subscriptions begin anew at that moment
    return tuple(
        article
        if article.published_at and article.published_at > restored_at
        else replace(article, news=False, published_at=min(article.published_at or before, before))
        for article in found
    )
