"""Pages end to end: whose text is taken, plain versions, parts, walls, and what the page adds to its entry."""

from datetime import UTC, datetime, timedelta
from html import escape

import pytest

from bot.domain.errors import HostBusy
from bot.domain.models import Article
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.visits import Visits
from bot.services.pages import MOST_WAIT_S, PAGE_ATTEMPTS, Pages
from bot.storage import articles, known
from bot.storage.database import Database
from bot.storage.sql import rows, run
from tests.conftest import Clock
from tests.services.conftest import InlineWorkers, KeptSender, Site, sentence
from tests.services.newsroom import Newsroom
from tests.storage.making import add_source, new_article

TITLE = "Harbour bridge closed"
LEAD, *REST = (sentence("the harbour bridge", n) for n in range(8))
TEASER = "The harbour bridge is closed, and nobody knows until when."
SCRIPT = "<div id='app'></div><script>build()</script>"
CONSENT = """<p>We and our partners use cookies and ask for your consent to personalised ads on this page.</p>
<p>You can accept all cookies, manage your choices, or reject those that need your consent.</p>
<p>See our privacy policy and the list of partners for how your consent is used.</p>"""


def html(body: str, head: str = "", lang: str = "en") -> bytes:
    return f"<html lang='{lang}'><head><title>{TITLE}</title>{head}</head><body>{body}</body></html>".encode()


def told(*paragraphs: str) -> str:
    return f"<article><h1>{TITLE}</h1>{''.join(f'<p>{escape(each)}</p>' for each in paragraphs)}</article>"


class Desk:
    """Reads one article of a site at `/a`; what comes of it."""

    def __init__(self, database: Database, site: Site, fetcher: Fetcher, clock: Clock) -> None:
        self.database, self.site, self.clock = database, site, clock
        self.visits = Visits(fetcher, clock)
        self.pages = Pages(database, self.visits, InlineWorkers(), clock)

    def serve(self, path: str, body: bytes) -> None:
        self.site.pages[path] = (200, "text/html; charset=utf-8", body)

    async def read(self, **entry: object) -> Article:
        """Store the entry, and read its page once."""
        async with self.database.write() as tx:
            source = await add_source(tx, self.clock())
            given = {"title": TITLE, "url": f"{self.site.url}/a", "text": TEASER, **entry}
            await articles.add_new(tx, source.id, [new_article("a", **given)], self.clock())
        await self.pages.read_pages()
        return await self.article()

    async def article(self) -> Article:
        async with self.database.read() as tx:
            found = await articles.get(tx, 1)
        assert found
        return found

    async def state(self) -> tuple[str, int]:
        async with self.database.read() as tx:
            (found,) = await rows(tx, "SELECT state, attempts FROM articles")
        return found["state"], found["attempts"]


@pytest.fixture
def desk(sqlite_database: Database, site: Site, fetcher: Fetcher, clock: Clock) -> Desk:
    return Desk(sqlite_database, site, fetcher, clock)


# ---- plain versions ----------------------------------------------------------------------------


@pytest.mark.parametrize("body", [SCRIPT, CONSENT, told("The bridge is closed.")], ids=["script", "consent", "little"])
async def test_where_a_page_has_little_its_amp_version_is_read(desk: Desk, body: str) -> None:
    desk.serve("/a", html(body, "<link rel='amphtml' href='/amp/a'>"))
    desk.serve("/amp/a", html(told(LEAD, *REST)))
    assert (await desk.read()).text == "\n".join((LEAD, *REST))
    assert desk.site.asked == ["/robots.txt", "/a", "/amp/a"]


async def test_a_page_that_has_its_text_is_enough(desk: Desk) -> None:
    desk.serve("/a", html(told(LEAD, *REST), "<link rel='amphtml' href='/amp/a'>"))
    await desk.read()
    assert desk.site.asked == ["/robots.txt", "/a"]


@pytest.mark.parametrize(
    "plain",
    [
        html(CONSENT),
        html(told("About the ferry timetable, and nothing but that.").replace(TITLE, "Ferries")).replace(
            b"bridge", b""
        ),
        html(told("Subscribe now to continue reading this article.")),
    ],
    ids=["consent", "another article", "wall"],
)
async def test_an_amp_version_that_is_no_better_is_not_taken(desk: Desk, plain: bytes) -> None:
    desk.serve("/a", html(SCRIPT, "<link rel='amphtml' href='/amp/a'>"))
    desk.serve("/amp/a", plain)
    assert (await desk.read()).text == TEASER


