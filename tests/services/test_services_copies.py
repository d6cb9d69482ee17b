"""One text in several outlets: told once, by whoever had it first and is still there."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from email.utils import format_datetime
from html import escape
from typing import TypeVar, TypeVarTuple

import pytest

from bot.domain.errors import WorkerError
from bot.domain.models import Story
from bot.feeds.fetch import Fetcher
from bot.services import condense
from bot.services.condense import Condense
from bot.services.copies import Copies
from bot.storage.database import Database, open_database
from bot.storage.sql import rows
from bot.stories.folded import fold_all
from tests.conftest import Clock
from tests.services.conftest import PLACE, InlineWorkers, KeptSender, Site, sentence
from tests.services.newsroom import EVERYTHING_NOW, Newsroom

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

FIRST = "Council rebuilds harbour bridge"
SECOND = "Ellery gets its bridge back"
TEXT = [sentence("the harbour bridge", n) for n in range(9)]


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


def tell(room: Newsroom, site: Site, title: str, paragraphs: list[str], slug: str = "a", minutes: int = 0) -> None:
    """An article whose feed has all of its text, published some minutes ago."""
    text = "".join(f"<p>{escape(each)}</p>" for each in paragraphs)
    date = format_datetime(room.clock() - timedelta(minutes=minutes))
    site.items.insert(0, f"<item><guid>{slug}</guid><title>{title}</title><link>{site.url}/{slug}</link>"
                         f"<pubDate>{date}</pubDate><description>{escape(text)}</description></item>")  # fmt: skip


async def gather(room: Newsroom, *sites: Site) -> int:
    """Poll, sources that are not there yet as well; how many stories came of it."""
    for site in sites:
        await room.sources.add(f"{site.url}/feed.xml")
    return await room.gather()


async def told(room: Newsroom, words: str = "") -> list[Story]:
    return list((await room.reading.latest(words, count=9)).stories)


async def stored(room: Newsroom) -> dict[str, Mapping[str, object]]:
    async with room.database.read() as tx:
        return {each["title"]: dict(each) for each in await rows(tx, "SELECT * FROM articles")}


async def test_a_copy_joins_the_story_and_nobody_is_told_again(
    room: Newsroom, site: Site, other_site: Site, sender: KeptSender, clock: Clock
) -> None:
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    tell(room, site, FIRST, TEXT)
    assert await gather(room, site) == 1
    await room.tell()
    clock.advance(seconds=3600)
    tell(room, other_site, SECOND, ["Ellery will have a bridge again.", *TEXT[1:6], "Our Ann Roe was on the quay."])
    assert await gather(room, other_site) == 0
    await room.tell()
    assert sender.texts == [FIRST]
    (story,) = await told(room)
    assert (story.title, story.outlets, bool(story.bullets)) == (FIRST, 2, True)
    articles = await stored(room)
    first, copy = articles[FIRST], articles[SECOND]
    assert (copy["copy_of"], copy["story_id"], bool(copy["lead"])) == (first["id"], first["story_id"], False)
    assert [found.id for found in (await room.reading.topic("ellery quay")).stories] == [
        story.id
    ]  # only the copy's words
    assert [found.id for found in (await room.reading.topic("harbour bridge")).stories] == [story.id]
    async with room.database.read() as tx:
        bullets = await rows(tx, "SELECT article_id FROM bullets")
        assert {each["article_id"] for each in bullets} == {first["id"], copy["id"]}
        assert {each["article_id"] for each in await rows(tx, "SELECT * FROM fingerprints")} == {first["id"]}


async def test_of_copies_that_come_together_the_earliest_published_is_the_first(
    room: Newsroom, site: Site, other_site: Site
) -> None:
    tell(room, site, SECOND, TEXT, "a", minutes=10)
    tell(room, other_site, FIRST, TEXT, "b", minutes=40)
    tell(room, other_site, "Bridge: what the council says", TEXT[:8], "c", minutes=20)
    tell(room, other_site, "Library opens at night", [sentence("the library", n) for n in range(9)], "d", minutes=5)
    assert await gather(room, site, other_site) == 2
    assert [story.title for story in await told(room)] == ["Library opens at night", FIRST]
    assert len({each["story_id"] for each in (await stored(room)).values()}) == 2


async def test_the_outlet_s_own_repost_is_a_copy_and_the_outlet_counts_once(
    room: Newsroom, site: Site, clock: Clock
) -> None:
    tell(room, site, FIRST, TEXT)
    await gather(room, site)
    clock.advance(seconds=900)
    tell(room, site, f"Update: {FIRST}", [*TEXT, "This was said on Sunday."], "again")
    assert await gather(room) == 0
    assert [(story.title, story.outlets) for story in await told(room)] == [(FIRST, 1)]


async def test_where_the_first_outlet_is_removed_the_copy_tells_the_story(
    room: Newsroom, site: Site, other_site: Site, sender: KeptSender, clock: Clock
) -> None:
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    tell(room, site, FIRST, TEXT)
    await gather(room, site)
    tell(room, other_site, SECOND, TEXT)
    await gather(room, other_site)
    await room.tell()
    source_id = (await told(room))[0].source_id
    await room.sources.remove(source_id)
    (story,) = await told(room)
    assert (story.title, story.url) == (SECOND, f"{other_site.url}/a")
    await room.sources.restore(source_id)
    assert [each.title for each in await told(room)] == [SECOND]  # what changed hands stays there
    await room.tell()
    assert sender.texts == [FIRST]


async def test_a_copy_that_comes_after_the_first_outlet_was_removed_tells_the_story_but_no_news(
    room: Newsroom, site: Site, other_site: Site, sender: KeptSender
) -> None:
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    tell(room, site, FIRST, TEXT)
    tell(room, site, "Library opens at night", [sentence("the library", n) for n in range(9)], "b")
    await gather(room, site)
    await room.tell()
    await room.sources.remove((await told(room))[0].source_id)
    assert await told(room) == []
    tell(room, other_site, SECOND, TEXT)
    assert await gather(room, other_site) == 0
    await room.tell()
    assert [story.title for story in await told(room)] == [SECOND]
    assert len(sender.texts) == 1


async def test_a_source_s_newest_stories_are_those_that_it_tells_too(
    room: Newsroom, site: Site, other_site: Site
) -> None:
    other_site.feed_title = "Harbour Post"
    tell(room, site, FIRST, TEXT, minutes=9)
    tell(room, site, "Library opens at night", [sentence("the library", n) for n in range(9)], "b", minutes=8)
    tell(room, other_site, SECOND, TEXT, "c", minutes=2)
    await gather(room, site, other_site)
    assert [story.title for story in await told(room, "Harbour Post")] == [FIRST]
    assert len(await told(room, "Coast Daily")) == 2


async def test_an_edited_copy_stays_in_its_story(room: Newsroom, site: Site, other_site: Site, clock: Clock) -> None:
    tell(room, site, FIRST, TEXT)
    await gather(room, site)
    tell(room, other_site, SECOND, TEXT)
    await gather(room, other_site)
    clock.advance(seconds=1000)
    other_site.items.clear()
    other_site.etags = False
    tell(room, other_site, "Nothing of it is true", [sentence("the correction", n) for n in range(9)])
    await gather(room)
    articles = await stored(room)
    assert articles["Nothing of it is true"]["state"] == "ready"
    assert articles["Nothing of it is true"]["copy_of"] == articles[FIRST]["id"]
    assert [story.title for story in await told(room)] == [FIRST]


def rewrite(room: Newsroom, site: Site, title: str, paragraphs: list[str]) -> None:
    """The outlet's one article says something else now."""
    site.items.clear()
    site.etags = False
    tell(room, site, title, paragraphs)


