"""WebSub with a hub on loopback, on both databases: asked, verified, pushed, renewed, distrusted."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import ClientSession, web

from bot.feeds.fetch import Fetcher
from bot.services.pushes import Pushes
from bot.storage.database import Database
from bot.storage.hubs import Hub, called, pushing
from bot.web.server import HttpPort
from tests.conftest import Clock
from tests.services.conftest import PLACE, KeptSender, Site
from tests.services.newsroom import EVERYTHING_NOW, Newsroom, begin
from tests.services.test_services_adding import page


class HubServer:
    """Takes subscriptions and asks back."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.url = ""

    async def subscribe(self, request: web.Request) -> web.Response:
        self.forms.append({name: str(value) for name, value in (await request.post()).items()})
        return web.Response(status=202)

    async def move(self, request: web.Request) -> web.Response:
        return web.Response(status=308, headers={"Location": "/hub"})

    async def ask_back(self, **changes: str) -> tuple[int, str]:
        form = self.forms[-1]
        query = {"hub.mode": "subscribe", "hub.topic": form["hub.topic"], "hub.challenge": "c1", **changes}
        async with ClientSession() as session, session.get(form["hub.callback"], params=query) as answer:
            return answer.status, await answer.text()

    async def push(self, body: bytes, secret: str) -> int:
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature": signature, "Content-Type": "application/rss+xml"}
        url = self.forms[-1]["hub.callback"]
        async with ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            return answer.status


@pytest.fixture
async def hub() -> AsyncIterator[HubServer]:
    hub = HubServer()
    app = web.Application()
    for path in ("/hub", "/other"):
        app.router.add_post(path, hub.subscribe)
    app.router.add_post("/moved", hub.move)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hub"
    yield hub
    await runner.cleanup()