async def test_an_amp_version_that_is_not_there_leaves_the_page_s_text(desk: Desk) -> None:
    desk.serve("/a", html(told(LEAD), "<link rel='amphtml' href='/amp/a'>"))
    assert (await desk.read()).text == LEAD


# ---- parts -------------------------------------------------------------------------------------


def serve_parts(desk: Desk) -> None:
    for number, texts in enumerate((REST[:3], REST[3:5], REST[5:]), 1):
        links = "".join(f"<a href='/a/{n}'>{n}</a>" for n in (1, 2, 3))
        desk.serve("/a" if number == 1 else f"/a/{number}", html(told(*texts) + links))


async def test_the_parts_of_an_article_are_one_text(desk: Desk) -> None:
    serve_parts(desk)
    assert (await desk.read()).text == "\n".join(REST)


class Busy:
    """Visits at a host that is busy with everything but the first page, some times."""

    def __init__(self, visits: Visits, times: int, wait_s: float) -> None:
        self._visits, self.times, self._wait_s = visits, times, wait_s

    async def page(self, url: str) -> Fetched:
        if "/a/" in url and self.times:
            self.times -= 1
            raise HostBusy("Its host is to be left alone for a while.", None, self._wait_s)
        return await self._visits.page(url)


def make_busy(desk: Desk, times: int, wait_s: float = 60.0) -> None:
    serve_parts(desk)
    busy = Busy(desk.visits, times, wait_s)
    desk.pages = Pages(desk.database, busy, InlineWorkers(), desk.clock)  # type: ignore[arg-type]


async def test_a_part_whose_host_is_busy_is_waited_for(desk: Desk) -> None:
    make_busy(desk, 1)
    await desk.read()
    assert await desk.state() == ("found", 1)
    desk.clock.advance(seconds=59)
    assert await desk.pages.read_pages() == 0
    desk.clock.advance(seconds=1)
    assert await desk.pages.read_pages() == 1
    assert (await desk.article()).text == "\n".join(REST)


async def test_what_never_comes_is_not_waited_for_for_ever(desk: Desk) -> None:
    make_busy(desk, 99)
    await desk.read()
    for _ in range(PAGE_ATTEMPTS - 1):
        desk.clock.advance(seconds=60)
        await desk.pages.read_pages()
    assert await desk.state() == ("read", 0)
    assert (await desk.article()).text == "\n".join(REST[:3])


async def test_news_does_not_wait_for_a_host_that_rests_long(desk: Desk) -> None:
    make_busy(desk, 99, MOST_WAIT_S + 1)
    assert (await desk.read()).text == "\n".join(REST[:3])


# ---- whose text, and what the page adds --------------------------------------------------------


async def test_the_feed_s_text_stays_unless_the_page_has_half_as_much_again(desk: Desk) -> None:
    desk.serve("/a", html(told(LEAD, REST[0])))
    long = f"{LEAD} {REST[1]}"
    assert (await desk.read(text=long)).text == long


@pytest.mark.parametrize(
    "body",
    [CONSENT, told("Subscribe now to continue reading this article.", "One month for one pound.")],
    ids=["consent", "money"],
)
async def test_of_a_page_that_is_a_wall_nothing_is_taken(desk: Desk, body: str) -> None:
    desk.serve("/a", html(body))
    article = await desk.read()
    assert (article.text, article.image) == (TEASER, None)


async def test_of_a_paid_article_what_is_free_is_taken_and_nothing_of_the_wall(desk: Desk) -> None:
    desk.serve("/a", html(told(LEAD, REST[0], "Already a subscriber? Log in", "One month for one pound.")))
    assert (await desk.read()).text == f"{LEAD}\n{REST[0]}"


async def test_title_and_date_are_the_feed_s_and_the_page_fills_what_is_missing(desk: Desk) -> None:
    head = """<meta property="og:image" content="/lead.jpg"><meta name="author" content="Ann Roe">
        <meta property="og:title" content="Bridge shut!">
        <meta property="article:published_time" content="2026-11-20T10:00Z">"""
    desk.serve("/a", html(told(LEAD, *REST), head))
    at = datetime(2026, 11, 22, 6, tzinfo=UTC)
    article = await desk.read(published_at=at)
    assert (article.title, article.published_at) == (TITLE, at)
    assert (article.author, article.image) == ("Ann Roe", f"{desk.site.url}/lead.jpg")


