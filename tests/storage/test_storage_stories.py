"""Stories: told by their lead, newest first, and whom they were told."""

from datetime import datetime, timedelta

import pytest

from bot.domain.errors import StorageError
from bot.domain.models import Owed
from bot.storage import outbox, sources, stories
from bot.storage.database import Database
from tests.conftest import Clock
from tests.storage.making import add_chat, add_ready, add_source, add_story, article_id, new_article

HOUR = timedelta(hours=1)


async def test_a_story_is_told_by_its_lead(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source = await add_source(tx, clock())
        article = new_article("k", published_at=clock() - HOUR, language="en")
        stored = await add_ready(tx, source, clock(), article)
        story_id = await stories.add(tx, stored, clock())
        assert await stories.add(tx, stored, clock() + HOUR) == story_id
        story = (await stories.get(tx, [story_id, 99]))[story_id]
        assert (story.title, story.url, story.outlet, story.source_id) == (
            article.title,
            article.url,
            "Wire",
            source.id,
        )
        assert (story.published_at, story.ready_at) == (clock() - HOUR, clock())
        assert (story.language, [each.text for each in story.bullets], story.outlets) == ("en", [article.text], 1)
        assert await stories.get(tx, [99]) == {}
        assert await stories.get(tx, []) == {}


async def test_no_story_without_an_article(database: Database, clock: Clock) -> None:
    with pytest.raises(StorageError):
        async with database.write() as tx:
            await stories.add(tx, 99, clock())


async def test_newest_first_page_by_page_and_by_source(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        first, second = await add_source(tx, clock(), "first"), await add_source(tx, clock(), "second")
        ids = [
            await add_story(tx, source, clock(), f"{number}", published_at=clock() - number * HOUR)
            for number, source in enumerate((first, second, first, second))
        ]

        async def newest(limit: int, offset: int = 0, source_id: int | None = None) -> list[int]:
            return [each.id for each in await stories.newest(tx, limit=limit, offset=offset, source_id=source_id)]

        assert await newest(9) == ids
        assert await newest(2, 1) == ids[1:3]
        assert await newest(9, source_id=second.id) == [ids[1], ids[3]]
        await sources.remove(tx, first.id, clock())
        assert await newest(9) == [ids[1], ids[3]]
        assert len(await stories.get(tx, ids)) == 4


async def test_ready_ones_since_a_moment_the_newest_published_first(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source, start = await add_source(tx, clock()), clock()
        ids = []
        for number in range(4):
            published_at = start - number * HOUR
            ids.append(await add_story(tx, source, clock(), f"{number}", published_at=published_at))
            clock.advance(seconds=60)

        async def ready(since: datetime, limit: int = 9, among: list[int] | None = None) -> list[int]:
            return [each.id for each in await stories.ready(tx, since=since, limit=limit, ids=among)]

        assert await ready(start) == ids
        assert await ready(start, limit=2) == ids[:2]
        assert await ready(start + timedelta(seconds=60)) == ids[1:]
        assert await ready(start, among=[ids[3], ids[0], 99]) == [ids[0], ids[3]]
        assert await ready(start, among=[]) == []
        await sources.remove(tx, source.id, clock())
        assert await ready(start) == []


async def test_what_chats_were_told_and_the_order_of_a_briefing(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source = await add_source(tx, clock())
        ids = [await add_story(tx, source, clock(), f"{number}") for number in range(4)]
        chat, other = await add_chat(tx, clock(), 7), await add_chat(tx, clock(), 8)
        await outbox.add(tx, [Owed(chat.id, "away@1", clock(), (), (ids[2], ids[0], ids[1]))], clock())
        await outbox.add(tx, [Owed(other.id, "away@2", clock(), (), (ids[3],))], clock())
        assert await stories.told(tx, [chat.id, other.id], ids) == {
            (chat.id, ids[0]),
            (chat.id, ids[1]),
            (chat.id, ids[2]),
            (other.id, ids[3]),
        }
        assert await stories.told(tx, [chat.id], ids[:1]) == {(chat.id, ids[0])}
        assert await stories.told(tx, [], ids) == await stories.told(tx, [chat.id], []) == set()

        async def page(chat_id: int, slot: str, limit: int, offset: int) -> tuple[list[int], int]:
            found, total = await stories.of_briefing(tx, chat_id, slot, limit=limit, offset=offset)
            return [each.id for each in found], total

        assert await page(chat.id, "away@1", 2, 0) == ([ids[2], ids[0]], 3)
        assert await page(chat.id, "away@1", 2, 2) == ([ids[1]], 3)
        assert await page(chat.id, "away@1", 2, 9) == ([], 3)
        assert await page(other.id, "away@1", 2, 0) == ([], 0)
        await sources.remove(tx, source.id, clock())  # what was told can still be shown
        assert await page(other.id, "away@2", 2, 0) == ([ids[3]], 1)


async def test_a_story_was_told_by_as_many_outlets_as_told_it_whoever_was_removed_since(
    database: Database, clock: Clock
) -> None:
    async with database.write() as tx:
        first, *others = [await add_source(tx, clock(), name) for name in ("wire", "coast", "bay")]
        story = await add_story(tx, first, clock(), "a")
        first_article = await article_id(tx, "a")
        for number, source in enumerate(others):
            copy = await add_ready(tx, source, clock(), new_article(f"b{number}"))
            await stories.join(tx, copy, first_article)
        for removed, tells in ((None, "Wire"), (others[1], "Wire"), (first, "Coast")):
            if removed:
                await sources.remove(tx, removed.id, clock())
                await stories.hand_over(tx, removed.id, clock() - HOUR)
            (shown,) = await stories.newest(tx, limit=9)
            assert (shown.id, shown.outlet, shown.outlets) == (story, tells, 3)
        await sources.remove(tx, others[0].id, clock())  # nobody is left to tell it
        assert await stories.newest(tx, limit=9) == ()
