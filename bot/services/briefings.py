"""At a chat's due time its new stories become a briefing, and the briefing becomes deliveries.

All of it is one transaction: the briefing, its deliveries, the marks that its stories were briefed to this chat, and
the next due time. Subscriptions are served in batches: what many of them get is looked for and rendered once.

What a chat missed (the service was away, or more than one slot has passed) is one catch-up for all its subscriptions:
the stories that matter most, the rest a button away.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from bot.domain.cadence import next_due
from bot.domain.models import Briefing, Cadence, Message, Owed, Schedule, Subscription
from bot.domain.ports import Now, Render
from bot.services.catch_ups import catch_up, slot_of
from bot.services.picking import News, Pick, by_weight, gather, note_told, pick, since_of
from bot.services.presence import Presence
from bot.storage import outbox, subscriptions
from bot.storage.database import Database, Tx

log = structlog.get_logger()

BATCH = 250  # composing it keeps the event loop for about 30 ms
MOST_SIBLINGS = 1000
# a story may be committed a little after the time it carries; marks keep it from coming twice
OVERLAP = timedelta(minutes=5)
NEXT_SLOT = timedelta(milliseconds=1)  # two briefings of one subscription never share a due time
STALE_AFTER = {
    Cadence.INSTANT: timedelta(minutes=15),
    Cadence.HOURLY: timedelta(hours=1),
    Cadence.DAILY: timedelta(days=1),
}

Late = tuple[Subscription, datetime]
"""A subscription that missed something, and since when."""


@dataclass(slots=True)
class _Batch:
    """What becomes of a batch of subscriptions that are due."""

    now: datetime
    news: News
    render: Render
    owed: list[tuple[Owed, Subscription]] = field(default_factory=list)
    rendered: dict[tuple[object, ...], tuple[Message, ...]] = field(default_factory=dict)
    next_dues: dict[tuple[Schedule, str], datetime | None] = field(default_factory=dict)
    served: dict[int, tuple[datetime, datetime | None]] = field(default_factory=dict)

    def messages(self, briefing: Briefing) -> tuple[Message, ...]:
        """Rendered once for all chats that get the same."""
        key = (
            tuple(story.id for story in briefing.stories),
            briefing.words,
            briefing.cadence,
            briefing.chat.zone,
            briefing.due_at,
            briefing.more,
            briefing.away_since,
        )
        if key not in self.rendered:
            self.rendered[key] = self.render(briefing, self.now)
        return self.rendered[key]

    def serve(self, subscription: Subscription) -> None:
        """It was served up to now."""
        since_at = max(min(subscription.since_at, self.now), self.now - OVERLAP)
        self.served[subscription.id] = since_at, self._next_due(subscription)

    def serve_again(self, subscription: Subscription) -> None:
        """What is new for it has not all been told: an instant one is due at once, another at its next time."""
        instant = subscription.schedule.cadence is Cadence.INSTANT
        at_once = max(self.now, (subscription.next_due_at or self.now) + NEXT_SLOT)
        self.served[subscription.id] = subscription.since_at, at_once if instant else self._next_due(subscription)

    def _next_due(self, subscription: Subscription) -> datetime | None:
        key = (subscription.schedule, subscription.chat.zone)
        if key not in self.next_dues:
            self.next_dues[key] = next_due(subscription.schedule, ZoneInfo(subscription.chat.zone), self.now)
        return self.next_dues[key]


class Briefings:
    """Composes what is due."""

    def __init__(self, database: Database, render: Render, presence: Presence, now: Now) -> None:
        self._database = database
        self._render = render
        self._presence = presence
        self._now = now

    async def brief_due(self) -> int:
        """Compose briefings for all subscriptions that are due and return how many deliveries are owed for them."""
        total = 0
        while await self._presence.settled():
            served, owed = await self._serve()
            total += owed
            if served < BATCH:
                break
        return total

    async def _serve(self) -> tuple[int, int]:
        """Serve one batch: how many subscriptions, how many deliveries."""
        now = self._now()
        async with self._database.read() as tx:
            due = await subscriptions.due(tx, now, BATCH)
            late_chats = {each.chat.id for each in due if self._missed_since(each, now)}
            if late_chats:
                siblings = await subscriptions.due(tx, now, MOST_SIBLINGS, chats=list(late_chats))
                due = tuple({each.id: each for each in (*due, *siblings)}.values())
            news = await gather(tx, due, now)
        if not due:
            return 0, 0
        async with self._database.write() as tx:
            claimed = await subscriptions.claim_due(tx, now, [each.id for each in due])
            await note_told(tx, news, claimed)
            batch = _Batch(now, news, self._render)
            self._compose(batch, claimed)
            return len(claimed), await self._store(tx, batch)

    def _compose(self, batch: _Batch, claimed: Sequence[Subscription]) -> None:
        late: defaultdict[int, list[Late]] = defaultdict(list)
        for subscription in claimed:
            missed_since = self._missed_since(subscription, batch.now)
            if missed_since is None:
                _compose_one(batch, subscription)
            else:
                late[subscription.chat.id].append((subscription, missed_since))
        for missed in late.values():
            _compose_catch_up(batch, missed)

    def _missed_since(self, subscription: Subscription, now: datetime) -> datetime | None:
        """Since when a subscription has missed something; None where it is served in time."""
        since_at, due_at = subscription.since_at, subscription.next_due_at
        if subscription.schedule.cadence is Cadence.INSTANT or due_at is None:
            return self._presence.missed(since_at)
        following = next_due(subscription.schedule, ZoneInfo(subscription.chat.zone), due_at)
        return since_at if following is not None and following <= now else None

    async def _store(self, tx: Tx, batch: _Batch) -> int:
        written = await outbox.add(tx, [owed for owed, _ in batch.owed], batch.now)
        for owed, subscription in batch.owed:
            if owed.subscription_id is not None and (owed.chat_id, owed.slot) not in written:
                # this due time was composed before, by a clock that was wrong: what is new waits for the next
                batch.serve_again(subscription)
        await subscriptions.served(tx, ((id_, *served) for id_, served in batch.served.items()))
        if written:
            log.info("briefings composed", briefings=len(written))
        return sum(len(owed.messages) for owed, _ in batch.owed if (owed.chat_id, owed.slot) in written)


def _compose_one(batch: _Batch, subscription: Subscription) -> None:
    """Serve one subscription in time."""
    picked = pick(batch.news, subscription, batch.now)
    instant = subscription.schedule.cadence is Cadence.INSTANT
    # an instant subscription tells all there is, a message at a time; the others leave out what they can't hold
    if instant and picked.more:
        batch.serve_again(subscription)
    else:
        batch.serve(subscription)
    if picked.stories:
        owed = _owed(batch, subscription, Pick(picked.stories, 0 if instant else picked.more))
        batch.owed.append((owed, subscription))
        batch.news.told |= {(subscription.chat.id, story.id) for story in picked.stories}


def _owed(batch: _Batch, subscription: Subscription, picked: Pick) -> Owed:
    due_at = subscription.next_due_at or batch.now
    cadence = subscription.schedule.cadence
    briefing = Briefing(subscription.chat, subscription.words, cadence, due_at, picked.stories, picked.more)
    return Owed(
        chat_id=subscription.chat.id,
        slot=slot_of(subscription.id, due_at),
        due_at=due_at,
        messages=batch.messages(briefing),
        story_ids=tuple(story.id for story in picked.stories),
        subscription_id=subscription.id,
        stale_at=batch.now + STALE_AFTER[cadence],
    )


def _compose_catch_up(batch: _Batch, late: Sequence[Late]) -> None:
    """Serve all late subscriptions of one chat at once."""
    found = by_weight(
        story
        for subscription, _ in late
        for story in batch.news.unbriefed(subscription, since_of(subscription, batch.now))
    )
    if len(found) <= 1:
        for subscription, _ in late:
            _compose_one(batch, subscription)
        return
    chat = late[0][0].chat
    away_since = min(max(since, since_of(subscription, batch.now)) for subscription, since in late)
    owed = catch_up(chat, found, away_since, batch.now, batch.messages)
    batch.owed.append((owed, late[0][0]))
    batch.news.told |= {(chat.id, story.id) for story in found}
    for subscription, _ in late:
        batch.serve(subscription)
