"""Which stories a chat is told: what is new for a subscription and was not told to its chat before."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.models import Cadence, Story, Subscription
from bot.storage import search, stories
from bot.storage.sql import Tx
from bot.stories.topics import tokens

MOST_STORIES = 7
TOPIC_AGE = timedelta(days=7)
MOST_FOUND = 300
MOST_INSTANT = 2000  # of these nothing may be left out, however many come at once

Kind = tuple[int, Cadence, bool]
"""Subscriptions that look at the same stories: topic, cadence, and whether it is their first briefing."""


@dataclass(frozen=True, slots=True)
class Pick:
    """The stories of one briefing, in order, and how many more there were."""

    stories: tuple[Story, ...]
    more: int = 0


@dataclass(slots=True)
class News:
    """What could be told to some subscriptions, the newest published first, and what was told already."""

    found: dict[Kind, tuple[Story, ...]] = field(default_factory=dict)
    told: set[tuple[int, int]] = field(default_factory=set)

    def unbriefed(self, subscription: Subscription, since: datetime) -> tuple[Story, ...]:
        """New since then, the newest published first."""
        chat_id = subscription.chat.id
        return tuple(
            story
            for story in self.found.get(kind_of(subscription), ())
            if story.ready_at >= since and (chat_id, story.id) not in self.told
        )


async def gather(
    tx: Tx, subscriptions: Iterable[Subscription], now: datetime, *, since: datetime | None = None
) -> News:
    """The news for these subscriptions, each topic looked for once; of each since its last briefing, or `since`."""
    groups: defaultdict[Kind, list[Subscription]] = defaultdict(list)
    for subscription in subscriptions:
        groups[kind_of(subscription)].append(subscription)
    hits: dict[int, list[int] | None] = {}
    news = News()
    for kind, group in groups.items():
        topic_id, cadence, _ = kind
        if topic_id not in hits:
            hits[topic_id] = await _hits(tx, group[0].words, now)
        earliest = since or min(_earliest(each, now) for each in group)
        limit = MOST_INSTANT if cadence is Cadence.INSTANT else MOST_FOUND
        news.found[kind] = await stories.ready(tx, since=earliest, limit=limit, ids=hits[topic_id])
    return news


async def note_told(tx: Tx, news: News, subscriptions: Sequence[Subscription]) -> None:
    """Learn what the chats of these subscriptions were told."""
    ids = {story.id for found in news.found.values() for story in found}
    if ids:
        news.told |= await stories.told(tx, list({each.chat.id for each in subscriptions}), list(ids))


def pick(news: News, subscription: Subscription, now: datetime) -> Pick:
    """The stories that a subscription gets now."""
    found = news.unbriefed(subscription, since_of(subscription, now))
    if not found and is_first(subscription):
        return Pick(news.unbriefed(subscription, now - TOPIC_AGE)[:1])
    if subscription.schedule.cadence is Cadence.INSTANT:
        # in the order in which they came; the rest follows at once
        return Pick(found[::-1][:MOST_STORIES], len(found[MOST_STORIES:]))
    return Pick(found[:MOST_STORIES], len(found[MOST_STORIES:]))


def by_weight(found: Iterable[Story]) -> tuple[Story, ...]:
    """What matters most first: told by most outlets, then the newest."""
    distinct = {story.id: story for story in found}
    return tuple(
        sorted(distinct.values(), key=lambda story: (-story.outlets, -story.published_at.timestamp(), story.id))
    )


def kind_of(subscription: Subscription) -> Kind:
    """Which stories this subscription looks at."""
    return subscription.topic_id, subscription.schedule.cadence, is_first(subscription)


def is_first(subscription: Subscription) -> bool:
    """Whether it is due the moment it began: the newest story there is shows what will come."""
    return subscription.next_due_at == subscription.since_at


def since_of(subscription: Subscription, now: datetime) -> datetime:
    """Since when stories are new for it."""
    # a clock that was ahead when the last briefing was composed must not hide what is news now
    return max(min(subscription.since_at, now), now - TOPIC_AGE)


def _earliest(subscription: Subscription, now: datetime) -> datetime:
    return now - TOPIC_AGE if is_first(subscription) else since_of(subscription, now)


async def _hits(tx: Tx, words: str, now: datetime) -> list[int] | None:
    """The stories on a topic; None: all are."""
    if not words:
        return None
    hits = await search.stories(tx, tokens(words), since=now - TOPIC_AGE, limit=MOST_FOUND)
    return [hit.story.id for hit in hits]
