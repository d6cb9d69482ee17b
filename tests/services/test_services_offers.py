"""Several feeds of one page, an address that is there already, and where feeds usually are."""

from datetime import UTC, datetime

import pytest

from bot.domain.errors import UserError
from bot.services.offers import EXPIRED, Offer
from bot.services.sources import Added, FullText
from bot.storage.database import Database
from tests.conftest import Clock
from tests.services.conftest import KeptSender, Site
from tests.services.newsroom import Newsroom

FEED = "application/rss+xml"


@pytest.fixture
def room(sqlite_database: Database, fetcher: object, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(sqlite_database, fetcher, sender, clock)  # type: ignore[arg-type]  # the fixture's own type


def page(site: Site, *paths: str) -> None:
    links = "".join(f"<link rel=alternate type={FEED} title={path[1:-4]} href={path}>" for path in paths)
    site.pages["/"] = (200, "text/html", f"<html><head>{links}</head></html>".encode())


def another(site: Site, path: str, *slugs: str) -> None:
    items = "".join(f"<item><title>{slug}</title><link>{site.url}/{slug}</link></item>" for slug in slugs)
    channel = f"<rss version='2.0'><channel><title>Coast Daily</title>{items}</channel></rss>"
    site.pages[path] = (200, FEED, channel.encode())


async def offered(room: Newsroom, site: Site) -> Offer:
    site.tell("bridge", "Harbour bridge closed")
    another(site, "/sport.xml", "regatta", "rowing")
    page(site, "/feed.xml", "/sport.xml")
    found = await room.sources.offer(site.url)
    assert isinstance(found, Offer)
    return found


async def test_several_good_feeds_are_offered_and_nothing_is_added(room: Newsroom, site: Site) -> None:
    offer = await offered(room, site)
    assert [choice.title for choice in offer.choices] == ["feed", "sport"]
    assert await room.sources.listed() == ()
    added = await room.sources.choose(offer.id, 1)
    assert (added.source.url, added.known, added.entries) == (f"{site.url}/sport.xml", False, 2)
    assert (await room.sources.offered(offer.id)).there == {1}
    assert (await room.sources.choose(offer.id, 1)).known


async def test_an_offer_holds_for_a_day_and_no_longer(room: Newsroom, site: Site, clock: Clock) -> None:
    offer = await offered(room, site)
    clock.advance(seconds=24 * 3600 - 1)
    assert await room.sources.offered(offer.id)
    clock.advance(seconds=1)
    for work in (room.sources.offered(offer.id), room.sources.choose(offer.id, 0)):
        with pytest.raises(UserError, match=EXPIRED[:30]):
            await work


async def test_offers_of_one_moment_have_numbers_of_their_own_and_are_bounded(room: Newsroom, site: Site) -> None:
    offer = await offered(room, site)
    later = [await room.sources.offer(site.url) for _ in range(201)]
    ids = {each.id for each in later if isinstance(each, Offer)}
    assert len(ids) == 201
    assert offer.id not in ids
    with pytest.raises(UserError):
        await room.sources.offered(offer.id)


async def test_one_list_in_two_formats_is_one_feed(room: Newsroom, site: Site) -> None:
    site.tell("bridge", "Harbour bridge closed")
    site.pages["/same.xml"] = (200, FEED, site.feed())
    page(site, "/feed.xml", "/same.xml")
    found = await room.sources.offer(site.url)
    assert isinstance(found, Added)
    assert (found.others, found.offer_id, found.full_text) == ((), None, FullText.PAGE)


async def test_the_lively_feed_is_added_and_the_sleeping_one_kept_for_a_button(room: Newsroom, site: Site) -> None:
    for number in range(5):
        site.tell(f"s{number}", f"Story {number}", datetime(2026, 11, 21, number, tzinfo=UTC))
    another(site, "/old.xml", "archive")
    page(site, "/old.xml", "/feed.xml")
    found = await room.sources.offer(site.url)
    assert isinstance(found, Added)
    assert found.source.url == f"{site.url}/feed.xml"
    assert found.offer_id is not None
    assert [choice.url for choice in found.others] == [f"{site.url}/old.xml"]


async def test_a_shell_that_cannot_be_asked_takes_the_first(room: Newsroom, site: Site) -> None:
    offer = await offered(room, site)
    assert (await room.sources.add(site.url)).source.url == offer.choices[0].url


@pytest.mark.parametrize("spelling", ["{}/feed.xml/", "{}/feed.xml?utm_source=x", "{}/moved", "{}", "{bare}/feed.xml"])
async def test_other_spellings_are_the_same_source(room: Newsroom, site: Site, spelling: str) -> None:
    site.tell("bridge", "Harbour bridge closed")
    page(site, "/feed.xml")
    first = await room.sources.add(f"{site.url}/feed.xml")
    for path in ("/feed.xml/", "/moved"):
        site.pages[path] = (200, FEED, site.feed())
    if spelling == "{}/moved":
        head = f"<html><head><meta http-equiv=refresh></head><link rel=alternate type={FEED} href=/feed.xml></html>"
        site.pages["/moved"] = (200, "text/html", head.encode())
    again = await room.sources.offer(spelling.format(site.url, bare=site.url.removeprefix("http://")))
    assert isinstance(again, Added)
    assert (again.known, again.source.id) == (True, first.source.id)
    assert len(await room.sources.listed()) == 1


async def test_a_usual_place_is_looked_at_where_a_page_names_no_feed(room: Newsroom, site: Site) -> None:
    site.pages["/"] = (200, "text/html", b"<html><body>News</body></html>")
    site.pages["/news"] = (200, "text/html", b"<html><body>News</body></html>")
    another(site, "/atom.xml", "ferry")
    found = await room.sources.offer(site.url)
    assert isinstance(found, Added)
    assert found.source.url == f"{site.url}/atom.xml"
    with pytest.raises(UserError, match="no feed"):  # a page of its own is not asked about its site
        await room.sources.offer(f"{site.url}/news")


async def test_a_list_keeps_its_address_and_knows_its_source_again(room: Newsroom, site: Site) -> None:
    site.tell("bridge", "Harbour bridge closed")
    source, known = await room.sources.add_unseen(f"{site.url}/feed.xml?list=1", "Coast")
    assert (source.url, known) == (f"{site.url}/feed.xml?list=1", False)
    again, known = await room.sources.add_unseen(f"{site.url}/feed.xml?list=1")
    assert (again.id, known) == (source.id, True)
    assert await room.sources.there_among([f"{site.url}/none", f"{site.url}/feed.xml/?list=1"]) == {1}


async def test_pages_that_show_little_are_said_to(room: Newsroom, site: Site) -> None:
    site.tell("bridge", "Harbour bridge closed", paragraphs=1)
    found = await room.sources.offer(f"{site.url}/feed.xml")
    assert isinstance(found, Added)
    assert found.full_text in (FullText.NOWHERE, None)
