"""A feed looked at before it is a source, several of one page, and an address that is there already."""

from datetime import UTC, datetime

import pytest

from bot.domain.errors import UserError
from bot.domain.models import FeedKind
from bot.services.adding import UNKNOWN_NUMBER, Known, Proposal
from bot.services.offers import EXPIRED, Offer
from bot.services.previews import FullText, Preview
from bot.storage.database import Database
from tests.conftest import Clock
from tests.services.conftest import KeptSender, Site, sentence
from tests.services.newsroom import INTERVAL_S, Newsroom

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


async def several(room: Newsroom, site: Site) -> Offer:
    site.tell("bridge", "Harbour bridge closed")
    another(site, "/sport.xml", "regatta", "rowing")
    page(site, "/feed.xml", "/sport.xml")
    found = await room.adding.look(site.url)
    assert isinstance(found, Offer)
    return found


async def proposed(room: Newsroom, address: str) -> Proposal:
    found = await room.adding.look(address)
    assert isinstance(found, Proposal)
    return found


async def test_a_feed_is_shown_and_only_added_when_asked_to(room: Newsroom, site: Site) -> None:
    site.tell("ferry", "Ferry begins its winter timetable")
    site.tell("bridge", "Harbour bridge closed", datetime(2026, 11, 21, 8, tzinfo=UTC))
    found = await proposed(room, f"{site.url}/feed.xml")
    sample = found.sample
    assert (sample.title, sample.kind, sample.language, sample.entries) == ("Coast Daily", FeedKind.RSS, "en", 2)
    assert (sample.full_text, sample.articles_per_day) == (FullText.PAGE, None)
    assert sample.previews[0].title == "Harbour bridge closed"
    assert (sample.previews[0].bullet or "-") in sentence("Harbour bridge closed", 0)  # of its page, as readers get it
    assert sample.previews[1] == Preview(
        "Ferry begins its winter timetable", "Ferry begins its winter timetable, in short."
    )
    assert await room.sources.listed() == ()
    asked = len(site.asked)
    source, others, known = await room.adding.add(found.offer_id, found.position)
    assert (source.title, source.language, source.interval_s, others, known) == (
        "Coast Daily",
        "en",
        INTERVAL_S,
        0,
        False,
    )
    assert len(site.asked) == asked
    assert await room.gather() == 2
    again, _, known = await room.adding.add(found.offer_id, found.position)
    assert (again.id, known, len(await room.sources.listed())) == (source.id, True, 1)


async def test_articles_without_a_text_in_the_feed_get_their_bullet_from_their_page(room: Newsroom, site: Site) -> None:
    for slug in ("ferry", "library", "bridge"):
        site.tell(slug, f"The {slug} opens at night")
    another(site, "/bare.xml", "bridge", "library", "ferry")
    site.pages["/robots.txt"] = (200, "text/plain", b"User-agent: *\nDisallow: /lib")
    bullets = [preview.bullet for preview in (await proposed(room, f"{site.url}/bare.xml")).sample.previews]
    assert [bullet is not None for bullet in bullets] == [True, False, True]
    assert "/library" not in site.asked


async def test_several_good_feeds_are_offered_and_one_is_looked_at(room: Newsroom, site: Site) -> None:
    offer = await several(room, site)
    assert [choice.title for choice in offer.choices] == ["feed", "sport"]
    found = await room.adding.preview(offer.id, 1)
    assert isinstance(found, Proposal)
    assert (found.sample.title, found.sample.entries, found.others) == ("Coast Daily", 2, 1)
    assert await room.sources.listed() == ()
    source, _, _ = await room.adding.add(offer.id, 1)
    assert source.url == f"{site.url}/sport.xml"
    assert (await room.adding.feeds(offer.id)).there == {1}
    again = await room.adding.preview(offer.id, 1)
    assert again == Known(source, 1, offer.id)
    with pytest.raises(UserError, match=UNKNOWN_NUMBER):
        await room.adding.add(offer.id, 2)


async def test_an_offer_holds_for_a_day_and_no_longer(room: Newsroom, site: Site, clock: Clock) -> None:
    offer = await several(room, site)
    clock.advance(seconds=24 * 3600 - 1)
    assert await room.adding.feeds(offer.id)
    clock.advance(seconds=1)
    for work in (room.adding.feeds(offer.id), room.adding.preview(offer.id, 0), room.adding.add(offer.id, 0)):
        with pytest.raises(UserError, match=EXPIRED[:30]):
            await work
    assert await room.sources.listed() == ()


async def test_offers_of_one_moment_have_numbers_of_their_own_and_are_bounded(room: Newsroom, site: Site) -> None:
    offer = await several(room, site)
    later = [await room.adding.look(site.url) for _ in range(201)]
    ids = {each.id for each in later if isinstance(each, Offer)}
    assert len(ids) == 201
    assert offer.id not in ids
    with pytest.raises(UserError):
        await room.adding.feeds(offer.id)


