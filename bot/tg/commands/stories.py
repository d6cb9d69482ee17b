"""/latest and /topic, and the buttons under them."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.domain.cadence import DEFAULT_TIME
from bot.domain.errors import UserError
from bot.domain.models import Cadence, Schedule
from bot.domain.ports import Now
from bot.services.reading import Found, Reading
from bot.services.subscriptions import Subscriptions
from bot.tg import render, views
from bot.tg.asking import Answer, Ask, Command, Need, Pressed, stale
from bot.tg.keyboards import MOST_COUNT, MOST_DAYS, Action, Press
from bot.tg.locales import en as texts

COUNT = 5
DAYS = 7

_DAYS = re.compile(r"(\d{1,6})d", re.IGNORECASE | re.ASCII)
_COUNT = re.compile(r"-?\d{1,3}", re.ASCII)


class Stories:
    """Shows stories to read."""

    def __init__(self, reading: Reading, subscriptions: Subscriptions, now: Now) -> None:
        self._reading = reading
        self._subscriptions = subscriptions
        self._now = now

    def commands(self) -> dict[str, Command]:
        """The commands of this module."""
        return {"latest": Command(self.latest), "topic": Command(self.topic)}

    def presses(self) -> dict[Action, Pressed]:
        """The buttons of this module."""
        return {
            Action.NEWEST: Pressed(self.newest),
            Action.LATEST: Pressed(self.latest_page),
            Action.TOPIC: Pressed(self.topic_page),
            Action.FIND: Pressed(self.find),
            Action.FOLLOW: Pressed(self.follow, Need.CHAT_ADMIN),
        }

    async def latest(self, ask: Ask) -> Answer:
        """/latest [N] [source or topic]"""
        count, words = parse_latest(ask.words)
        return self._latest(await self._reading.latest(words, count=count), count)

    async def newest(self, _: Ask, __: Press) -> Answer:
        """The first page, below the message with the button."""
        return replace(self._latest(await self._reading.latest(count=COUNT), COUNT), fresh=True)

    async def latest_page(self, _: Ask, press: Press) -> Answer:
        """Another page."""
        topic_id, offset, count = press.numbers
        if not topic_id:
            return self._latest(await self._reading.latest(offset=offset, count=count), count)
        found = await self._reading.latest_again(topic_id, offset=offset, count=count)
        return self._latest(found, count) if found else stale()

    async def topic(self, ask: Ask) -> Answer:
        """/topic WORDS [3d]"""
        words, days = parse_topic(ask.words)
        return self._topic(await self._reading.topic(words, days=days, count=COUNT), COUNT)

    async def topic_page(self, _: Ask, press: Press) -> Answer:
        """Another page, or a longer look back."""
        topic_id, days, offset, count = press.numbers
        found = await self._reading.topic_again(topic_id, days=days, offset=offset, count=count)
        return self._topic(found, count) if found else stale()

    async def find(self, _: Ask, press: Press) -> Answer:
        """Look for what somebody wrote without a command."""
        return self._topic(await self._reading.topic(press.words, days=DAYS, count=COUNT), COUNT)

    async def follow(self, ask: Ask, press: Press) -> Answer:
        """Follow a topic, daily."""
        daily = Schedule(Cadence.DAILY, (DEFAULT_TIME,))
        subscription = await self._subscriptions.subscribe_topic(ask.place, press.numbers[0], daily)
        if subscription is None:
            return stale()
        return Answer(views.subscribed(subscription, self._now()), fresh=True)

    def _latest(self, found: Found, count: int) -> Answer:
        return Answer(render.latest_messages(found, self._now(), count))

    def _topic(self, found: Found, count: int) -> Answer:
        return Answer(render.topic_messages(found, self._now(), count))


def parse_latest(words: Sequence[str]) -> tuple[int, str]:
    """How many stories (more than ten are ten) and of what.

    Raises:
        UserError: fewer than one.
    """
    if not words or not _COUNT.fullmatch(words[0]):
        return COUNT, " ".join(words)
    count = int(words[0])
    if count < 1:
        raise UserError(texts.LATEST_COUNT)
    return min(count, MOST_COUNT), " ".join(words[1:])


def parse_topic(words: Sequence[str]) -> tuple[str, int]:
    """The topic and how many days to look back.

    Raises:
        UserError: no words, or days that are none.
    """
    days = _DAYS.fullmatch(words[-1]) if words else None
    topic = " ".join(words[:-1] if days else words)
    if not topic:
        raise UserError(texts.WHICH_TOPIC)
    if days and not 1 <= int(days[1]) <= MOST_DAYS:
        raise UserError(texts.TOPIC_DAYS)
    return topic, int(days[1]) if days else DAYS
