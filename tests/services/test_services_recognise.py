"""Edits and changed ids: what is known is never news again, on both databases, over real HTTP (T47)."""

import pytest

from bot.domain.canonical import canonical_url
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


def say(site: Site, slug: str, title: str, more: str = "") -> None:
    """The feed's one entry, whatever it said before."""
    site.etags = False
    site.items.clear()
    text = f"{title}, in short."
    guid = f"<guid isPermaLink='false'>{slug}</guid>"
    site.items.append(f"<item>{guid}<title>{title}</title><description>{text}</description>{more}</item>")


async def stored(room: Newsroom, key: str) -> tuple[str, str, str, str | None]:
    """The title, address, its form and image of an article."""
    async with room.database.read() as tx:
        (found,) = await rows(tx, "SELECT * FROM articles WHERE key = :key", key=f"id:{key}")
    return found["title"], found["url"], found["canonical_url"], found["image"]


async def test_an_edit_brings_its_link_and_image_and_takes_none_away(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    said = f"<link>{site.url}/{{0}}</link><enclosure url='{site.url}/{{0}}.jpg' type='image/jpeg'/>"
    say(site, "a", "Harbour bridge closed", said.format("old"))
    await room.sources.add(f"{site.url}/feed.xml")
    await room.gather()
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.tell()
    url = f"{site.url}/new"
    for title, more in (("Harbour bridge closed for good", said.format("new")), ("Harbour bridge is history", "")):
        say(site, "a", title, more)
        clock.advance(seconds=4000)
        assert await room.gather() == 0
        await room.tell()
        assert await stored(room, "a") == (title, url, canonical_url(url), f"{url}.jpg")
        (story,) = (await room.reading.latest()).stories
        assert (story.title, story.url) == (title, url)
    assert sender.texts == ["Harbour bridge closed"]


async def test_an_edit_whose_link_is_another_article_s_keeps_its_own(room: Newsroom, site: Site, clock: Clock) -> None:
    for each in ("a", "b"):
        say(site, each, f"Harbour bridge, part {each}", f"<link>{site.url}/{each}</link>")
        clock.advance(seconds=1000)
        await room.sources.add(f"{site.url}/feed.xml")
        await room.gather()
    say(site, "b", "Harbour bridge, last part", f"<link>{site.url}/a/?utm_source=rss</link>")
    clock.advance(seconds=1000)
    await room.gather()
    url = f"{site.url}/b"
    assert await stored(room, "b") == ("Harbour bridge, last part", url, canonical_url(url), None)
    assert (await room.ingest.poll_due(), (await room.sources.listed())[0].errors) == (0, 0)


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
