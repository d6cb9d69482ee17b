"""Sources whose feed moved, on both databases: looked for, told of with what was found, switched, and switched back."""

import pytest

from bot.domain.errors import UserError
from bot.domain.models import Move, Source
from bot.feeds.fetch import Fetcher
from bot.services.moves import EXPIRED, GONE, SWITCHED, TAKEN
from bot.services.trouble import MOST_NOTICES
from bot.storage import chats, notices, polling, sources
from bot.storage.database import Database
from tests.conftest import Clock
from tests.services.conftest import PLACE, KeptSender, Site
from tests.services.newsroom import EVERYTHING_NOW, Newsroom, begin
from tests.services.test_services_adding import another, page
from tests.services.test_services_politeness import ADMIN, only, poll

FEED = "application/rss+xml"


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


async def moved(room: Newsroom, site: Site) -> Source:
    """A source whose feed is at /new.xml now, and named by its site's page beside one that is no news of it."""
    site.link = site.url
    await begin(room, site, "Harbour bridge closed", "Library opens at night")
    page(site, "/other.xml", "/new.xml")
    another(site, "/other.xml", *(f"sport {number}" for number in range(5)))
    site.pages["/new.xml"] = (200, FEED, site.feed())
    site.pages["/feed.xml"] = (404, "text/plain", b"no")
    return await only(room)


async def found(room: Newsroom, source: Source) -> Move:
    move = await room.moves.look(source)
    assert move is not None
    return move


async def test_admins_hear_where_a_failing_source_may_be_now(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    async with room.database.write() as tx:
        await chats.ensure(tx, ADMIN, clock())
    await moved(room, site)
    for _ in range(5):
        await poll(room, clock)
    await room.tell()
    assert sender.texts == [f"Coast Daily failed 5 {site.url}/new.xml"]
    clock.advance(seconds=2)
    await room.tell()
    assert len(sender.texts) == 1


async def test_what_works_again_before_it_was_told_is_not_told(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    async with room.database.write() as tx:
        await chats.ensure(tx, ADMIN, clock())
    await moved(room, site)
    for _ in range(5):
        await poll(room, clock)
    del site.pages["/feed.xml"]
    await poll(room, clock)
    asked = len(site.asked)
    await room.tell()
    assert sender.texts == []
    assert site.asked[asked:].count("/") <= 1


async def test_a_switched_source_keeps_its_number_and_tells_nothing_twice(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    source = await moved(room, site)
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.tell()
    sender.kept.clear()
    clock.advance(seconds=86_400)
    await poll(room, clock)
    site.tell("older", "Ferry of last week", clock.now().replace(day=15))
    site.tell("newer", "Market hall sold", clock())
    renamed = site.feed().replace(b"<guid>", b"<guid>new-")
    site.pages["/new.xml"] = (200, FEED, renamed)
    move = await found(room, source)
    assert move.url == f"{site.url}/new.xml"
    switched = await room.moves.switch(move.offer_id)
    assert (switched.id, switched.url, switched.errors, switched.etag) == (source.id, move.url, 0, None)
    with pytest.raises(UserError, match=SWITCHED):
        await room.moves.switch(move.offer_id)
    while await room.gather():
        pass
    await room.tell()
    assert sender.texts == ["Market hall sold"]
    assert (await room.reading.latest()).total == 4
    now = await only(room)
    assert (now.url, now.last_polled_at) == (move.url, clock())


async def test_a_switch_is_taken_back_and_the_articles_stay(room: Newsroom, site: Site, clock: Clock) -> None:
    source = await moved(room, site)
    move = await found(room, source)
    with pytest.raises(UserError, match=SWITCHED):
        await room.moves.switch_back(move.offer_id)
    await room.moves.switch(move.offer_id)
    back = await room.moves.switch_back(move.offer_id)
    assert (back.id, back.url, back.next_poll_at) == (source.id, source.url, clock())
    assert (await room.reading.latest()).total == 2
    with pytest.raises(UserError, match=SWITCHED):
        await room.moves.switch_back(move.offer_id)


async def test_no_source_is_switched_to_where_another_one_is(room: Newsroom, site: Site, clock: Clock) -> None:
    source = await moved(room, site)
    move = await found(room, source)
    other = (await room.sources.add(f"{site.url}/new.xml")).source
    with pytest.raises(UserError, match=TAKEN[:20]):
        await room.moves.switch(move.offer_id)
    assert (await found(room, source)).url == f"{site.url}/other.xml"  # the only one left
    await room.sources.remove(other.id)
    with pytest.raises(UserError, match=TAKEN[:20]):
        await room.moves.switch(move.offer_id)
    await room.sources.remove(source.id)
    with pytest.raises(UserError, match=GONE):
        await room.moves.switch(move.offer_id)
    clock.advance(seconds=7 * 86_400)
    with pytest.raises(UserError, match=EXPIRED[:20]):
        await room.moves.switch(move.offer_id)


async def test_a_host_that_is_busy_is_no_proof_that_nothing_is_there(room: Newsroom, site: Site) -> None:
    source = await moved(room, site)
    room.gate.pause(site.url, 600)
    with pytest.raises(UserError, match="busy"):
        await room.moves.look(source)
    move = Move(1, "")
    with pytest.raises(UserError, match=EXPIRED[:20]):
        await room.moves.switch(move.offer_id)


async def test_where_everything_fails_admins_hear_of_ten_and_nothing_else_is_looked_for(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    async with room.database.write() as tx:
        await chats.ensure(tx, ADMIN, clock())
        for number in range(MOST_NOTICES + 2):
            url = f"{site.url}/{number}.xml"
            source = await sources.add(
                tx, url=url, title=url, language=None, site_url=site.url, interval_s=900, at=clock()
            )
            await polling.failed(tx, source.id, why="No.", at=clock(), next_poll_at=clock())
            await room.trouble.note(tx, source, ended=True, now=clock())
    while await room.trouble.tell_due():
        clock.advance(seconds=1)
    await room.tell()
    assert len(sender.texts) == MOST_NOTICES
    assert site.asked.count("/") == MOST_NOTICES
    async with room.database.read() as tx:
        assert await notices.owed(tx, 99) == ()
