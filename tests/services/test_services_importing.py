"""OPML lists: what was added, known and dead, and who waits for whom."""

import asyncio

import pytest

from bot.domain.errors import HostBusy, UserError
from bot.domain.models import FeedLink
from bot.feeds.fetch import Fetcher
from bot.feeds.opml import write_opml
from bot.services.importing import AT_ONCE, MOST_WAIT_S, Importing
from bot.storage.database import Database
from tests.conftest import Clock
from tests.services.conftest import InlineWorkers, KeptSender, Site
from tests.services.newsroom import Newsroom


@pytest.fixture
def room(sqlite_database: Database, fetcher: Fetcher, sender: KeptSender, clock: Clock) -> Newsroom:
    return Newsroom(sqlite_database, fetcher, sender, clock)


@pytest.fixture
def importing(room: Newsroom) -> Importing:
    return Importing(room.sources, InlineWorkers())


def opml(*urls: str) -> bytes:
    outlines = "".join(f"<outline text='Feed {n}' xmlUrl='{url}'/>" for n, url in enumerate(urls))
    return f"<opml version='2.0'><body>{outlines}</body></opml>".encode()


class Told:
    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []

    async def __call__(self, done: int, total: int) -> None:
        self.steps.append((done, total))


async def test_a_list_is_added_and_each_failure_told(room: Newsroom, importing: Importing, site: Site) -> None:
    site.tell("bridge", "Harbour bridge closed")
    site.pages["/page"] = (200, "text/html", b"<html><body>Nothing</body></html>")
    await room.sources.add(f"{site.url}/feed.xml?known=1")
    given = opml(
        f"{site.url}/feed.xml?known=1&amp;utm_source=x",
        f"{site.url}/feed.xml?new=1",
        f"{site.url}/none.xml",
        f"{site.url}/page",
        "http://10.0.0.1/feed",
        "file:///etc/passwd",
        "http://[::1",
    )
    told = Told()
    report = await importing.run(given, told)
    assert (report.added, report.known, len(report.dead)) == (1, 1, 5)
    assert [dead.link.title for dead in report.dead] == [f"Feed {n}" for n in range(2, 7)]
    assert "404" in report.dead[0].why
    assert "no feed" in report.dead[1].why
    assert told.steps == [(n, 7) for n in range(1, 8)]
    again = await importing.run(given, Told())
    assert (again.added, again.known) == (0, 2)


async def test_what_was_exported_is_known(room: Newsroom, importing: Importing, site: Site) -> None:
    site.tell("bridge", "Harbour bridge closed")
    await importing.run(opml(*(f"{site.url}/feed.xml?n={n}" for n in range(3))), Told())
    exported = write_opml(await room.sources.listed()).encode()
    report = await importing.run(exported, Told())
    assert (report.added, report.known, report.dead) == (0, 3, ())


async def test_t60_no_list_is_refused_in_a_sentence(importing: Importing) -> None:
    for document in (
        b"",
        b"\0" * 100,
        b"<html></html>",
        b"<opml><body/></opml>",
        b"<opml" * 9_999,
        b" " * (5 << 20 | 1),
    ):
        with pytest.raises(UserError, match=r"list|OPML"):
            await importing.run(document, Told())


async def test_t31_t33_entities_of_a_list_are_not_expanded(importing: Importing, site: Site) -> None:
    bomb = "".join(f"<!ENTITY e{n + 1} '{f'&e{n};' * 10}'>" for n in range(9))
    head = f"<!DOCTYPE opml [<!ENTITY e0 'ha'>{bomb}<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
    document = f"{head}<opml><body><outline text='&e9;&f;' xmlUrl='{site.url}/none'/></body></opml>"
    report = await importing.run(document.encode(), Told())
    assert "root:" not in (report.dead[0].link.title or "")
    assert len(report.dead[0].link.title or "") < 1000


async def test_one_host_is_read_one_by_one_and_hosts_side_by_side(
    room: Newsroom, importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: list[str] = []
    most = 0
    meeting = asyncio.Barrier(AT_ONCE)

    async def add(url: str, _: str | None = None, *, patience_s: float) -> tuple[None, bool]:
        nonlocal most
        host = url.split("/")[2]
        assert patience_s > 1
        assert host not in running
        running.append(host)
        most = max(most, len(running))
        await meeting.wait()
        running.remove(host)
        return None, False

    monkeypatch.setattr(room.sources, "add_unseen", add)
    urls = [f"http://h{host}.example/{n}" for host in range(AT_ONCE) for n in range(3)]
    report = await importing.run(opml(*urls), Told())
    assert report.added == len(urls)
    assert most == AT_ONCE


class Hosts:
    """An `add_unseen` whose hosts are busy until their time has come, and the sleep that makes it come."""

    def __init__(self, **free_at: float) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self._free_at = free_at

    async def add(self, url: str, _: str | None = None, *, patience_s: float) -> tuple[None, bool]:
        wait_s = self._free_at.get(url.split("/")[2], 0.0) - self.now
        if wait_s > patience_s:
            raise HostBusy("Busy.", None, wait_s)
        self.asked.append(url)
        return None, False

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def test_busy_hosts_are_come_back_to_and_what_was_not_tried_is_not_dead(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts = Hosts(soon=30, later=100, tomorrow=9999)
    monkeypatch.setattr(room.sources, "add_unseen", hosts.add)
    urls = [f"http://{host}/{n}" for host in ("tomorrow", "soon", "later", "free") for n in range(2)]
    told = Told()
    report = await Importing(room.sources, InlineWorkers(), hosts.sleep).run(opml(*urls), told)
    assert (report.added, report.known, report.dead) == (6, 0, ())
    assert report.untried == tuple(FeedLink(url, f"Feed {n}") for n, url in enumerate(urls[:2]))
    assert [url.split("/")[2] for url in hosts.asked] == ["free"] * 2 + ["soon"] * 2 + ["later"] * 2
    assert hosts.asked[2:4] == ["http://soon/1", "http://soon/0"]
    assert hosts.now <= MOST_WAIT_S
    assert told.steps == [(n, 8) for n in range(1, 7)]


async def test_a_host_that_asks_for_a_pause_in_the_middle_of_a_list(
    room: Newsroom, importing: Importing, site: Site
) -> None:
    site.pages["/busy.xml"] = (429, "text/plain", b"slow down")
    site.headers["Retry-After"] = "7200"
    report = await importing.run(opml(f"{site.url}/busy.xml", f"{site.url}/feed.xml", "http://10.0.0.1/"), Told())
    assert [dead.link.title for dead in report.dead] == ["Feed 2"]
    assert [link.title for link in report.untried] == ["Feed 0", "Feed 1"]
    assert site.asked == ["/busy.xml"]


async def test_a_feed_that_always_asks_for_a_moment_is_asked_a_few_times_and_holds_up_no_other(
    room: Newsroom, site: Site
) -> None:
    site.tell("bridge", "Harbour bridge closed")
    site.pages["/busy.xml"] = (429, "text/plain", b"slow down")
    site.headers["Retry-After"] = "3"
    importing = Importing(room.sources, InlineWorkers(), room.gate._sleep)
    report = await importing.run(opml(f"{site.url}/busy.xml", f"{site.url}/feed.xml"), Told())
    assert report.added == 1
    assert [link.title for link in report.untried] == ["Feed 0"]
    assert 3 <= site.asked.count("/busy.xml") <= 7
