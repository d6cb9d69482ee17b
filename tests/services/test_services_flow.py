"""From a source to a briefing in a chat, on both databases, over real HTTP."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from bot.domain.models import Cadence, ChatKind, ChatRef, Place, Schedule, Wish
from bot.feeds.fetch import Fetcher
from bot.services.brought import articles_of
from bot.storage import articles
from bot.storage.database import Database
from tests.conftest import Clock
from tests.services.conftest import PLACE, KeptSender, Site
from tests.services.newsroom import EVERYTHING_NOW, INSTANT, Newsroom, begin

AT_EIGHT = Schedule(Cadence.DAILY, (time(8),))


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


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
    assert story.bullets[0].text.startswith("Paragraph 0 about harbour bridge closed")


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
    parsed: list[bytes] = []

    def counted(body: bytes, *others: Any) -> object:
        parsed.append(body)
        return articles_of(body, *others)

    monkeypatch.setattr("bot.services.ingest.articles_of", counted)
    for title in ("", "Library opens at night", "", "Divers search the piers"):
        if title:
            site.tell(title[:4], title)
        clock.advance(seconds=900)
        await room.ingest.poll_due()
    assert len(parsed) == 2
    assert b"Library" in parsed[0]
    assert b"Divers" in parsed[1]
    assert b"Library" not in parsed[1], "what was read before is left out"
    await room.gather()
    assert (await room.reading.latest()).total == 3


async def test_titles_that_come_again_are_news_where_the_rest_of_the_feed_is_left_out(
    room: Newsroom, site: Site, clock: Clock
) -> None:
    """Three of eleven under known titles are a series; three of three would be a feed that changed its ids."""
    for number in range(8):
        site.tell(f"a{number}", f"Evening briefing {number % 4}", clock())
    await begin(room, site)
    for name in ("", "b0 b1 b2"):
        clock.advance(seconds=900)
        for number, slug in enumerate(name.split()):
            site.tell(slug, f"Evening briefing {number}", clock())
        site.items.append("<!-- changed -->")
        await room.ingest.poll_due()
    async with room.database.read() as tx:
        stored = (await tx.exec_driver_sql("SELECT news FROM articles WHERE key LIKE 'id:b%%'")).scalars().all()
    assert [bool(news) for news in stored] == [True] * 3
    assert site.conditional == 0


async def test_an_edit_that_was_left_for_later_is_seen_again(room: Newsroom, site: Site, clock: Clock) -> None:
    await begin(room, site, "Harbour bridge closed", "Ferry begins its summer timetable")
    for number, wait_s in enumerate((900, 900, 3600)):  # the second comes too soon after the first
        clock.advance(seconds=wait_s)
        if number < 2:
            site.items[0] = site.items[0].replace(", in short", f", in short {number}")
        site.items.append(f"<!-- {number} -->")
        await room.ingest.poll_due()
    async with room.database.read() as tx:
        stored = (await tx.exec_driver_sql("SELECT text FROM articles ORDER BY id")).scalars().all()
    assert any("in short 1" in text for text in stored)


async def test_a_failing_source_backs_off_and_comes_back(room: Newsroom, site: Site, clock: Clock) -> None:
    await begin(room, site, "Harbour bridge closed")
    site.pages["/feed.xml"] = (500, "text/plain", b"broken")
    for _ in range(3):
        clock.advance(seconds=7200)
        await room.ingest.poll_due()
    (source,) = await room.sources.listed()
    assert source.errors == 3
    assert source.last_error
    wait = source.next_poll_at - clock()
    assert 4 * 800 <= wait.total_seconds() <= 4 * 880
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
    await room.tell()
    assert sender.texts == ["while you were away\nBakery wins prize\nHarbour bridge closed"]
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


async def test_what_was_being_condensed_when_the_process_ended_is_taken_up_at_once(
    room: Newsroom, site: Site, clock: Clock
) -> None:
    site.tell("a", "Harbour bridge closed")
    await room.sources.add(f"{site.url}/feed.xml")
    await room.ingest.poll_due()
    async with room.database.write() as tx:
        assert len(await articles.claim_found(tx, clock(), clock() + timedelta(minutes=5), 9)) == 1
    assert await room.gather() == 0
    await room.ingest.recover()
    assert await room.gather() == 1