async def test_what_is_new_is_compared_with_what_an_edited_article_says_now(
    room: Newsroom, site: Site, other_site: Site, sender: KeptSender, clock: Clock
) -> None:
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    ferries = [sentence("the ferry timetable", n) for n in range(9)]
    tell(room, site, "Ferries will run all night", ferries)
    await gather(room, site)
    await room.tell()
    clock.advance(seconds=1000)
    rewrite(room, site, FIRST, TEXT)
    tell(room, other_site, SECOND, TEXT)  # both at once: what is edited goes first
    assert await gather(room, other_site) == 0
    clock.advance(seconds=1000)
    tell(room, other_site, "A bridge for the harbour", TEXT[1:], "b")
    tell(room, other_site, "Ferries now run all night", ferries, "c")  # nobody says that any more
    assert await gather(room) == 1
    await room.tell()
    assert sender.texts == ["Ferries will run all night", "Ferries now run all night"]
    assert {each.title: each.outlets for each in await told(room)} == {FIRST: 2, "Ferries now run all night": 1}
    assert (await stored(room))["A bridge for the harbour"]["copy_of"] == (await stored(room))[FIRST]["id"]


async def test_an_edited_copy_leads_nobody_into_its_story(
    room: Newsroom, site: Site, other_site: Site, clock: Clock
) -> None:
    tell(room, site, FIRST, TEXT)
    tell(room, other_site, SECOND, TEXT)
    await gather(room, site, other_site)
    clock.advance(seconds=1000)
    other = [sentence("the correction", n) for n in range(9)]
    rewrite(room, other_site, "Nothing of it is true", other)
    assert await gather(room) == 0
    clock.advance(seconds=1000)
    tell(room, site, "What is true of the correction", other, "b")
    assert await gather(room) == 1