async def test_what_the_feed_says_stays(desk: Desk) -> None:
    head = '<meta property="og:image" content="/lead.jpg"><meta name="author" content="Ann Roe">'
    desk.serve("/a", html(told(LEAD, *REST), head, "de"))
    article = await desk.read(author="Jo Doe", image="https://img.example/1", language="en-GB")
    assert (article.author, article.image, article.language) == ("Jo Doe", "https://img.example/1", "en-GB")


@pytest.mark.parametrize(
    ("said", "text", "language"),
    [("en", "Der Stadtrat hat am Sonntag beschlossen, dass die Brücke neu gebaut wird, und das kostet viel.", "de"),
     ("", "The council has decided on Sunday that the bridge in the harbour will be built again.", "en"),
     ("fr", "Bilbao 3, Sevilla 1. Getafe 2, Girona 2.", "fr")],
)  # fmt: skip
async def test_the_language_is_the_text_s_where_the_feed_says_none(
    desk: Desk, said: str, text: str, language: str
) -> None:
    desk.serve("/a", html(told(*(f"{text} ({n})" for n in range(4))).replace(TITLE, "Rat"), lang=said))
    assert (await desk.read(title="Rat", text="", language=None)).language == language


async def test_an_edited_article_s_page_is_read_again(
    sqlite_database: Database, site: Site, fetcher: Fetcher, sender: KeptSender, clock: Clock
) -> None:
    room = Newsroom(sqlite_database, fetcher, sender, clock)
    site.etags = False
    site.tell("a", TITLE, clock() - timedelta(hours=1))
    await room.sources.add(f"{site.url}/feed.xml")
    await room.gather()
    site.items.clear()
    site.tell("a", f"{TITLE} for good", clock() - timedelta(hours=1), paragraphs=9)
    clock.advance(seconds=1000)
    await room.gather()
    async with sqlite_database.read() as tx:
        article = await articles.get(tx, 1)
    assert article
    assert article.text.count("\n") == 8
    assert "for good" in article.text


@pytest.mark.parametrize(
    ("of_feed", "of_page", "kept"),
    [(None, "new", "new"), (None, None, "old"), ("feed", "new", "feed"), ("feed", None, "feed")],
)
async def test_after_an_edit_the_feed_s_image_goes_first_then_the_page_s_then_the_one_from_before(
    desk: Desk, clock: Clock, of_feed: str | None, of_page: str | None, kept: str
) -> None:
    def image(name: str | None) -> str | None:
        return name and f"https://coast.example/{name}.jpg"

    def serve(name: str | None) -> None:
        desk.serve("/a", html(told(LEAD), f"<meta property='og:image' content='{image(name)}'>" if name else ""))

    serve("old")
    assert (await desk.read()).image == image("old")
    serve(of_page)
    for feed, then in ((of_feed, kept), (None, of_page or kept)):
        async with desk.database.write() as tx:
            edited = new_article("a", url=f"{desk.site.url}/a", text=TEASER, image=image(feed))
            await known.edit(tx, 1, edited, clock())
        await desk.pages.read_pages()
        assert (await desk.article()).image == image(then)


@pytest.mark.parametrize(
    ("title", "text", "kept"),
    [(TITLE, "The harbour bridge is closed for good.", "before"), (TITLE, "\n".join(REST[:6]), "feed"),
     ("Ferry sails again", "The ferry sails.", "feed")],
    ids=["a teaser", "as much", "another matter"],
)  # fmt: skip
async def test_an_edit_whose_page_cannot_be_read_loses_no_text(
    desk: Desk, clock: Clock, title: str, text: str, kept: str
) -> None:
    desk.serve("/a", html(told(LEAD, *REST)))
    before = (await desk.read()).text
    desk.site.pages["/a"] = (404, "text/html", b"")
    async with desk.database.write() as tx:
        await run(tx, "UPDATE articles SET state = 'ready'")
        edited = new_article("a", url=f"{desk.site.url}/a", title=title, text=text)
        await known.edit(tx, 1, edited, clock())
    await desk.pages.read_pages()
    assert (await desk.article()).text == (before if kept == "before" else text)
