"""Sources are asked as their feeds, servers and hosts wish, on both databases, over real HTTP."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.models import ChatKind, ChatRef, Place, Source
from bot.feeds.fetch import Fetcher
from bot.feeds.hosts import HostGate
from bot.feeds.visits import Visits
from bot.services.work_off import work_off
from bot.storage import chats, sources
from bot.storage.database import Database
from tests.conftest import Clock
from tests.services.conftest import KeptSender, Site
from tests.services.newsroom import INTERVAL_S, Newsroom, begin

ADMIN = Place(ChatRef(1), ChatKind.PRIVATE, "Admin")
XML = "application/rss+xml"


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


async def only(room: Newsroom) -> Source:
    (source,) = await room.sources.listed()
    return source


async def wait_s(room: Newsroom, clock: Clock) -> float:
    return ((await only(room)).next_poll_at - clock()).total_seconds()


async def poll(room: Newsroom, clock: Clock) -> int:
    """Poll when the source is due."""
    clock.advance(seconds=max(await wait_s(room, clock), 0.0))
    return await room.ingest.poll_due()


async def test_a_short_cadence_is_kept_a_long_one_follows_the_source(room: Newsroom, site: Site, clock: Clock) -> None:
    site.tell("a", "Harbour bridge closed", clock() - timedelta(days=20))
    await room.sources.add(f"{site.url}/feed.xml", interval_s=5)
    assert 5 <= await wait_s(room, clock) <= 5.5
    await room.sources.remove((await only(room)).id)
    await room.sources.add(f"{site.url}/feed.xml", interval_s=900)
    assert 6 * 3600 <= await wait_s(room, clock) <= 6.6 * 3600
    for hour in range(20):
        site.tell(f"n{hour}", f"Tide table {hour}", clock() - timedelta(minutes=10 * hour))
    await poll(room, clock)
    assert 6 * 3600 > await wait_s(room, clock) >= 900


async def test_ttl_max_age_and_skipped_hours_are_kept_to_by_unchanged_polls_too(
    room: Newsroom, site: Site, clock: Clock
) -> None:
    site.head = "<ttl>120</ttl><skipHours><hour>10</hour><hour>11</hour></skipHours>"
    await begin(room, site, "Harbour bridge closed")
    assert (await only(room)).next_poll_at >= clock().replace(hour=12)  # two hours on is skipped: it is 8 now
    assert await poll(room, clock) == 0
    assert site.conditional == 1
    assert 7200 <= await wait_s(room, clock) <= 7920


async def test_a_host_that_asks_for_rest_gets_it_as_a_whole(room: Newsroom, site: Site, clock: Clock) -> None:
    for name in ("one", "two"):
        site.pages[f"/{name}.xml"] = (200, XML, site.feed())
        await room.sources.add(f"{site.url}/{name}.xml")
    site.pages["/one.xml"] = (503, "text/plain", b"later")
    site.headers["Retry-After"] = "3600"
    clock.advance(seconds=900)
    asked = len(site.asked)
    await room.ingest.poll_due()
    one, two = await room.sources.listed()
    assert site.asked[asked:] == ["/one.xml"]
    assert (one.errors, two.errors, two.last_error) == (1, 0, None)
    assert min(one.next_poll_at, two.next_poll_at) >= clock() + timedelta(seconds=3600)


async def test_requests_to_a_public_host_keep_their_distance(site: Site, fetcher: Fetcher, clock: Clock) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.advance(seconds=seconds)

    visits = Visits(fetcher, clock, HostGate(clock=lambda: clock().timestamp(), sleep=sleep))
    named = site.url.replace("127.0.0.1", "localhost")  # a name, so it is not known for an own host
    site.pages["/story"] = (200, "text/html", b"<p>story</p>")
    await visits.feed(f"{named}/feed.xml")
    await visits.page(f"{named}/story")
    await visits.feed(f"{named}/feed.xml")
    assert [round(seconds) for seconds in slept] == [1, 2]
    await visits.feed(f"{site.url}/feed.xml")
    await visits.feed(f"{site.url}/feed.xml")
    assert len(slept) == 2


async def test_a_permanent_move_is_adopted_at_its_second_sighting(room: Newsroom, site: Site, clock: Clock) -> None:
    await begin(room, site, "Harbour bridge closed")
    site.moves["/feed.xml"] = "/new.xml"
    site.pages["/new.xml"] = (200, XML, site.feed())
    await poll(room, clock)
    assert (await only(room)).url == f"{site.url}/feed.xml"
    await poll(room, clock)
    assert (await only(room)).url == f"{site.url}/new.xml"


@pytest.mark.parametrize("target", ["/new.xml", "/new.xml?utm_source=feed"])
async def test_a_move_to_where_another_source_is_is_said(room: Newsroom, site: Site, clock: Clock, target: str) -> None:
    await begin(room, site, "Harbour bridge closed")
    site.pages["/new.xml"] = (200, XML, site.feed())
    site.pages["/new.xml?utm_source=feed"] = (200, XML, site.feed())
    await room.sources.add(f"{site.url}/new.xml")
    site.moves["/feed.xml"] = target
    for _ in range(3):
        clock.advance(seconds=900)
        await room.ingest.poll_due()
    first, _ = await room.sources.listed()
    assert first.url == f"{site.url}/feed.xml"
    assert first.last_error == f"It moved to {site.url}{target}, where another source is."
    assert first.errors == 0


async def test_admins_hear_at_five_errors_and_after_a_week_once_each(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    async with room.database.write() as tx:
        await chats.ensure(tx, ADMIN, clock())
    site.link = site.url
    await begin(room, site, "Harbour bridge closed")
    site.pages["/feed.xml"] = (500, "text/plain", b"broken")
    for _ in range(4):
        await poll(room, clock)
    await room.tell()
    assert sender.texts == []
    for _ in range(12):
        await poll(room, clock)
        await room.tell()
    clock.advance(seconds=2)
    await room.tell()
    assert [text.rpartition(" ")[0] for text in sender.texts] == ["Coast Daily failed"] * 2
    assert sender.texts[0] == "Coast Daily failed 5"
    del site.pages["/feed.xml"]
    await poll(room, clock)
    assert (await only(room)).failing_since is None


async def test_a_source_that_is_gone_stops_and_admins_hear_of_it(
    room: Newsroom, site: Site, sender: KeptSender, clock: Clock
) -> None:
    async with room.database.write() as tx:
        await chats.ensure(tx, ADMIN, clock())
    site.link = site.url
    await begin(room, site, "Harbour bridge closed")
    site.pages["/feed.xml"] = (410, "text/plain", b"gone")
    await poll(room, clock)
    await room.tell()
    assert sender.texts == ["Coast Daily ended 1"]
    clock.advance(seconds=5 * 86_400)
    asked = len(site.asked)
    await room.ingest.poll_due()
    assert len(site.asked) == asked
    del site.pages["/feed.xml"]
    await room.sources.retry((await only(room)).id)
    await room.ingest.poll_due()
    assert (await only(room)).ended_at is None


async def test_pages_that_robots_txt_keeps_for_people_are_told_by_their_teaser(room: Newsroom, site: Site) -> None:
    site.pages["/robots.txt"] = (200, "text/plain", b"User-agent: *\nDisallow: /p")
    await begin(room, site)
    site.tell("private", "Harbour bridge closed")
    site.tell("open", "Library opens at night")
    await room.sources.retry(1)
    await room.gather()
    assert site.asked.count("/robots.txt") == 1
    assert "/open" in site.asked
    assert "/private" not in site.asked
    assert (await room.reading.latest()).total == 2


async def test_later_pages_of_an_article_stand_behind_its_first(room: Newsroom, site: Site) -> None:
    site.tell("story", "Harbour bridge closed")
    site.tell("second", "Divers search the piers")
    status, kind, page = site.pages["/story"]
    site.pages["/story"] = (status, kind, page.replace(b"</article>", b"</article><a href='/story/2'>2</a>"))
    site.pages["/story/2"] = site.pages["/second"]
    await room.sources.add(f"{site.url}/feed.xml")
    await room.ingest.read_pages()
    async with room.database.read() as tx:
        texts = (await tx.exec_driver_sql("SELECT text FROM articles WHERE url LIKE '%%/story'")).scalars().all()
    assert texts[0].index("about harbour bridge closed") < texts[0].index("about divers search the piers")


async def test_one_that_is_slow_holds_up_no_other() -> None:
    gate = asyncio.Event()
    due, done = ["slow", *"abcdef"], []

    async def claim(most: int) -> list[str]:
        taken, due[:] = due[:most], due[most:]
        return taken

    async def work(name: str) -> int:
        if name == "slow":
            await gate.wait()
        done.append(name)
        if name == "f":
            gate.set()
        return 1

    assert await work_off(claim, work, most=2) == 7
    assert done == [*"abcdef", "slow"]


async def test_waiting_for_a_turn_is_no_error(room: Newsroom, site: Site, clock: Clock) -> None:
    await begin(room, site, "Harbour bridge closed")
    site.pages["/feed.xml"] = (429, "text/plain", b"slow down")
    site.headers["Retry-After"] = "7200"
    await poll(room, clock)
    async with room.database.write() as tx:
        await sources.retry(tx, 1, clock())
    asked = len(site.asked)
    await room.ingest.poll_due()
    assert len(site.asked) == asked
    source = await only(room)
    assert source.errors == 1
    assert source.next_poll_at >= clock() + timedelta(seconds=7200)
    assert INTERVAL_S < 7200


async def test_the_list_counts_the_articles_of_a_week(room: Newsroom, site: Site, clock: Clock) -> None:
    site.tell("old", "Harbour bridge closed", clock() - timedelta(days=8))
    site.tell("new", "Library opens at night", clock() - timedelta(days=6))
    await room.sources.add(f"{site.url}/feed.xml")
    listed = await room.sources.page(0, 5)
    assert (listed.total, [source.articles_a_week for source in listed.sources]) == (1, [1])
    assert (await room.sources.page(1, 5)).sources == ()