@pytest.fixture
def room(database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(database, fetcher, sender, clock)


class Late:
    """What hubs call, known after the port is."""

    pushes: Pushes

    async def verify(self, *args: object) -> str | None:
        return await self.pushes.verify(*args)  # type: ignore[arg-type]

    async def take(self, *args: object) -> bool:
        return await self.pushes.take(*args)  # type: ignore[arg-type]


@pytest.fixture
async def pushes(room: Newsroom, fetcher: Fetcher, clock: Clock) -> AsyncIterator[Pushes]:
    late = Late()
    port = HttpPort(("127.0.0.1", 0), {}, hubs=late)
    host, number = await port.start()
    late.pushes = Pushes(room.database, fetcher, room.ingest, clock, f"http://{host}:{number}/")
    yield late.pushes
    await port.stop()


async def pushed_feed(room: Newsroom, site: Site, hub: HubServer, pushes: Pushes) -> Hub:
    """A source whose hub pushes."""
    site.head = f"<link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{hub.url}'/>"
    await begin(room, site, "Harbour bridge closed")
    assert await pushes.ask_hubs() == 1
    assert await pushes.ask_hubs() == 0
    assert await hub.ask_back() == (200, "c1")
    async with room.database.read() as tx:
        known = await called(tx, hub.forms[0]["hub.callback"].rpartition("/")[2])
    assert known is not None
    return known


async def test_a_signed_push_is_told_at_once_and_polls_become_daily(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, sender: KeptSender, clock: Clock
) -> None:
    known = await pushed_feed(room, site, hub, pushes)
    await room.subscriptions.subscribe(PLACE, EVERYTHING_NOW)
    await room.tell()
    clock.advance(seconds=1)
    site.tell("second", "Library opens at night")
    asked = site.asked.count("/feed.xml")
    assert await hub.push(site.feed(), known.secret) == 202
    await room.ingest.read_pages()
    await room.condense.condense_new()
    await room.tell()
    assert sender.texts == ["Harbour bridge closed", "Library opens at night"]
    assert site.asked.count("/feed.xml") == asked
    clock.advance(seconds=900)
    await room.gather()
    (source,) = await room.sources.listed()
    assert source.next_poll_at >= clock() + timedelta(days=1)


async def test_whoever_goes_on_with_it_hears_of_a_push_at_once(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, fetcher: Fetcher, clock: Clock
) -> None:
    await pushed_feed(room, site, hub, pushes)
    heard: list[bool] = []
    again = Pushes(room.database, fetcher, room.ingest, clock, "http://us.example/", lambda: heard.append(True))
    assert not await again.take("nobodys", site.feed(), None, None)
    assert heard == []
    assert await again.take(hub.forms[0]["hub.callback"].rpartition("/")[2], site.feed(), None, None)
    assert heard == [True]


async def test_an_unsigned_push_only_means_to_look(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock
) -> None:
    await pushed_feed(room, site, hub, pushes)
    clock.advance(seconds=900)
    await room.gather()
    forged = site.feed().replace(b"Harbour", b"Forged").replace(b"<guid>", b"<guid>x")
    assert await hub.push(forged, "guessed") == 202
    (source,) = await room.sources.listed()
    assert source.next_poll_at <= clock() + timedelta(seconds=source.interval_s)
    assert (await room.reading.latest()).total == 1


async def test_nobody_subscribes_us_to_what_we_did_not_ask_for(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes
) -> None:
    await pushed_feed(room, site, hub, pushes)
    assert (await hub.ask_back(**{"hub.topic": "http://other.example/"}))[0] == 404
    assert (await hub.ask_back(**{"hub.mode": "unsubscribe"}))[0] == 404
    hub.forms[-1]["hub.callback"] += "x"
    assert (await hub.ask_back())[0] == 404
    assert await hub.push(b"<rss/>", "s") == 410


async def test_a_lease_is_renewed_before_it_ends_and_a_refusal_means_polling(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock
) -> None:
    await pushed_feed(room, site, hub, pushes)
    assert await hub.ask_back(**{"hub.lease_seconds": "100000"}) == (200, "c1")
    clock.advance(seconds=79_000)
    assert await pushes.ask_hubs() == 0
    clock.advance(seconds=2000)
    assert await pushes.ask_hubs() == 1
    assert await hub.ask_back(**{"hub.mode": "denied"}) == (200, "")
    await room.gather()
    (source,) = await room.sources.listed()
    assert source.next_poll_at < clock() + timedelta(hours=1)


async def test_a_hub_is_told_of_a_removal_and_asked_again_after_its_undoing(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock
) -> None:
    known = await pushed_feed(room, site, hub, pushes)
    clock.advance(seconds=1)
    await room.sources.remove(known.source_id)
    assert await pushes.ask_hubs() == 1
    form = hub.forms[-1]
    assert form == {
        "hub.callback": hub.forms[0]["hub.callback"],
        "hub.mode": "unsubscribe",
        "hub.topic": hub.forms[0]["hub.topic"],
    }
    assert (await hub.ask_back())[0] == 404  # nobody wants it any more
    assert (await hub.ask_back(**{"hub.mode": "unsubscribe", "hub.topic": "http://other.example/"}))[0] == 404
    assert await hub.ask_back(**{"hub.mode": "unsubscribe"}) == (200, "c1")
    assert await hub.push(site.feed(), known.secret) == 410
    clock.advance(seconds=86_400)
    assert await pushes.ask_hubs() == 0
    await room.sources.restore(known.source_id)
    await room.ingest.poll_due()
    assert await pushes.ask_hubs() == 1
    assert hub.forms[-1]["hub.mode"] == "subscribe"
    assert hub.forms[-1]["hub.callback"] != form["hub.callback"]  # so that the end of that one ends nothing here
    assert (await hub.ask_back(**{"hub.mode": "unsubscribe"}))[0] == 404
    assert await hub.ask_back() == (200, "c1")
    assert await hub.push(site.feed(), known.secret) == 202


async def test_after_an_undoing_the_hub_is_asked_anew_and_the_old_subscription_ended(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock
) -> None:
    known = await pushed_feed(room, site, hub, pushes)
    await room.sources.remove(known.source_id)
    await room.sources.restore(known.source_id)
    await room.ingest.poll_due()
    assert await pushes.ask_hubs() == 2
    assert [form["hub.mode"] for form in hub.forms[1:]] == ["subscribe", "unsubscribe"]
    async with room.database.read() as tx:
        assert not await pushing(tx, [known.source_id], clock())
    hub.forms.pop()
    assert await hub.ask_back() == (200, "c1")
    async with room.database.read() as tx:
        assert await pushing(tx, [known.source_id], clock())


async def test_a_hub_that_was_lost_is_told_ever_more_rarely_and_no_longer_than_its_lease(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock
) -> None:
    known = await pushed_feed(room, site, hub, pushes)
    assert await hub.ask_back(**{"hub.lease_seconds": "100000"}) == (200, "c1")
    clock.advance(seconds=1)
    await room.sources.remove(known.source_id)
    asked: list[int] = []
    for hour in range(36):
        if await pushes.ask_hubs():
            asked.append(hour)
        clock.advance(seconds=3600)
    assert asked == [0, 1, 2, 4, 8, 16]
    assert {form["hub.mode"] for form in hub.forms[1:]} == {"unsubscribe"}


async def test_a_hub_that_never_asks_back_is_asked_once_a_day_in_the_end(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock
) -> None:
    site.head = f"<link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{hub.url}'/>"
    await begin(room, site, "Harbour bridge closed")
    asked: list[int] = []
    for hour in range(60):
        if await pushes.ask_hubs():
            asked.append(hour)
        clock.advance(seconds=3600)
    assert asked == [0, 1, 2, 4, 8, 16, 32, 56]
    (source,) = await room.sources.listed()
    assert source.next_poll_at < clock()  # nobody pushes, so it is polled as ever


async def test_a_source_that_is_read_from_elsewhere_has_no_hub_until_it_names_one(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes
) -> None:
    site.link = site.url
    known = await pushed_feed(room, site, hub, pushes)
    (source,) = await room.sources.listed()
    site.head = ""
    site.pages["/moved.xml"] = (200, "application/rss+xml", site.feed())
    page(site, "/moved.xml")
    move = await room.moves.look(source)
    assert move is not None
    await room.moves.switch(move.offer_id)
    assert await hub.push(site.feed(), known.secret) == 410
    await ends(hub, pushes)


async def ends(hub: HubServer, pushes: Pushes) -> None:
    """The first subscription is ended, and the hub is told so until it agrees."""
    first = hub.forms[0]
    assert await pushes.ask_hubs() >= 1
    (form,) = (form for form in hub.forms if form["hub.mode"] == "unsubscribe")
    assert (form["hub.callback"], form["hub.topic"]) == (first["hub.callback"], first["hub.topic"])
    hub.forms.append(form)
    assert (await hub.ask_back())[0] == 404
    assert await hub.ask_back(**{"hub.mode": "unsubscribe"}) == (200, "c1")
    assert (await hub.ask_back(**{"hub.mode": "unsubscribe"}))[0] == 404


@pytest.mark.parametrize(
    "head",
    ["<link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{0}/other'/>",
     ("<link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{0}/hub'/>"
      "<link xmlns='http://www.w3.org/2005/Atom' rel='self' href='{0}/as-it-is-called-now'/>")],
    ids=["hub", "topic"],
)  # fmt: skip
async def test_where_the_hub_or_the_topic_changes_the_old_subscription_is_ended(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock, head: str
) -> None:
    known = await pushed_feed(room, site, hub, pushes)
    site.head = head.format(hub.url.removesuffix("/hub"))
    site.tell("second", "Library opens at night")
    clock.advance(seconds=25 * 3600)
    assert await room.ingest.poll_due() == 1
    assert await hub.push(site.feed(), known.secret) == 410
    assert await pushes.ask_hubs() == 2
    asked = hub.forms[-2]
    assert asked["hub.mode"] == "subscribe"
    hub.forms[1:] = [form for form in hub.forms[1:] if form["hub.mode"] == "subscribe"]
    clock.advance(seconds=3600)
    await ends(hub, pushes)
    hub.forms.append(asked)
    assert await hub.ask_back() == (200, "c1")


async def test_a_hub_that_was_only_asked_is_left_without_a_word(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock
) -> None:
    site.head = f"<link xmlns='http://www.w3.org/2005/Atom' rel='hub' href='{hub.url}'/>"
    await begin(room, site, "Harbour bridge closed")
    assert await pushes.ask_hubs() == 1
    await room.sources.remove((await room.sources.listed())[0].id)
    clock.advance(seconds=3600)
    assert await pushes.ask_hubs() == 0
    assert (await hub.ask_back())[0] == 404


async def test_a_hub_that_moved_is_followed(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock
) -> None:
    hub.url = hub.url.replace("/hub", "/moved")
    known = await pushed_feed(room, site, hub, pushes)
    assert known.hub == hub.url
    assert await hub.push(site.feed(), known.secret) == 202


async def test_a_hub_that_refuses_to_go_on_after_a_removal_needs_not_be_told_again(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock
) -> None:
    known = await pushed_feed(room, site, hub, pushes)
    await room.sources.remove(known.source_id)
    assert await hub.ask_back(**{"hub.mode": "denied"}) == (200, "")
    assert await pushes.ask_hubs() == 0


async def test_a_feed_that_names_its_hub_no_more_is_polled_as_before(
    room: Newsroom, site: Site, hub: HubServer, pushes: Pushes, clock: Clock
) -> None:
    known = await pushed_feed(room, site, hub, pushes)
    site.head = ""
    site.tell("second", "Library opens at night")
    clock.advance(seconds=25 * 3600)
    assert await room.ingest.poll_due() == 1
    assert await hub.push(site.feed(), known.secret) == 410
    await ends(hub, pushes)
    (source,) = await room.sources.listed()
    assert source.next_poll_at - clock() < timedelta(hours=7)
