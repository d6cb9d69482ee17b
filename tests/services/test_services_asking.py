"""What readers and admins ask for: the newest, topics, sources found and refused."""

import pytest

from bot.domain.errors import UserError
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import Guard
from bot.feeds.visits import Visits
from bot.services.finding import NO_FEED, Finder
from bot.services.offers import Offer
from bot.services.sources import Sources
from bot.storage.database import Database
from tests.conftest import Clock
from tests.services.conftest import InlineWorkers, KeptSender, Site
from tests.services.newsroom import INTERVAL_S, Newsroom


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


async def told(room: Newsroom, site: Site, *titles: str) -> None:
    for number, title in enumerate(titles):
        site.tell(f"s{number}", title)
    await room.sources.add(f"{site.url}/feed.xml")
    while await room.gather():
        pass


async def test_latest_pages_through_all(room: Newsroom, site: Site) -> None:
    await told(room, site, *(f"Story {number}" for number in range(7)))
    first = await room.reading.latest(count=5)
    assert len(first.stories) == 5
    assert first.total > 5
    second = await room.reading.latest(offset=5, count=5)
    assert len(second.stories) == 2
    assert second.total == 7
    assert not {story.id for story in first.stories} & {story.id for story in second.stories}


async def test_latest_of_a_source_and_of_a_topic(room: Newsroom, site: Site) -> None:
    await told(room, site, "Harbour bridge closed", "Bakery wins prize")
    assert len((await room.reading.latest("coast")).stories) == 2
    found = await room.reading.latest("bakery")
    assert [story.title for story in found.stories] == ["Bakery wins prize"]
    assert found.topic_id is not None
    assert await room.reading.latest_again(found.topic_id, offset=0, count=5) == found
    assert await room.reading.latest_again(999, offset=0, count=5) is None


async def test_a_topic_matches_longer_words_and_any_case(room: Newsroom, site: Site) -> None:
    await told(room, site, "Syrian bakers meet in Aleppo", "Café opens", "Library opens")
    for words in ("syria", "SYRIA aleppo", "  aleppo "):
        assert [story.title for story in (await room.reading.topic(words)).stories] == ["Syrian bakers meet in Aleppo"]
    assert [story.title for story in (await room.reading.topic("cafe")).stories] == ["Café opens"]
    assert (await room.reading.topic("syria library")).stories == ()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("syrai", "syrian"),
        ("Allepo", "aleppo"),
        ("libary opens", "library opens"),
        ("zebra", None),
        ("Aleppo opens", None),
    ],
)
async def test_a_slip_of_the_finger_is_noticed(room: Newsroom, site: Site, typed: str, meant: str | None) -> None:
    await told(room, site, "Syrian bakers meet in Aleppo", "Library opens")
    found = await room.reading.topic(typed)
    assert (found.total, found.suggestion) == (0, meant)


async def test_a_title_counts_more_than_a_mention(room: Newsroom, site: Site) -> None:
    await told(room, site, "Bakery wins prize", "Library opens")
    site.tell("m", "Market day")
    page = site.pages["/m"]
    site.pages["/m"] = (*page[:2], page[2].replace(b"council", b"bakery"))
    async with room.database.write() as tx:
        await tx.exec_driver_sql("UPDATE sources SET next_poll_at_ms = 0")
    await room.gather()
    found = await room.reading.topic("bakery")
    assert [story.title for story in found.stories] == ["Bakery wins prize", "Market day"]


@pytest.mark.parametrize("words", ["", "  ", "!!!", "x" * 4096])
async def test_t71_topics_that_are_none_are_refused(room: Newsroom, words: str) -> None:
    with pytest.raises(UserError):
        await room.reading.topic(words)


@pytest.mark.parametrize(
    "words", ["' OR 1=1 --", '"', "zebra AND", "-x", "*", "(" * 90, "%", "_", "NEAR(a b)", "title:x"]
)
async def test_t72_t73_t74_query_syntax_is_text(room: Newsroom, site: Site, words: str) -> None:
    await told(room, site, "Harbour bridge closed")
    try:
        assert (await room.reading.topic(words)).stories == ()
    except UserError:
        assert not any(char.isalnum() for char in words)


