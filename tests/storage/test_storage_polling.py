"""Polls: claims, what is recorded of them, health and pace."""

from datetime import timedelta

from bot.domain.politeness import Pace
from bot.storage import articles, polling, sources
from bot.storage.database import Database
from tests.conftest import Clock
from tests.storage.making import add_source, new_article

QUARTER = timedelta(minutes=15)


async def test_a_claim_takes_the_longest_waiting_and_holds_until_its_lease_ends(
    database: Database, clock: Clock
) -> None:
    async with database.write() as tx:
        first = await add_source(tx, clock(), "first")
        clock.advance(seconds=1)
        second = await add_source(tx, clock(), "second")

    async def claim(most: int) -> list[int]:
        async with database.write() as tx:
            return [each.id for each in await polling.claim_due(tx, clock(), clock() + QUARTER, most)]

    assert await claim(1) == [first.id]
    assert await claim(5) == [second.id]
    assert await claim(5) == []
    clock.advance(seconds=QUARTER.total_seconds() - 1)
    assert await claim(5) == []
    clock.advance(seconds=1)
    assert await claim(5) == [first.id, second.id]


async def test_health(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        added = await add_source(tx, clock())
        once = await polling.failed(tx, added.id, why="404", at=clock(), next_poll_at=clock() + QUARTER)
        assert once is not None
        assert (once.errors, once.failing_since) == (1, clock())
        later = clock() + QUARTER
        assert await polling.failed(tx, added.id, why="timeout", at=later, next_poll_at=clock() + QUARTER)
        ill = await sources.get(tx, added.id)
        assert ill is not None
        assert ill.failing_since == clock()
        assert (ill.errors, ill.last_error, ill.last_polled_at, ill.next_poll_at) == (
            2,
            "timeout",
            None,
            clock() + QUARTER,
        )
        await polling.polled(
            tx, added.id, at=clock(), etag='"a"', last_modified="Sun", next_poll_at=clock() + 2 * QUARTER, title="New"
        )
        well = await sources.get(tx, added.id)
        assert well is not None
        assert (well.errors, well.last_error, well.etag, well.last_modified) == (0, None, '"a"', "Sun")
        assert well.last_polled_at == clock()
        assert (well.title, well.language, well.url) == ("New", "en", added.url)
        assert well.failing_since is None
        assert await polling.failed(tx, 99, why="", at=clock(), next_poll_at=clock()) is None


async def test_a_feed_that_moved_is_followed_unless_another_source_is_there(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        first, second = await add_source(tx, clock(), "first"), await add_source(tx, clock(), "second")
        for url in ("https://moved.example/feed", second.url):
            await polling.polled(tx, first.id, at=clock(), etag=None, last_modified=None, next_poll_at=clock(), url=url)
        moved = await sources.get(tx, first.id)
        assert moved is not None
        assert moved.url == "https://moved.example/feed"


async def test_it_is_known_whether_one_that_was_due_has_been_polled(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        assert not await polling.due_since(tx, clock())
        added = await add_source(tx, clock())
        assert await polling.due_since(tx, clock())
        assert not await polling.due_since(tx, clock() - QUARTER)
        await sources.remove(tx, added.id, clock())
        assert not await polling.due_since(tx, clock())


async def test_polls_that_brought_nothing_new_are_recorded_together(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        first, second = await add_source(tx, clock(), "first"), await add_source(tx, clock(), "second")
        await polling.failed(tx, second.id, why="It was away.", at=clock(), next_poll_at=clock())
        await polling.unchanged(tx, [], clock())
        due = [clock() + QUARTER * (number + 1) for number in range(2)]
        polls = [
            polling.Unchanged(each.id, etag, "then" if etag else None, at)
            for each, etag, at in zip((first, second), ('"e"', None), due, strict=True)
        ]
        await polling.unchanged(tx, polls, clock())
        found = await sources.listed(tx)
    assert [(each.etag, each.last_modified, each.next_poll_at) for each in found] == [
        ('"e"', "then", due[0]),
        (None, None, due[1]),
    ]
    assert {each.last_polled_at for each in found} == {clock()}
    assert [(each.errors, each.last_error, each.failing_since) for each in found] == [(0, None, None)] * 2


async def test_the_pace_counts_the_articles_of_a_fortnight_that_are_not_of_the_future(
    database: Database, clock: Clock
) -> None:
    async with database.write() as tx:
        busy, quiet = await add_source(tx, clock(), "busy"), await add_source(tx, clock(), "quiet")
        days = (-15, -13, -2, 0, 1)
        told = [new_article(f"d{day}", published_at=clock() + timedelta(days=day)) for day in days]
        await articles.add_new(tx, busy.id, told, clock())
        found = await polling.paces(tx, [busy.id, quiet.id], clock())
    assert found == {busy.id: Pace(3, clock() - timedelta(days=13)), quiet.id: Pace()}
