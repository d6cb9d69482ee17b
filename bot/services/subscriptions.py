"""What a chat wants: its subscriptions, its zone, and whether it can be reached."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.domain.cadence import carried_over, next_due, zone_named
from bot.domain.models import Briefing, Cadence, Chat, Place, Schedule, Subscription, Wish
from bot.domain.ports import Now
from bot.services.picking import gather, note_told, pick
from bot.storage import chats, subscriptions, topics
from bot.storage.database import Database, Tx

LOOK_BACK = {Cadence.INSTANT: timedelta(), Cadence.HOURLY: timedelta(hours=1), Cadence.DAILY: timedelta(days=1)}


class Subscriptions:
    """Begins, lists and ends what chats get."""

    def __init__(self, database: Database, now: Now) -> None:
        self._database = database
        self._now = now

    async def chat(self, place: Place) -> Chat:
        """The chat, known from now on."""
        async with self._database.write() as tx:
            return await chats.ensure(tx, place, self._now())

    async def arrive(self, place: Place) -> None:
        """The bot may write there: a chat that had been dormant goes on now."""
        async with self._database.write() as tx:
            await chats.ensure(tx, place, self._now())
            await self._wake(tx, await chats.wake(tx, place.ref.telegram_id))

    async def welcome(self, place: Place) -> datetime | None:
        """Somebody begins, or begins again: since when the chat had been dormant, None if it had not; said once."""
        async with self._database.write() as tx:
            chat = await chats.ensure(tx, place, self._now())
            await self._wake(tx, await chats.wake(tx, place.ref.telegram_id))
            return await chats.take_missed(tx, chat.id)

    async def reopened(self, place: Place) -> None:
        """A forum topic can be written to again."""
        async with self._database.write() as tx:
            await self._wake(tx, await chats.wake_thread(tx, place.ref))

    async def _wake(self, tx: Tx, woken: tuple[Chat, ...]) -> None:
        """What was missed is not pushed: it can be asked for."""
        now = self._now()
        for chat in woken:
            await subscriptions.served(
                tx,
                [
                    (each.id, now, next_due(each.schedule, ZoneInfo(chat.zone), now))
                    for each in await subscriptions.of_chat(tx, chat.id)
                ],
            )

    async def leave(self, telegram_id: int) -> None:
        """The bot was blocked or removed: the chat sleeps, its subscriptions are kept."""
        async with self._database.write() as tx:
            await chats.sleep(tx, telegram_id, "blocked or removed", self._now())

    async def move(self, old_id: int, new_id: int) -> None:
        """A group became a supergroup with another id."""
        async with self._database.write() as tx:
            await chats.moved(tx, old_id, new_id)

    async def subscribe(self, place: Place, wish: Wish) -> Subscription:
        """Begin what was wished for, in place of what the chat had for the same words."""
        async with self._database.write() as tx:
            return await self._put(tx, place, await topics.ensure(tx, wish.words), wish.schedule)

    async def subscribe_topic(self, place: Place, topic_id: int, schedule: Schedule) -> Subscription | None:
        """The same for a topic that is known by its id; None if there is none."""
        async with self._database.write() as tx:
            if await topics.words(tx, topic_id) is None:
                return None
            return await self._put(tx, place, topic_id, schedule)

    async def _put(self, tx: Tx, place: Place, topic_id: int, schedule: Schedule) -> Subscription:
        now = self._now()
        chat = await chats.ensure(tx, place, now)
        await self._wake(tx, await chats.wake(tx, place.ref.telegram_id))
        return await subscriptions.put(
            tx,
            chat_id=chat.id,
            topic_id=topic_id,
            schedule=schedule,
            since_at=_since(schedule, now),
            # an instant subscription is due the moment it begins: its first story shows what will come
            next_due_at=_first_due(schedule, chat, now),
            at=now,
        )

    async def listed(self, place: Place) -> tuple[Subscription, ...]:
        """What the chat gets, in the order it began."""
        async with self._database.read() as tx:
            chat = await chats.find(tx, place.ref)
            return await subscriptions.of_chat(tx, chat.id) if chat else ()

    async def end(self, place: Place, words: str) -> Subscription | None:
        """End the subscription for these words; None if there is none."""
        wanted = " ".join(words.split()).casefold()
        for subscription in await self.listed(place):
            if subscription.words.casefold() == wanted:
                return await self.end_by_id(place, subscription.id)
        return None

    async def end_by_id(self, place: Place, subscription_id: int) -> Subscription | None:
        """End one; None if it is not this chat's or has ended already."""
        async with self._database.write() as tx:
            subscription = await _of_place(tx, place, subscription_id)
            if subscription is None or subscription not in await subscriptions.of_chat(tx, subscription.chat.id):
                return None
            await subscriptions.end(tx, subscription_id, self._now())
            return subscription

    async def revive(self, place: Place, subscription_id: int) -> Subscription | None:
        """Take back an end; None if it was not this chat's."""
        async with self._database.write() as tx:
            subscription = await _of_place(tx, place, subscription_id)
            if subscription is None:
                return None
            due = _first_due(subscription.schedule, subscription.chat, self._now())
            await subscriptions.revive(tx, subscription_id, next_due_at=due)
            return await subscriptions.get(tx, subscription_id)

    async def set_zone(self, place: Place, zone: str) -> Chat:
        """Set the chat's zone; what was due at a local time is due at the same local time there.

        Raises:
            UserError: there is no such zone.
        """
        new = zone_named(zone)
        async with self._database.write() as tx:
            chat = await chats.ensure(tx, place, self._now())
            await chats.set_zone(tx, chat.id, new.key)
            for subscription in await subscriptions.of_chat(tx, chat.id):
                if subscription.schedule.cadence is Cadence.DAILY and subscription.next_due_at is not None:
                    due = carried_over(subscription.next_due_at, ZoneInfo(chat.zone), new)
                    await subscriptions.set_due(tx, subscription.id, due)
            return await chats.ensure(tx, place, self._now())

    async def preview(self, place: Place, subscription_id: int) -> Briefing | None:
        """The briefing that a subscription would get now; None if it is not this chat's."""
        now = self._now()
        async with self._database.read() as tx:
            subscription = await _of_place(tx, place, subscription_id)
            if subscription is None:
                return None
            news = await gather(tx, [subscription], now)
            await note_told(tx, news, [subscription])
            picked = pick(news, subscription, now)
        cadence = subscription.schedule.cadence
        return Briefing(subscription.chat, subscription.words, cadence, now, picked.stories, picked.more)


async def _of_place(tx: Tx, place: Place, subscription_id: int) -> Subscription | None:
    subscription = await subscriptions.get(tx, subscription_id)
    return subscription if subscription and subscription.chat.ref == place.ref else None


def _since(schedule: Schedule, now: datetime) -> datetime:
    """A daily briefing begins with the news of the last day, an hourly one with that of the last hour."""
    return now - LOOK_BACK[schedule.cadence]


def _first_due(schedule: Schedule, chat: Chat, now: datetime) -> datetime:
    return next_due(schedule, ZoneInfo(chat.zone), now) or now