async def test_a_site_address_leads_to_its_feed(room: Newsroom, site: Site) -> None:
    site.tell("a", "Harbour bridge closed")
    head = (
        "<link rel=alternate type=application/rss+xml title=News href=/feed.xml>"
        "<link rel=alternate type=application/rss+xml title=More href=/more.xml>"
    )
    site.pages["/"] = (200, "text/html", f"<html><head>{head}</head></html>".encode())
    site.pages["/more.xml"] = (
        200,
        "application/rss+xml",
        site.feed().replace(b"bridge", b"festival").replace(b"/a", b"/b"),
    )
    added = await room.sources.add(f"{site.url}/")
    assert (added.source.title, added.known, added.entries) == ("Coast Daily", False, 1)
    again = await room.sources.add(f"{site.url}/feed.xml")
    assert again.known
    assert again.source.id == added.source.id
    assert await room.sources.there(f"{site.url}/feed.xml/?utm_source=x") == again.source
    offer = await room.adding.look(f"{site.url}/")
    assert isinstance(offer, Offer)
    assert await room.adding.feeds(offer.id) == offer
    assert offer.there == {0}
    assert len(await room.sources.listed()) == 1


async def test_refusals_are_one_sentence_and_add_nothing(room: Newsroom, site: Site) -> None:
    site.pages["/page"] = (200, "text/html", b"<html><body><p>Nothing here.</p></body></html>")
    for address, says in (
        (f"{site.url}/page", NO_FEED),
        (f"{site.url}/none", "404"),
        ("gopher://x.example/", "not one that sources may use"),
    ):
        with pytest.raises(UserError, match=says):
            await room.sources.add(address)
    assert await room.sources.listed() == ()


async def test_a_forbidden_address_is_never_connected_to(database: Database, site: Site, clock: Clock) -> None:
    fetcher = Fetcher(Guard(()), user_agent="tests")
    sources = Sources(database, Finder(Visits(fetcher, clock), InlineWorkers(), clock), clock, 900)
    with pytest.raises(UserError):
        await sources.add(f"{site.url}/feed.xml")
    await fetcher.close()
    assert site.asked == []


async def test_removal_can_be_taken_back(room: Newsroom, site: Site) -> None:
    await told(room, site, "Harbour bridge closed")
    source = await room.sources.find("1")
    address = f"{site.url}/feed.xml"
    for wanted in (
        address,
        address.removeprefix("http://"),
        f"{address}/?utm_source=x",
        "coast.example",
        "coast.example/",
    ):
        assert await room.sources.find(wanted) == source
    assert await room.sources.remove(source.id) is not None
    assert await room.sources.remove(source.id) is None
    assert (await room.reading.latest()).stories == ()
    assert await room.sources.restore(source.id) is not None
    assert len((await room.reading.latest()).stories) == 1
    for wanted in ("99", "9" * 99, "https://other.example/", "\0", "x" * 5000, "²"):
        with pytest.raises(UserError, match="no source"):
            await room.sources.find(wanted)


async def test_a_source_may_have_an_interval_of_its_own(room: Newsroom, site: Site) -> None:
    site.tell("a", "Harbour bridge closed")
    assert (await room.sources.add(f"{site.url}/feed.xml", interval_s=5)).source.interval_s == 5
    site.pages["/other.xml"] = (200, "application/rss+xml", site.feed())
    assert (await room.sources.add(f"{site.url}/other.xml")).source.interval_s == INTERVAL_S


async def test_check_says_how_a_source_is(room: Newsroom, site: Site) -> None:
    await told(room, site, "Harbour bridge closed")
    source = await room.sources.find("1")
    assert await room.sources.check(source) == 1
    site.pages["/feed.xml"] = (410, "text/plain", b"gone")
    with pytest.raises(UserError, match="410"):
        await room.sources.check(source)
