"""Stories: told by their lead, newest first, not twice to a chat."""

from datetime import timedelta

import pytest

from bot.domain.errors import StorageError
from bot.storage import outbox, sources, stories
from bot.storage.database import Database
from tests.conftest import Clock
from tests.storage.making import add_chat, add_ready, add_source, add_story, new_article, subscribe

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
        assert (story.language, story.bullets, story.outlets) == ("en", (article.text,), 1)
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


async def test_unbriefed_are_the_ready_ones_that_the_chat_was_not_told(database: Database, clock: Clock) -> None:
    async with database.write() as tx:
        source, start = await add_source(tx, clock()), clock()
        ids = []
        for number in range(5):
            published_at = start - number * HOUR
            ids.append(await add_story(tx, source, clock(), f"{number}", published_at=published_at))
            clock.advance(seconds=60)
        chat, other = await add_chat(tx, clock(), 7), await add_chat(tx, clock(), 8)
        subscription = await subscribe(tx, chat, clock())
        await outbox.add(tx, subscription=subscription, due_at=clock(), story_ids=ids[2:3], messages=(), at=clock())

        async def unbriefed(chat_id: int, **how: object) -> list[int]:
            found = await stories.unbriefed(tx, chat_id, **{"ready_since": start, "limit": 9, **how})  # type: ignore[arg-type]
            return [each.id for each in found]

        assert await unbriefed(chat.id) == [ids[0], ids[1], ids[3], ids[4]]
        assert await unbriefed(other.id) == ids
        assert await unbriefed(chat.id, limit=2) == [ids[0], ids[1]]
        assert await unbriefed(chat.id, ready_since=start + timedelta(seconds=60)) == [ids[1], ids[3], ids[4]]
        assert await unbriefed(chat.id, ids=[ids[0], ids[2], 99]) == [ids[0]]
        assert await unbriefed(chat.id, ids=()) == []
        await sources.remove(tx, source.id, clock())
        assert await unbriefed(chat.id) == []
