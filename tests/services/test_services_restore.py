"""T89: a database comes back from a backup, and nobody gets anything old."""

from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest

from bot.domain.errors import RetryLater
from bot.domain.models import Cadence, ChatKind, ChatRef, Place, Schedule, Wish
from bot.feeds.fetch import Fetcher
from bot.services.upkeep import RESTORED, settle_restored
from bot.storage import counters, outbox, outbox_list, state, stories, upkeep
from bot.storage.database import Database, open_database
from bot.storage.sql import run
from tests.conftest import Clock
from tests.services.conftest import PLACE, KeptSender, Site
from tests.services.newsroom import Newsroom
from tests.storage.test_storage_upkeep import postgresql_programs

__all__ = ["postgresql_programs"]

HOURLY, DAILY = (Place(ChatRef(number), ChatKind.PRIVATE, "Ben") for number in (502, 503))
HOUR_S = 3600.0


class House:
    """A newsroom whose database is backed up and restored under it."""

    def __init__(self, url: str, folder: Path, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> None:
        self._url = url
        self._copy = folder / "copy"
        self._fetcher = fetcher
        self._sender = sender
        self._clock = clock
        self.database: Database
        self.room: Newsroom

    async def open(self) -> None:
        self.database = await open_database(self._url)
        self.room = Newsroom(self.database, self._fetcher, self._sender, self._clock)
        await self.room.presence.begin()

    async def backup(self) -> None:
        await upkeep.backup(self._url, self._copy)

    async def restore(self) -> None:
        await self.database.close()
        await upkeep.restore(self._url, self._copy)
        restored = await open_database(self._url)
        await settle_restored(restored, self._clock())
        await restored.close()
        await self.open()

    async def live(self, hours: int) -> None:
        for _ in range(hours):
            self._clock.advance(seconds=HOUR_S)
            while await self.room.gather():
                pass
            await self.room.tell()


@pytest.fixture
async def house(
    database_url: str,
    tmp_path: Path,
    fetcher: Fetcher,
    sender: KeptSender,
    clock: Clock,
    postgresql_programs: None,
) -> AsyncIterator[House]:
    house = House(database_url, tmp_path, fetcher, sender, clock)
    await house.open()
    yield house
    await house.database.close()


async def _subscribe(room: Newsroom) -> None:
    await room.subscriptions.subscribe(PLACE, Wish("", Schedule(Cadence.INSTANT)))
    await room.subscriptions.subscribe(HOURLY, Wish("", Schedule(Cadence.HOURLY)))
    await room.subscriptions.subscribe(DAILY, Wish("", Schedule(Cadence.DAILY, (time(8),))))


@pytest.mark.untraced
async def test_t89_a_restored_backup_tells_nobody_anything_old(
    house: House, site: Site, sender: KeptSender, clock: Clock
) -> None:
    site.tell("a", "Harbour bridge closed", clock())
    await house.room.sources.add(f"{site.url}/feed.xml")
    await _subscribe(house.room)
    await house.live(2)
    # one waits, one is being sent, one article is found and not read
    site.tell("b", "Library opens at night", clock())
    sender.next_error = RetryLater("asked to wait", 7200)
    await house.live(1)
    site.tell("c", "Tram line extended", clock())
    clock.advance(seconds=900)
    await house.room.ingest.poll_due()
    async with house.database.write() as tx:
        await run(tx, "UPDATE deliveries SET state = 'sending' WHERE chat_id = 2 AND message_id IS NOT NULL")
    await house.backup()
    for number in range(12):
        site.tell(f"later{number}", f"Told later {number}", clock() if number % 2 else None)
        await house.live(3)
    assert "Told later 11" in "".join(sender.texts)
    told = list(sender.texts)
    await house.restore()
    # the first polls after it fail, and what they would have brought is old all the same
    site.pages["/feed.xml"] = (500, "text/plain", b"no")
    await house.live(1)
    del site.pages["/feed.xml"]
    await house.live(30)
    assert sender.texts == told
    async with house.database.read() as tx:
        everything = await stories.newest(tx, limit=99)
    assert len(everything) == 15  # all of it is there to be asked for
    site.tell("new", "Ferry sails again", clock())
    site.tell("undated", "Market moves indoors")
    await house.live(26)
    new = [(ref.telegram_id, message.html.split("\n")) for ref, message in sender.kept[len(told) :]]
    assert sorted((chat, sorted(lines)) for chat, lines in new) == [
        (chat, ["Ferry sails again", "Market moves indoors"]) for chat in (501, 502, 503)
    ]


async def test_t89_what_was_on_its_way_is_accounted_for(
    house: House, site: Site, sender: KeptSender, clock: Clock
) -> None:
    site.tell("a", "Harbour bridge closed", clock())
    await house.room.sources.add(f"{site.url}/feed.xml")
    await _subscribe(house.room)
    await house.room.gather()
    clock.advance(seconds=86_400)
    while await house.room.briefings.brief_due():
        pass
    async with house.database.write() as tx:
        await outbox.claim(tx, clock(), clock(), 1)
        await counters.learn(tx, 501, 9)
    await house.backup()
    await house.restore()
    async with house.database.read() as tx:
        assert await outbox.counts(tx) == {"in_doubt": 1, "expired": 2}
        (listed,) = await outbox_list.in_doubt(tx, 9)
        assert (listed.why, listed.html) == ("restored from a backup", "Harbour bridge closed")
        # ids that were given after the backup would prove that what is sent now had arrived
        assert await counters.last(tx, 501) is None
        assert await state.moment(tx, RESTORED) == clock()
    due = [(await house.room.subscriptions.listed(place))[0].next_due_at for place in (PLACE, HOURLY, DAILY)]
    now = clock()
    assert due == [None, now + timedelta(hours=1), now + timedelta(days=1)]
    assert sender.texts == []


async def test_t89_a_source_that_was_lost_with_the_time_since_the_backup_is_added_again(
    house: House, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await _subscribe(house.room)
    await house.backup()
    site.tell("a", "Harbour bridge closed", clock())
    site.tell("b", "Library opens at night")
    await house.room.sources.add(f"{site.url}/feed.xml")
    await house.live(24)
    told = list(sender.texts)
    assert told
    await house.restore()
    clock.advance(seconds=HOUR_S)
    await house.room.sources.add(f"{site.url}/feed.xml")
    await house.live(24)
    assert sender.texts == told
    site.tell("c", "Tram line extended")
    await house.live(24)
    assert sender.texts[len(told) :] == ["Tram line extended"] * 3


async def test_long_after_a_restore_a_new_source_begins_as_any(
    house: House, site: Site, sender: KeptSender, clock: Clock
) -> None:
    await house.backup()
    await house.restore()
    await _subscribe(house.room)
    clock.advance(seconds=8 * 86_400)
    site.tell("a", "Harbour bridge closed", datetime.fromisoformat("2026-11-20T08:00:00+00:00"))
    site.tell("b", "Library opens at night")
    await house.room.sources.add(f"{site.url}/feed.xml")
    await house.live(1)
    assert "Library opens at night" in sender.texts[-1].split("\n")
