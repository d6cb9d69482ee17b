"""Sources: adding, listing, removing."""

from datetime import timedelta

import pytest

from bot.storage import articles, polling, sources
from bot.storage.database import Database
from tests.conftest import Clock
from tests.storage.making import add_source, new_article

QUARTER = timedelta(minutes=15)


async def test_an_added_source_is_due_at_once_and_found(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        added = await add_source(tx, clock())
        assert added.next_poll_at == added.added_at == clock()
        assert (added.title, added.language, added.errors) == ("Wire", "en", 0)
        assert await sources.known(tx, added.url) == await sources.get(tx, added.id) == added
        assert await sources.known(tx, "https://nowhere.example/") is None
        assert await sources.listed(tx) == (added,)


async def test_adding_what_is_there_changes_nothing(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        added = await add_source(tx, clock())
        clock.advance(seconds=60)
        assert await add_source(tx, clock()) == added


async def test_a_removed_source_comes_back_by_adding_or_restoring(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        added = await add_source(tx, clock())
        assert await sources.remove(tx, added.id, clock())
        assert not await sources.remove(tx, added.id, clock())
        assert await sources.known(tx, added.url) is await sources.get(tx, added.id) is None
        assert await sources.listed(tx) == ()
        assert await polling.claim_due(tx, clock(), clock() + QUARTER, 10) == ()
        clock.advance(seconds=60)
        back = await add_source(tx, clock())
        assert (back.id, back.next_poll_at) == (added.id, clock())
        await sources.remove(tx, added.id, clock())
        restored = await sources.restore(tx, added.id, clock())
        assert restored is not None
        assert restored.id == added.id
        assert await sources.restore(tx, 99, clock()) is None


async def test_a_page_is_some_of_them_with_the_articles_of_a_week(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        added = [await add_source(tx, clock(), f"s{number}") for number in range(5)]
        ages = {"new": timedelta(days=6), "old": timedelta(days=8)}
        given = [new_article(key, published_at=clock() - age) for key, age in ages.items()]
        assert await articles.add_new(tx, added[3].id, given, clock()) == 2
        await sources.remove(tx, added[1].id, clock())
        shown = await sources.page(tx, 1, 2, clock() - timedelta(days=7))
        assert [(each.id, each.articles_a_week) for each in shown] == [(added[2].id, 0), (added[3].id, 1)]
        assert await sources.count(tx) == 4
        site = "https://bay.example/"
        of_bay = await sources.add(
            tx, url="https://b.example/", title="Bay", language=None, site_url=site, interval_s=900, at=clock()
        )
        for spelled in (site, site.rstrip("/"), "bay.example", "http://bay.example"):
            found = await sources.of_site(tx, spelled)
            assert (found == of_bay) == (not spelled.startswith("http:"))


@pytest.mark.parametrize(
    "spelled",
    ["https://wire.example/feed", "http://wire.example/feed/", "www.wire.example/feed",
     "WIRE.example/feed?utm_source=x", "https://www.wire.example:443/feed#top"],
)  # fmt: skip
async def test_a_source_is_known_however_its_address_is_spelled(database: Database, clock: Clock, spelled: str) -> None:
    async with database.write() as tx:
        added = await add_source(tx, clock())
        assert await sources.known(tx, spelled) == added
        asked = ("https://wire.example/feed?page=2", "\0", spelled, "wire", "")
        assert await sources.known_among(tx, asked) == {2}
        assert await sources.known_among(tx, ()) == frozenset()
        await sources.remove(tx, added.id, clock())
        assert await sources.known(tx, spelled) is None
        assert await sources.known_among(tx, asked) == frozenset()


async def test_of_two_under_one_form_the_one_that_is_spelled_so_is_meant(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        one, other = await add_source(tx, clock(), "wire"), await add_source(tx, clock(), "www.wire")
        assert [await sources.known(tx, each.url) for each in (one, other)] == [one, other]
        assert await sources.known(tx, "http://wire.example/feed") == one


async def test_a_source_that_moves_is_known_where_it_is(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        added = await add_source(tx, clock())
        await sources.switch(tx, added.id, "https://coast.example/rss", clock())
        assert await sources.known(tx, added.url) is None
        assert await sources.known(tx, "coast.example/rss") is not None
        moved = "https://bay.example/atom"
        await polling.polled(tx, added.id, at=clock(), etag=None, last_modified=None, next_poll_at=clock(), url=moved)
        assert await sources.known(tx, "coast.example/rss") is None
        assert await sources.known(tx, "bay.example/atom") is not None
