"""From a source to a briefing in a chat, on both databases, over real HTTP."""

import asyncio
from datetime import UTC, datetime, time, timedelta

import pytest

from bot.domain.errors import BadMarkup, ChatGone, ChatMoved, InDoubt, Refused, RetryLater, SendError, TokenRefused
from bot.domain.models import Cadence, ChatKind, ChatRef, Feed, Message, Place, Schedule, Wish
from bot.feeds.fetch import Fetched, Fetcher
from bot.services.delivery import Flushed
from bot.storage import chats, outbox, sources
from bot.storage.database import Database
from tests.conftest import Clock
from tests.services.conftest import PLACE, KeptSender, Site
from tests.services.newsroom import Newsroom

INSTANT = Schedule(Cadence.INSTANT)
EVERYTHING_NOW = Wish("", INSTANT)
AT_EIGHT = Schedule(Cadence.DAILY, (time(8),))


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


async def begin(room: Newsroom, site: Site, *titles: str) -> None:
    """A source whose first articles are stored and condensed."""
    for number, title in enumerate(titles):
        site.tell(f"first-{number}", title)
    await room.sources.add(f"{site.url}/feed.xml")
    await room.gather()


async def test_a_new_article_reaches_an_instant_subscriber_once(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.tell()
    assert sender.texts == ["Harbour bridge closed"]  # the newest there is shows what will come
    site.tell("second", "Library opens at night")
    clock.advance(seconds=900)
    assert await room.gather() == 1
    await room.tell()
    await room.tell()
    assert sender.texts == ["Harbour bridge closed", "Library opens at night"]


async def test_the_page_text_is_condensed_not_the_teaser(room: Newsroom, site: Site) -> None:
    await begin(room, site, "Harbour bridge closed")
    (story,) = (await room.reading.latest()).stories
    assert story.outlet == "Coast Daily"
    assert len(story.bullets) == 2  # its paragraphs repeat each other
    assert story.bullets[0].startswith("Paragraph 0 about harbour bridge closed")


async def test_an_unchanged_feed_costs_one_conditional_request(room: Newsroom, site: Site, clock: Clock) -> None:
    await begin(room, site, "Harbour bridge closed")
    clock.advance(seconds=900)
    assert await room.ingest.poll_due() == 0
    assert site.conditional == 1
    assert await room.ingest.poll_due() == 0  # not due yet
    assert site.conditional == 1


async def test_an_unchanged_body_is_not_parsed(
    room: Newsroom, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.etags = False
    await begin(room, site, "Harbour bridge closed")
    parsed: list[str] = []
    parse = room.ingest.parse

    async def counted(fetched: Fetched) -> Feed:
        parsed.append(fetched.url)
        return await parse(fetched)

    monkeypatch.setattr(room.ingest, "parse", counted)
    for title in ("", "Library opens at night", ""):
        if title:
            site.tell("second", title)
        clock.advance(seconds=900)
        await room.ingest.poll_due()
    assert len(parsed) == 1
    assert (await room.reading.latest()).total == 1


async def test_a_failing_source_backs_off_and_comes_back(room: Newsroom, site: Site, clock: Clock) -> None:
    await begin(room, site, "Harbour bridge closed")
    site.pages["/feed.xml"] = (500, "text/plain", b"broken")
    for _ in range(3):
        clock.advance(seconds=7200)
        await room.ingest.poll_due()
    (source,) = await room.sources.listed()
    assert source.errors == 3
    assert source.last_error
    assert source.next_poll_at == clock() + timedelta(hours=1)
    del site.pages["/feed.xml"]
    clock.advance(seconds=3600)
    site.tell("second", "Library opens at night")
    assert await room.ingest.poll_due() == 1
    (source,) = await room.sources.listed()
    assert (source.errors, source.last_error) == (0, None)


async def test_an_article_whose_page_is_gone_is_told_by_its_teaser(room: Newsroom, site: Site) -> None:
    site.tell("gone", "Lighthouse lamp replaced")
    site.pages["/gone"] = (404, "text/plain", b"gone")
    await room.sources.add(f"{site.url}/feed.xml")
    assert await room.gather() == 1
    (story,) = (await room.reading.latest()).stories
    assert story.title == "Lighthouse lamp replaced"


async def test_a_page_that_is_busy_is_asked_again(room: Newsroom, site: Site, clock: Clock) -> None:
    site.tell("busy", "Lighthouse lamp replaced")
    page = site.pages["/busy"]
    site.pages["/busy"] = (503, "text/plain", b"later")
    await room.sources.add(f"{site.url}/feed.xml")
    assert await room.gather() == 0
    site.pages["/busy"] = page
    clock.advance(seconds=60)
    assert await room.gather() == 1
    assert len((await room.reading.latest()).stories[0].bullets) == 2


async def test_old_articles_of_a_new_source_are_not_news_but_are_found(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.tell()
    for days in range(6, 0, -1):
        site.tell(f"old-{days}", f"Harbour story {days}", clock() - timedelta(days=days, hours=1))
    await room.sources.add(f"{site.url}/feed.xml")
    await room.gather()
    await room.tell()
    assert sender.texts == ["Harbour story 3\nHarbour story 2\nHarbour story 1"]
    assert (await room.reading.topic("harbour", days=7)).total == 6


async def test_a_topic_subscription_gets_its_topic_only(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, Wish("library", INSTANT))
    await room.tell()
    assert sender.texts == []
    site.tell("b", "Bakery wins prize")
    site.tell("c", "Library opens at night")
    clock.advance(seconds=900)
    await room.gather()
    await room.tell()
    assert sender.texts == ["Library opens at night"]


async def test_two_subscriptions_of_one_chat_never_tell_a_story_twice(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site)
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.subscriptions.subscribe(PLACE, Wish("library", INSTANT))
    site.tell("c", "Library opens at night")
    clock.advance(seconds=900)
    await room.gather()
    await room.tell()
    assert sender.texts == ["Library opens at night"]


async def test_many_stories_at_once_all_arrive_a_message_at_a_time(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site)
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    for number in range(20):
        site.tell(f"n{number}", f"Story number {number:02}")
    clock.advance(seconds=900)
    while await room.gather():
        pass
    for _ in range(4):
        await room.tell()
        clock.advance(seconds=1)
    told = [line for text in sender.texts for line in text.split("\n")]
    assert sorted(told) == [f"Story number {number:02}" for number in range(20)]
    assert len(sender.texts) == 3


async def test_a_daily_briefing_comes_at_its_local_time_once(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.set_zone(PLACE, "Europe/Berlin")
    subscription = await room.subscriptions.subscribe(PLACE, Wish("", AT_EIGHT))
    assert subscription.next_due_at == datetime(2026, 11, 23, 7, tzinfo=UTC)
    clock.advance(seconds=23 * 3600 - 1)
    await room.tell()
    assert sender.texts == []
    clock.advance(seconds=1)
    await room.tell()
    await room.tell()
    assert sender.texts == ["Harbour bridge closed"]


async def test_t88_three_days_down_is_one_catch_up(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, Wish("", AT_EIGHT))
    clock.advance(seconds=3 * 86_400 + 600)
    site.tell("b", "Bakery wins prize")
    await room.gather()
    await room.tell()
    assert len(sender.texts) == 1
    (subscription,) = await room.subscriptions.listed(PLACE)
    assert subscription.next_due_at == datetime(2026, 11, 26, 8, tzinfo=UTC)


async def test_an_hourly_briefing_says_nothing_when_there_is_nothing(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, Wish("", Schedule(Cadence.HOURLY)))
    for _ in range(3):
        clock.advance(seconds=3600)
        await room.tell()
    assert sender.texts == ["Harbour bridge closed"]


async def test_t84_a_zone_changed_after_the_slot_does_not_repeat_it(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, Wish("", AT_EIGHT))
    clock.advance(seconds=86_400)
    await room.tell()
    assert len(sender.texts) == 1
    await room.subscriptions.set_zone(PLACE, "New York")
    (subscription,) = await room.subscriptions.listed(PLACE)
    assert subscription.next_due_at == datetime(2026, 11, 24, 13, tzinfo=UTC)


async def test_ended_subscriptions_are_silent_and_can_be_revived(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site)
    subscription = await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    other = Place(ChatRef(777), ChatKind.GROUP, "Others")
    assert await room.subscriptions.end_by_id(other, subscription.id) is None  # T76
    assert await room.subscriptions.end(PLACE, "") is not None
    assert await room.subscriptions.end_by_id(PLACE, subscription.id) is None
    site.tell("b", "Bakery wins prize")
    clock.advance(seconds=900)
    await room.gather()
    await room.tell()
    assert sender.texts == []
    assert await room.subscriptions.revive(other, subscription.id) is None
    assert await room.subscriptions.revive(PLACE, subscription.id) is not None
    await room.tell()
    assert sender.texts == ["Bakery wins prize"]


@pytest.mark.parametrize("leap_s", [86_400, -86_400])
async def test_t81_a_clock_that_leaps_a_day_and_back_repeats_and_hides_nothing(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock, leap_s: int
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.tell()
    for title, leap in (("Bakery wins prize", leap_s), ("Library opens at night", -leap_s)):
        clock.advance(seconds=leap)
        site.tell(title[:4], title)
        async with room.database.write() as tx:
            await tx.exec_driver_sql("UPDATE sources SET next_poll_at_ms = 0")
        await room.gather()
        await room.tell()
        clock.advance(seconds=1)
        await room.tell()
    assert sender.texts == ["Harbour bridge closed", "Bakery wins prize", "Library opens at night"]


# ---- what becomes of a delivery ------------------------------------------------------------------


async def owe(room: Newsroom, site: Site) -> None:
    """One delivery waits."""
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.briefings.brief_due()


async def counts(database: Database) -> dict[str, int]:
    async with database.read() as tx:
        return await outbox.counts(tx)


async def test_t90_waits_as_long_as_telegram_asks(room: Newsroom, site: Site, sender: KeptSender, clock: Clock) -> None:
    await owe(room, site)
    sender.next_error = RetryLater("too many requests", 45)
    assert await room.deliveries.flush() == Flushed(postponed=1)
    clock.advance(seconds=44)
    assert await room.deliveries.flush() == Flushed()
    clock.advance(seconds=1)
    assert await room.deliveries.flush() == Flushed(sent=1)
    assert len(sender.kept) == 1


async def test_t91_endless_429_is_asked_less_and_less_often(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await owe(room, site)
    waits = []
    for _ in range(20):
        sender.next_error = RetryLater("too many requests", 1)
        began = clock()
        while await room.deliveries.flush() == Flushed():
            clock.advance(seconds=1)
        waits.append((clock() - began).total_seconds())
    assert waits[:5] == [0, 1, 1, 1, 1]
    assert waits[-1] == 300
    clock.advance(seconds=300)
    assert await room.deliveries.flush() == Flushed(sent=1)


async def test_t102_a_refused_token_loses_nothing(room: Newsroom, site: Site, sender: KeptSender, clock: Clock) -> None:
    await owe(room, site)
    sender.next_error = TokenRefused("Telegram refuses the token")
    assert await room.deliveries.flush() == Flushed(postponed=1)
    clock.advance(seconds=60)
    assert await room.deliveries.flush() == Flushed(sent=1)


async def test_t95_a_blocked_chat_sleeps_and_start_wakes_it(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await owe(room, site)
    sender.next_error = ChatGone("bot was blocked by the user")
    assert await room.deliveries.flush() == Flushed(refused=1)
    site.tell("b", "Bakery wins prize")
    clock.advance(seconds=900)
    await room.gather()
    await room.tell()
    assert sender.texts == []
    assert len(await room.subscriptions.listed(PLACE)) == 1
    assert await room.subscriptions.arrive(PLACE) is True
    assert await room.subscriptions.arrive(PLACE) is False
    await room.tell()
    assert sender.texts == ["Bakery wins prize"]


async def test_t97_a_migrated_group_keeps_everything(room: Newsroom, site: Site, sender: KeptSender) -> None:
    await owe(room, site)
    sender.next_error = ChatMoved(-100501)
    await room.deliveries.flush()
    assert [ref for ref, _ in sender.kept] == [ChatRef(-100501)]
    assert len(await room.subscriptions.listed(Place(ChatRef(-100501), ChatKind.GROUP, "Ada"))) == 1


async def test_t94_a_lost_reply_is_repeated_once_and_then_left(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await owe(room, site)
    for expected in (Flushed(postponed=1), Flushed(refused=1)):
        sender.next_error = InDoubt("reply lost")
        assert await room.deliveries.flush() == expected
        clock.advance(seconds=300)
    assert await room.deliveries.flush() == Flushed()
    assert await counts(database) == {"in_doubt": 1}


@pytest.mark.parametrize("error", [Refused("message is too long"), BadMarkup("can't parse entities")])
async def test_what_telegram_will_never_take_is_refused_and_the_next_goes_on(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock, database: Database, error: SendError
) -> None:
    await owe(room, site)
    sender.next_error = error
    await room.deliveries.flush()
    assert await counts(database) == {"refused": 1}
    site.tell("b", "Bakery wins prize")
    clock.advance(seconds=900)
    await room.gather()
    await room.tell()
    assert sender.texts == ["Bakery wins prize"]


async def test_what_was_being_sent_when_the_process_died_is_repeated_once(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await owe(room, site)
    for left in ({"sending": 1}, {"sending": 1}):
        async with database.write() as tx:
            assert len(await outbox.claim(tx, clock(), clock() + timedelta(minutes=10), 8)) == 1
        assert await counts(database) == left
        await room.deliveries.recover()
    assert await counts(database) == {"in_doubt": 1}
    assert sender.kept == []


async def test_a_stopping_service_claims_nothing_more(
    room: Newsroom, site: Site, sender: KeptSender, database: Database
) -> None:
    await owe(room, site)
    await room.deliveries.drain()
    assert await room.deliveries.flush() == Flushed()
    assert await counts(database) == {"waiting": 1}
    assert sender.kept == []


async def test_moving_a_chat_without_deliveries(room: Newsroom, clock: Clock, database: Database) -> None:
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.subscriptions.move(501, -100777)
    async with database.read() as tx:
        assert await chats.find(tx, PLACE.ref) is None
        assert await sources.listed(tx) == ()


OTHERS = 20


class SlowSender(KeptSender):
    """Keeps the messages to one chat waiting until it is told to go on."""

    def __init__(self, slow: ChatRef) -> None:
        super().__init__()
        self._slow = slow
        self.go_on = asyncio.Event()
        self.others_done = asyncio.Event()

    async def send(self, ref: ChatRef, message: Message) -> int:
        if ref == self._slow:
            await self.go_on.wait()
        message_id = await super().send(ref, message)
        if len(self.kept) == OTHERS:
            self.others_done.set()
        return message_id


async def test_t103_one_slow_chat_delays_no_other(
    database: Database, fetcher: Fetcher, site: Site, clock: Clock
) -> None:
    slow = SlowSender(PLACE.ref)
    room = Newsroom(database, fetcher, slow, clock)
    await begin(room, site, "Harbour bridge closed")
    others = [Place(ChatRef(number), ChatKind.PRIVATE, "Reader") for number in range(600, 600 + OTHERS)]
    for place in (PLACE, *others):
        await room.subscriptions.subscribe(place, EVERYTHING_NOW)
    await room.briefings.brief_due()
    flushing = asyncio.create_task(room.deliveries.flush())
    await slow.others_done.wait()
    assert PLACE.ref not in [ref for ref, _ in slow.kept]
    slow.go_on.set()
    assert await flushing == Flushed(sent=OTHERS + 1)
