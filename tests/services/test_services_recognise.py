"""Edits and changed ids: what is known is never news again, on both databases, over real HTTP (T47)."""

import pytest

from bot.feeds.fetch import Fetcher
from bot.storage.database import Database
from bot.storage.sql import rows
from tests.conftest import Clock
from tests.services.conftest import PLACE, KeptSender, Site
from tests.services.newsroom import EVERYTHING_NOW, Newsroom, begin

TITLES = ("Harbour bridge closed", "Library opens at night", "Bakery wins prize", "Ferry runs on Sundays")


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


def publish(site: Site, poll: int, *titles: str) -> None:
    """A feed whose entries have an id and a link that are new at each poll."""
    site.items.clear()
    site.etags = False
    for number, title in enumerate(titles):
        site.tell(f"{poll}-{number}", title)


async def test_t47_new_ids_at_each_poll_are_no_news(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    publish(site, 0, *TITLES)
    await room.sources.add(f"{site.url}/feed.xml")
    await room.gather()
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.tell()
    told = len(sender.texts)
    for poll in range(1, 4):
        publish(site, poll, *TITLES)
        clock.advance(seconds=900)
        assert await room.gather() == 0
        await room.tell()
    assert len(sender.texts) == told
    publish(site, 4, *TITLES, "Lighthouse lamp replaced")
    clock.advance(seconds=900)
    await room.gather()
    await room.tell()
    assert sender.texts[told:] == ["Lighthouse lamp replaced"]


async def test_an_edit_changes_the_article_and_is_no_news(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    site.etags = False
    await begin(room, site, "Harbour bridge closed")
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.tell()
    slug = site.items[0].partition("<guid>")[2].partition("</guid>")[0]
    site.items.clear()
    site.tell(slug, "Harbour tunnel closed")
    clock.advance(seconds=900)
    await room.gather()
    await room.tell()
    assert sender.texts == ["Harbour bridge closed"]
    (story,) = (await room.reading.latest()).stories
    assert story.title == "Harbour tunnel closed"
    assert story.bullets[0].text.startswith("Paragraph 0 about harbour tunnel closed")
    assert (await room.reading.topic("tunnel", days=7)).total == 1
    assert (await room.reading.topic("bridge", days=7)).total == 0
    async with room.database.read() as tx:
        (kept,) = await rows(tx, "SELECT previous_title, previous_text, text FROM articles WHERE edited_at_ms > 0")
    assert kept["previous_title"] == "Harbour bridge closed"
    assert kept["previous_text"] == kept["text"].replace("tunnel", "bridge")  # sentence by sentence as it was


async def test_a_feed_that_says_something_else_at_every_poll_is_not_read_anew_each_time(
    room: Newsroom, site: Site, clock: Clock
) -> None:
    site.etags = False
    await begin(room, site, "Harbour bridge closed")
    slug = site.items[0].partition("<guid>")[2].partition("</guid>")[0]
    for number in range(4):
        site.items.clear()
        site.tell(slug, f"Harbour bridge closed, {number} comments")
        clock.advance(seconds=900)
        await room.gather()
    assert site.asked.count(f"/{slug}") == 2
