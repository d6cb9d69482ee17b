"""/subscribe, /unsubscribe, /subscriptions, /timezone, and the buttons under them."""

from dataclasses import replace
from datetime import time

from bot.domain.cadence import DEFAULT_TIME
from bot.domain.models import Cadence, Place, Schedule, Subscription, Wish
from bot.domain.ports import Now
from bot.domain.wishes import parse_wish, topic_words
from bot.services.subscriptions import Subscriptions
from bot.tg import keyboards, views
from bot.tg.asking import Answer, Ask, Command, Need, Pressed, stale
from bot.tg.keyboards import Action, Press
from bot.tg.locales import en as texts
from bot.tg.markup import said
from bot.tg.render import as_messages, briefing_messages


class Subscribe:
    """Begins, shows, changes and ends what a chat gets."""

    def __init__(self, subscriptions: Subscriptions, now: Now) -> None:
        self._subscriptions = subscriptions
        self._now = now

    def commands(self) -> dict[str, Command]:
        """The commands of this module."""
        return {
            "subscribe": Command(self.subscribe, Need.CHAT_ADMIN),
            "unsubscribe": Command(self.unsubscribe, Need.CHAT_ADMIN),
            "subscriptions": Command(self.subscriptions),
            "timezone": Command(self.timezone, Need.CHAT_ADMIN),
        }

    def presses(self) -> dict[Action, Pressed]:
        """The buttons of this module."""
        handlers = {
            Action.INSTANT: self.instant,
            Action.MORNING: self.morning,
            Action.END: self.end,
            Action.REVIVE: self.revive,
            Action.PREVIEW: self.preview,
            Action.HOURS: self.hours,
            Action.AT: self.at,
            Action.STANDING: self.standing,
            Action.ZONE: self.zone,
        }
        return {action: Pressed(handler, Need.CHAT_ADMIN) for action, handler in handlers.items()}

    async def subscribe(self, ask: Ask) -> Answer:
        """/subscribe [WORDS] [instant | hourly | daily] [07:30 19:00] [weekdays]"""
        return await self._begin(ask.place, parse_wish(ask.words))

    async def instant(self, ask: Ask, _: Press) -> Answer:
        """Everything, as it happens."""
        return await self._begin(ask.place, Wish("", Schedule(Cadence.INSTANT)))

    async def morning(self, ask: Ask, _: Press) -> Answer:
        """Everything, every morning."""
        return await self._begin(ask.place, Wish("", Schedule(Cadence.DAILY, (DEFAULT_TIME,))))

    async def _begin(self, place: Place, wish: Wish) -> Answer:
        subscription = await self._subscriptions.subscribe(place, wish)
        return Answer(views.subscribed(subscription, self._now()), fresh=True)

    async def unsubscribe(self, ask: Ask) -> Answer:
        """/unsubscribe [WORDS]; without words a button for each."""
        if not ask.words:
            return Answer(views.which_ends(await self._subscriptions.listed(ask.place)))
        words = topic_words(" ".join(ask.words))
        ended = await self._subscriptions.end(ask.place, "" if words.lower() == texts.EVERYTHING else words)
        return Answer(views.ended(ended) if ended else as_messages(texts.not_subscribed(said(words))))

    async def subscriptions(self, ask: Ask) -> Answer:
        """/subscriptions"""
        chat = await self._subscriptions.chat(ask.place)
        return Answer(views.subscriptions(chat, await self._subscriptions.listed(ask.place), self._now()))

    async def end(self, ask: Ask, press: Press) -> Answer:
        """End one."""
        ended = await self._subscriptions.end_by_id(ask.place, press.numbers[0])
        return Answer(views.ended(ended)) if ended else stale()

    async def revive(self, ask: Ask, press: Press) -> Answer:
        """Take the end of one back."""
        subscription = await self._subscriptions.revive(ask.place, press.numbers[0])
        return self._shown(subscription) if subscription else stale()

    async def preview(self, ask: Ask, press: Press) -> Answer:
        """Show what a subscription would bring now."""
        briefing = await self._subscriptions.preview(ask.place, press.numbers[0])
        if briefing is None:
            return stale()
        messages = briefing_messages(briefing, self._now())
        return Answer(messages, notice="" if messages else texts.NOTHING_NEW, fresh=True)

    async def hours(self, ask: Ask, press: Press) -> Answer:
        """Offer hours to choose from."""
        subscription = await self._find(ask.place, press.numbers[0])
        return Answer(views.which_hour(subscription)) if subscription else stale()

    async def standing(self, ask: Ask, press: Press) -> Answer:
        """Show a subscription as it stands."""
        subscription = await self._find(ask.place, press.numbers[0])
        return self._shown(subscription) if subscription else stale()

    async def at(self, ask: Ask, press: Press) -> Answer:
        """Set the time of a daily subscription; undoing sets the one it had."""
        before = await self._find(ask.place, press.numbers[0])
        if before is None or before.schedule.cadence is not Cadence.DAILY:
            return stale()
        at = time(*divmod(press.numbers[1], 60))
        wish = Wish(before.words, replace(before.schedule, times=(at,)))
        after = await self._subscriptions.subscribe(ask.place, wish)
        return Answer(views.subscribed(after, self._now(), keyboards.changed(before, after)))

    async def timezone(self, ask: Ask) -> Answer:
        """/timezone [CITY]"""
        if ask.words:
            await self._subscriptions.set_zone(ask.place, " ".join(ask.words))
        return await self._zone(ask.place)

    async def zone(self, ask: Ask, press: Press) -> Answer:
        """Set the zone of a button."""
        await self._subscriptions.set_zone(ask.place, press.words)
        return await self._zone(ask.place)

    async def _zone(self, place: Place) -> Answer:
        return Answer(views.zone(await self._subscriptions.chat(place), self._now()))

    async def _find(self, place: Place, subscription_id: int) -> Subscription | None:
        listed = await self._subscriptions.listed(place)
        return next((each for each in listed if each.id == subscription_id), None)

    def _shown(self, subscription: Subscription) -> Answer:
        return Answer(views.subscribed(subscription, self._now()))
