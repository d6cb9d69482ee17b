"""At a chat's due time its new stories become a briefing, and the briefing becomes deliveries.

All of it is one transaction: the briefing, its deliveries, the marks that its stories were briefed to this chat, and
the next due time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.domain.cadence import next_due
from bot.domain.models import Briefing, Cadence, Story, Subscription
from bot.domain.ports import Now, Render
from bot.storage import outbox, search, stories, subscriptions
from bot.storage.database import Database, Tx
from bot.stories.topics import tokens

log = structlog.get_logger()

BATCH = 50
MOST_STORIES = 7
# a story may be committed a little after the time it carries; marks keep it from coming twice
OVERLAP = timedelta(minutes=5)
NEXT_SLOT = timedelta(milliseconds=1)  # two briefings of one subscription never share a due time
TOPIC_AGE = timedelta(days=7)
MOST_FOUND = 300


@dataclass(frozen=True, slots=True)
class Pick:
    """The stories of one briefing, in order, and how many more there were."""

    stories: tuple[Story, ...]
    more: int = 0


class Briefings:
    """Composes what is due."""

    def __init__(self, database: Database, render: Render, now: Now) -> None:
        self._database = database
        self._render = render
        self._now = now

    async def brief_due(self) -> int:
        """Compose briefings for the subscriptions that are due and return how many deliveries are owed now."""
        async with self._database.write() as tx:
            now = self._now()
            due = await subscriptions.claim_due(tx, now, BATCH)
            return sum([await self._compose(tx, subscription, now) for subscription in due])

    async def _compose(self, tx: Tx, subscription: Subscription, now: datetime) -> int:
        """Brief one subscription and set when it is due next; returns how many deliveries are owed for it."""
        due_at = subscription.next_due_at or now
        picked = await pick(tx, subscription, now)
        owed = await self._deliver(tx, subscription, due_at, picked, now) if picked.stories else 0
        # this due time was composed before, by a clock that was wrong: what is new waits for the next
        taken = owed is None
        # an instant subscription tells all there is, a message at a time; the others leave out what they can't hold
        more = subscription.schedule.cadence is Cadence.INSTANT and (taken or picked.more > 0)
        await subscriptions.briefed(
            tx,
            subscription.id,
            since_at=subscription.since_at if taken or more else max(_since(subscription, now), now - OVERLAP),
            next_due_at=max(now, due_at + NEXT_SLOT) if more else _next(subscription, now),
        )
        return owed or 0

    async def _deliver(
        self, tx: Tx, subscription: Subscription, due_at: datetime, picked: Pick, now: datetime
    ) -> int | None:
        """Owe the briefing's messages; how many, None if this due time was composed before."""
        briefing = Briefing(
            chat=subscription.chat,
            words=subscription.words,
            cadence=subscription.schedule.cadence,
            due_at=due_at,
            stories=picked.stories,
            more=0 if subscription.schedule.cadence is Cadence.INSTANT else picked.more,
        )
        messages = self._render(briefing, now)
        briefing_id = await outbox.add(
            tx,
            subscription=subscription,
            due_at=due_at,
            story_ids=[story.id for story in picked.stories],
            messages=messages,
            at=now,
        )
        if briefing_id is None:
            return None
        log.info("briefing composed", briefing_id=briefing_id, chat_id=briefing.chat.id, stories=len(picked.stories))
        return len(messages)


async def pick(tx: Tx, subscription: Subscription, now: datetime) -> Pick:
    """The stories that a subscription would get now: new since its last briefing and not told to this chat before."""
    found = await _unbriefed(tx, subscription, _since(subscription, now), now)
    if not found and subscription.next_due_at == subscription.since_at:
        # due the moment it began: the newest story there is shows what will come
        newest = await _unbriefed(tx, subscription, now - TOPIC_AGE, now)
        return Pick(newest[:1])
    if subscription.schedule.cadence is Cadence.INSTANT:
        # in the order in which they came; the rest follows at once
        return Pick(found[::-1][:MOST_STORIES], len(found[MOST_STORIES:]))
    return Pick(found[:MOST_STORIES], len(found[MOST_STORIES:]))


def _since(subscription: Subscription, now: datetime) -> datetime:
    # a clock that was ahead when the last briefing was composed must not hide what is news now
    return min(subscription.since_at, now)


async def _unbriefed(tx: Tx, subscription: Subscription, since: datetime, now: datetime) -> tuple[Story, ...]:
    """Newest first."""
    ids = None
    if subscription.words:
        asked = tokens(subscription.words)
        hits = await search.stories(tx, asked, since=now - TOPIC_AGE, limit=MOST_FOUND)
        ids = [hit.story.id for hit in hits]
    return await stories.unbriefed(tx, subscription.chat.id, ready_since=since, limit=MOST_FOUND, ids=ids)


def _next(subscription: Subscription, now: datetime) -> datetime | None:
    return next_due(subscription.schedule, ZoneInfo(subscription.chat.zone), now)