async def test_an_edited_article_that_is_not_read_yet_is_compared_by_what_it_said(
    room: Newsroom, site: Site, other_site: Site, clock: Clock
) -> None:
    tell(room, site, FIRST, TEXT)
    await gather(room, site)
    clock.advance(seconds=1000)
    rewrite(room, site, FIRST, ["More in a moment."])
    await room.ingest.poll_due()
    clock.advance(seconds=1)
    tell(room, other_site, SECOND, TEXT)
    await room.sources.add(f"{other_site.url}/feed.xml")
    async with room.database.write() as tx:  # its page takes its time
        await tx.exec_driver_sql(f"UPDATE articles SET due_at_ms = due_at_ms + 60000 WHERE title = '{FIRST}'")
    assert await room.gather() == 0


async def both_read(room: Newsroom, site: Site, other_site: Site) -> None:
    """One text in two outlets, read and not yet condensed."""
    tell(room, site, FIRST, TEXT)
    tell(room, other_site, SECOND, TEXT)
    for each in (site, other_site):
        await room.sources.add(f"{each.url}/feed.xml")
    await room.ingest.poll_due()
    await room.ingest.read_pages()


async def test_two_processes_that_condense_copies_at_once_agree_on_the_first(
    room: Newsroom, database_url: str, site: Site, other_site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await both_read(room, site, other_site)
    monkeypatch.setattr(condense, "BATCH", 1)
    monkeypatch.setattr(Copies, "verdicts", _together(Copies.verdicts, 2))
    other = await open_database(database_url)
    try:
        made = await asyncio.gather(
            *(Condense(each, InlineWorkers(), clock).condense_new() for each in (room.database, other))
        )
    finally:
        await other.close()
    assert sorted(made) == [0, 1]
    assert len(await told(room)) == 1


def _together(
    verdicts: Callable[..., Awaitable[dict[tuple[int, int], bool]]], number: int
) -> Callable[..., Awaitable[dict[tuple[int, int], bool]]]:
    """None of the first ones returns before all have found that there is nothing to compare with."""
    barrier = asyncio.Barrier(number)
    waited = 0

    async def first_wait(*args: object) -> dict[tuple[int, int], bool]:
        nonlocal waited
        found = await verdicts(*args)
        if waited < number:
            waited += 1
            assert found == {}
            await barrier.wait()
        return found

    return first_wait


class Failing(InlineWorkers):
    """Loses the work on one function, or a part of it."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def run(self, function: Callable[[*Ts], T], *args: *Ts, limit_s: float = 10.0) -> T:
        if getattr(getattr(function, "func", function), "__name__", "") == self.name:
            raise WorkerError("killed")
        return await super().run(function, *args, limit_s=limit_s)


@pytest.mark.parametrize("name", [fold_all.__name__, "compare"])
async def test_where_the_work_fails_nothing_is_lost_and_nothing_a_copy(
    room: Newsroom, site: Site, other_site: Site, clock: Clock, name: str
) -> None:
    await both_read(room, site, other_site)
    assert await Condense(room.database, Failing(name), clock).condense_new() == 2
    assert len(await told(room)) == 2
    assert len((await room.reading.topic("harbour bridge")).stories) == 2
