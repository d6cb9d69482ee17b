"""What waits too long, or was missed, becomes one briefing; on both databases."""

from datetime import timedelta

import pytest

from bot.domain.errors import InDoubt, RetryLater
from bot.domain.models import Cadence, ChatKind, ChatRef, Place, Schedule, Wish
from bot.feeds.fetch import Fetcher
from bot.services.delivery import Flushed
from bot.services.presence import Presence
from bot.storage import outbox
from bot.storage.database import Database
from tests.conftest import Clock
from tests.services.conftest import PLACE, KeptSender, Site
from tests.services.newsroom import EVERYTHING_NOW, Newsroom, begin

HOURLY = Schedule(Cadence.HOURLY)
OTHER = Place(ChatRef(502), ChatKind.PRIVATE, "Omar")


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


async def tell_more(room: Newsroom, site: Site, clock: Clock, *titles: str) -> None:
    """Each is published and gathered, a poll apart."""
    for title in titles:
        site.tell(title.lower().replace(" ", "-"), title)
        clock.advance(seconds=900)
        await room.gather()
        await room.briefings.brief_due()


async def counts(database: Database) -> dict[str, int]:
    async with database.read() as tx:
        return await outbox.counts(tx)


# ---- backlog -------------------------------------------------------------------------------------


async def test_what_waits_longer_than_its_cadence_is_folded_into_one(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.subscriptions.subscribe(OTHER, EVERYTHING_NOW)
    await room.briefings.brief_due()
    sender.next_error = RetryLater("Telegram asks to wait", 7200)
    await room.deliveries.flush()
    assert sender.texts == ["Harbour bridge closed"]
    (served,) = (ref for ref, _ in sender.kept)
    await tell_more(room, site, clock, *(f"Story {letter}" for letter in "ABCDEF"))
    assert await room.catch_ups.fold_stale() == 2
    assert await room.catch_ups.fold_stale() == 0
    await room.deliveries.flush()
    assert [text.split("\n")[0] for text in sender.texts[1:]] == ["while you were away"]
    clock.advance(seconds=7200 - 6 * 900 - 1)
    assert await room.deliveries.flush() == Flushed()  # as long as Telegram asked
    clock.advance(seconds=1)
    await room.deliveries.flush()
    assert len(sender.kept) == 3
    held = next(message.html for ref, message in sender.kept if ref != served)
    assert held.split("\n") == [
        "while you were away", "Story F", "Story E", "Story D", "Story C", "Story B", "and 2 more",
    ]  # fmt: skip
    assert (await counts(database))["folded"] == 7 + 6


async def test_the_rest_of_a_catch_up_is_for_its_chat_alone(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.briefings.brief_due()
    await tell_more(room, site, clock, *(f"Story {letter}" for letter in "ABCDEF"))
    await room.catch_ups.fold_stale()
    due_ms = round(clock().timestamp() * 1000)
    stories, total = await room.catch_ups.rest(PLACE, due_ms, 5)
    assert ([story.title for story in stories], total) == (["Story A", "Harbour bridge closed"], 7)
    assert await room.catch_ups.rest(PLACE, due_ms, 7) == ((), 7)
    assert await room.catch_ups.rest(OTHER, due_ms, 5) == ((), 0)  # T76
    await room.subscriptions.subscribe(OTHER, EVERYTHING_NOW)
    assert await room.catch_ups.rest(OTHER, due_ms, 5) == ((), 0)


async def test_a_single_late_message_goes_as_it_is_until_it_is_very_late(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.briefings.brief_due()
    clock.advance(seconds=3600)
    assert await room.catch_ups.fold_stale() == 0
    clock.advance(seconds=6 * 3600)
    assert await room.catch_ups.fold_stale() == 1
    await room.deliveries.flush()
    assert sender.texts == ["while you were away\nHarbour bridge closed"]
    assert await counts(database) == {"folded": 1, "sent": 1}


async def test_what_may_have_arrived_is_not_folded(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    sender.next_error, sender.lost = InDoubt("reply lost"), True
    await room.tell()
    await tell_more(room, site, clock, "Story A", "Story B", "Story C")
    assert await room.catch_ups.fold_stale() == 1
    await room.deliveries.flush()
    last = "while you were away\nStory C\nStory B\nStory A"
    # the first was repeated once, as nothing could be proven: no message id was known before it
    assert sender.texts == ["Harbour bridge closed", "Harbour bridge closed", last]


async def test_a_catch_up_that_waits_is_folded_into_the_next(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.briefings.brief_due()
    for title in ("Story A", "Story B", "Story C", "Story D"):
        await tell_more(room, site, clock, title)
        await room.catch_ups.fold_stale()
    await room.deliveries.flush()
    told = [line for text in sender.texts for line in text.split("\n") if line.startswith(("Story", "Harbour"))]
    assert sorted(told) == ["Harbour bridge closed", "Story A", "Story B", "Story C", "Story D"]
    assert len(sender.texts) <= 2


async def test_nothing_is_told_that_is_no_news_any_more(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.briefings.brief_due()
    clock.advance(seconds=6.9 * 86_400)
    await tell_more(room, site, clock, "Story A")
    clock.advance(seconds=0.2 * 86_400)
    await room.deliveries.tidy()
    await room.catch_ups.fold_stale()
    await room.deliveries.flush()
    assert sender.texts == ["Story A"]
    assert await counts(database) == {"expired": 1, "sent": 1}


# ---- absence -------------------------------------------------------------------------------------


async def test_t88_after_an_absence_all_that_was_missed_is_one_briefing_a_chat(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock, database: Database
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.presence.begin()
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.subscriptions.subscribe(PLACE, Wish("", HOURLY))  # takes its place
    await room.subscriptions.subscribe(PLACE, Wish("story", Schedule(Cadence.INSTANT)))
    clock.advance(seconds=3600)
    await room.tell()
    await room.presence.note()
    before = len(sender.texts)
    for letter in "ABCDEFGHI":
        site.tell(letter, f"Story {letter}")
    clock.advance(seconds=3 * 86_400)

    await room.presence.begin()
    assert not await room.presence.settled()
    await room.tell()
    assert len(sender.texts) == before  # first everything is gathered
    while await room.gather():
        pass
    await room.tell()
    clock.advance(seconds=1)
    await room.tell()
    (told,) = sender.texts[before:]
    assert told.split("\n")[0] == "while you were away"
    assert told.split("\n")[-1] == "and 4 more"
    clock.advance(seconds=3600)
    site.tell("n", "Story N")
    await room.gather()
    await room.tell()
    assert sender.texts[before + 1 :] == ["Story N"]


async def test_after_an_absence_briefings_wait_five_minutes_at_most(
    room: Newsroom, site: Site, clock: Clock, database: Database
) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.presence.begin()
    clock.advance(seconds=86_400)
    presence = Presence(database, clock)
    await presence.begin()
    assert not await presence.settled()  # its source has not been polled
    clock.advance(seconds=301)
    assert await presence.settled()


async def test_a_short_absence_and_a_first_start_change_nothing(database: Database, clock: Clock) -> None:
    presence = Presence(database, clock)
    await presence.begin()
    assert await presence.settled()
    clock.advance(seconds=1800)
    await presence.begin()
    assert await presence.settled()
    assert presence.missed(clock() - timedelta(days=1)) is None


async def test_two_missed_slots_are_one_briefing(room: Newsroom, site: Site, sender: KeptSender, clock: Clock) -> None:
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, Wish("", HOURLY))
    await room.subscriptions.subscribe(PLACE, Wish("story", HOURLY))
    for title in ("Story A", "Story B"):
        site.tell(title, title)
        clock.advance(seconds=3600)
        await room.gather()
    await room.tell()
    assert sender.texts == ["while you were away\nStory B\nStory A\nHarbour bridge closed"]