async def test_one_list_in_two_formats_is_one_feed(room: Newsroom, site: Site) -> None:
    site.tell("bridge", "Harbour bridge closed")
    site.pages["/same.xml"] = (200, FEED, site.feed())
    page(site, "/feed.xml", "/same.xml")
    assert (await proposed(room, site.url)).others == 0


async def test_the_lively_feed_is_proposed_and_the_sleeping_one_kept_for_a_button(room: Newsroom, site: Site) -> None:
    for number in range(5):
        site.tell(f"s{number}", f"Story {number}", datetime(2026, 11, 21, number, tzinfo=UTC))
    another(site, "/old.xml", "archive")
    page(site, "/old.xml", "/feed.xml")
    found = await proposed(room, site.url)
    assert found.others == 1
    assert [choice.url for choice in (await room.adding.feeds(found.offer_id)).choices] == [
        f"{site.url}/feed.xml",
        f"{site.url}/old.xml",
    ]
    source, others, _ = await room.adding.add(found.offer_id, 0)
    assert others == 1
    assert await room.adding.look(site.url) == Known(source, 1, found.offer_id + 1)


async def test_a_shell_that_cannot_be_asked_takes_the_first(room: Newsroom, site: Site) -> None:
    offer = await several(room, site)
    assert (await room.sources.add(site.url)).source.url == offer.choices[0].url


@pytest.mark.parametrize("spelling", ["{}/feed.xml/", "{}/feed.xml?utm_source=x", "{}/moved", "{}", "{bare}/feed.xml"])
async def test_other_spellings_are_the_same_source(room: Newsroom, site: Site, spelling: str) -> None:
    site.tell("bridge", "Harbour bridge closed")
    page(site, "/feed.xml")
    first = await room.sources.add(f"{site.url}/feed.xml")
    head = f"<html><head><meta http-equiv=refresh></head><link rel=alternate type={FEED} href=/feed.xml></html>"
    site.pages["/moved"] = (200, "text/html", head.encode())
    again = await room.adding.look(spelling.format(site.url, bare=site.url.removeprefix("http://")))
    assert isinstance(again, Known)
    assert (again.source.id, again.offer_id) == (first.source.id, None)
    assert len(await room.sources.listed()) == 1


async def test_a_usual_place_is_looked_at_where_a_page_names_no_feed(room: Newsroom, site: Site) -> None:
    site.pages["/"] = (200, "text/html", b"<html><body>News</body></html>")
    site.pages["/news"] = (200, "text/html", b"<html><body>News</body></html>")
    another(site, "/atom.xml", "ferry")
    found = await proposed(room, site.url)
    assert (await room.adding.feeds(found.offer_id)).choices[0].url == f"{site.url}/atom.xml"
    with pytest.raises(UserError, match="no feed"):  # a page of its own is not asked about its site
        await room.adding.look(f"{site.url}/news")


async def test_a_list_keeps_its_address_and_knows_its_source_again(room: Newsroom, site: Site) -> None:
    site.tell("bridge", "Harbour bridge closed")
    source, known = await room.sources.add_unseen(f"{site.url}/feed.xml?list=1", "Coast")
    assert (source.url, known) == (f"{site.url}/feed.xml?list=1", False)
    again, known = await room.sources.add_unseen(f"{site.url}/feed.xml?list=1")
    assert (again.id, known) == (source.id, True)
    assert await room.sources.there_among([f"{site.url}/none", f"{site.url}/feed.xml/?list=1"]) == {1}


async def test_pages_that_show_little_are_said_to(room: Newsroom, site: Site) -> None:
    site.tell("bridge", "Harbour bridge closed", paragraphs=1)
    assert (await proposed(room, f"{site.url}/feed.xml")).sample.full_text in (FullText.NOWHERE, None)


async def test_a_busy_host_is_said_and_not_asked(room: Newsroom, site: Site) -> None:
    page(site, "/feed.xml")
    room.gate.pause(site.url, 40)
    with pytest.raises(UserError, match=r"Its host is busy right now\. Try again in 40 seconds\."):
        await room.adding.look(site.url)
    assert site.asked == []
    room.gate.pause(site.url, 7000)
    with pytest.raises(UserError, match="in 117 minutes"):
        await room.sources.add(site.url.removeprefix("http://"))


async def test_feeds_whose_turn_would_come_too_late_are_not_taken_for_none(room: Newsroom, site: Site) -> None:
    page(site, "/one.xml", "/two.xml")
    site.pages["/one.xml"] = (429, "text/plain", b"slow down")
    site.headers["Retry-After"] = "90"
    with pytest.raises(UserError, match="busy"):
        await room.adding.look(site.url)
    assert site.asked == ["/", "/one.xml"]
