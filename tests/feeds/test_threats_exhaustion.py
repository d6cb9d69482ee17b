"""THREATS T31–T48: what is made to cost time or memory, first on the wire, then in the parsers.

The parsers run as in the service: in a process with a time and a memory limit, which these inputs must not even need.
"""

import asyncio
import gzip
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from pebble import ProcessPool

from bot.domain.errors import NotAFeed, NotAPage, SourceError
from bot.domain.models import Feed, Page
from bot.engine.workers import end_pool, start_pool
from bot.feeds.extract import extract_page
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import Guard
from bot.feeds.identity import new_articles
from bot.feeds.parse import parse_feed
from bot.feeds.repair import repaired
from tests.feeds.conftest import LOOPBACK, Web, answer

T = TypeVar("T")
MB = 1 << 20
LIMIT_S = 10.0
MOST_MB = 250


# ---- on the wire -------------------------------------------------------------------------------


async def refusal(fetcher: Fetcher, url: str, **limits: float) -> SourceError:
    with pytest.raises(SourceError) as refused:
        await fetcher.get(url, **limits)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    assert "127.0.0" not in str(refused.value)
    return refused.value


async def test_t34_a_gzip_bomb_is_held_off_while_it_unpacks(web: Web, fetcher: Fetcher) -> None:
    web.pages["/"] = answer(200, gzip.compress(bytes(100 * MB), 9), Content_Encoding="gzip")
    tracemalloc.start()
    try:
        error = await refusal(fetcher, f"{web.origin}/", most_bytes=2 * MB)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert "larger than 2 MiB" in str(error)
    assert peak < 8 * MB


async def test_t34_a_gzip_body_within_the_limit_is_read(web: Web, fetcher: Fetcher) -> None:
    packed = gzip.compress(b"first ") + gzip.compress(b"second") + b"rubbish"
    web.pages["/"] = answer(200, packed, Content_Encoding="gzip")
    assert (await fetcher.get(f"{web.origin}/")).body == b"first second"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip\r\nContent-Encoding: gzip", "deflate, gzip"])
async def test_t35_stacked_encodings(encoding: str, web: Web, fetcher: Fetcher) -> None:
    web.pages["/"] = answer(200, gzip.compress(gzip.compress(b"<rss/>")), Content_Encoding=encoding)
    assert "compression" in str(await refusal(fetcher, f"{web.origin}/"))


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "deflate"])
async def test_t36_only_gzip_is_asked_for_and_taken(encoding: str, web: Web, fetcher: Fetcher) -> None:
    web.pages["/"] = answer(200, zlib.compress(b"<rss/>"), Content_Encoding=encoding)
    assert "compression" in str(await refusal(fetcher, f"{web.origin}/"))
    assert "accept-encoding: gzip\r\n" in web.asked[0].lower()


async def test_t37_a_body_of_1_gb_by_its_length(web: Web, fetcher: Fetcher) -> None:
    web.pages["/"] = b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" + bytes(MB)
    assert "larger than" in str(await refusal(fetcher, f"{web.origin}/", most_bytes=4 * MB))


async def test_t37_a_body_of_1_gb_without_length(web: Web, fetcher: Fetcher) -> None:
    written = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while written < 1 << 30:
            writer.write(bytes(MB))
            await writer.drain()
            written += MB

    web.pages["/"] = endless
    assert "larger than" in str(await refusal(fetcher, f"{web.origin}/", most_bytes=4 * MB))
    assert written < 64 * MB


async def test_t38_a_byte_now_and_then(web: Web, fetcher: Fetcher) -> None:
    async def trickle(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(100_000):
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.01)

    web.pages["/"] = trickle
    assert "in time" in str(await refusal(fetcher, f"{web.origin}/", total_s=0.3))


async def test_t39_endless_headers(web: Web, fetcher: Fetcher) -> None:
    written = 0

    async def headers(writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while written < 20_000_000:
            writer.write(b"X-Filler: yes\r\n" * 10_000)
            await writer.drain()
            written += 10_000

    web.pages["/"] = headers
    assert "HTTP" in str(await refusal(fetcher, f"{web.origin}/"))
    web.pages["/long"] = b"HTTP/1.1 200 OK\r\nX-Long: " + b"y" * 1_000_000 + b"\r\n\r\n"
    assert "HTTP" in str(await refusal(fetcher, f"{web.origin}/long"))
    assert written < 2_000_000


async def test_t40_silence_after_the_connection(web: Web, fetcher: Fetcher) -> None:
    async def silent(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    web.pages["/"] = silent
    assert "in time" in str(await refusal(fetcher, f"{web.origin}/", total_s=0.2))


async def test_t40_silence_instead_of_tls(web: Web) -> None:
    hasty = Fetcher(Guard(LOOPBACK), connect_s=0.2)
    assert "in time" in str(await refusal(hasty, f"https://127.0.0.1:{web.port}/"))
    assert web.connections == 1
    await hasty.close()


# ---- in the parsers ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    made = start_pool(1, MOST_MB)
    yield made
    end_pool(made)


Run = Callable[..., Feed]


@pytest.fixture
def parsed(pool: ProcessPool) -> Run:
    def run(body: bytes, **options: object) -> Feed:
        feed: Feed = pool.schedule(parse_feed, args=(body,), kwargs=options, timeout=LIMIT_S).result()
        return feed

    return run


def rss(items: str, prolog: str = "") -> bytes:
    return f'{prolog}<rss version="2.0"><channel><title>Harbour</title>{items}</channel></rss>'.encode()


def item(title: str = "Ferry returns", body: str = "It is back.", more: str = "") -> str:
    return f"<item><title>{title}</title><description>{body}</description>{more}</item>"


def laughs() -> str:
    levels = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    return f'<!DOCTYPE rss [<!ENTITY l0 "ha">{"".join(levels)}]>'


def test_t31_billion_laughs(parsed: Run) -> None:
    feed = parsed(rss(item("&l9;"), laughs()))
    assert "haha" not in feed.entries[0].title


def test_t32_quadratic_entities(parsed: Run) -> None:
    prolog = f'<!DOCTYPE rss [<!ENTITY a "{"x" * 100_000}"><!ENTITY b "{"y" * 190}">]>'
    feed = parsed(rss(item(body="&a;" * 4000) + item(body="&b;" * 100_000), prolog))
    assert "xxx" not in (feed.entries[0].summary or "")
    assert len(feed.entries[1].summary or "") <= 20_000


def test_t33_nothing_outside_is_read(parsed: Run) -> None:
    inside = rss(item("A&x;B"), '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>')
    assert parsed(inside).entries[0].title == "A&x;B"
    dtd = rss(item(), '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">')
    assert parsed(dtd).entries[0].title == "Ferry returns"


@pytest.mark.parametrize("body", [b"/etc/passwd", b"http://127.0.0.1:9/feed", b"file:///etc/passwd"])
def test_a_body_that_is_a_path_is_not_opened(body: bytes, parsed: Run) -> None:
    with pytest.raises(NotAFeed):
        parsed(body)


def test_t41_a_million_entries(parsed: Run) -> None:
    feed = parsed(rss("".join(item(f"Story {n}") for n in range(100_000))), most_entries=50)
    assert [entry.title for entry in feed.entries] == [f"Story {n}" for n in range(50)]
    assert len(parsed(rss("<item/>" * 1_000_000), most_entries=50).entries) <= 50


def test_long_lists_are_read_to_their_end_for_some_begin_with_the_oldest(parsed: Run) -> None:
    feed = parsed(rss("".join(item(f"Story {n}") for n in range(900))))
    assert len(new_articles(feed)) == 900


def test_t42_an_entry_of_10_mb(parsed: Run) -> None:
    feed = parsed(rss(item(body="word " * 2_000_000) + item("Second")))
    assert len(feed.entries[0].summary or "") <= 20_000
    assert feed.entries[1].title == "Second"


@pytest.mark.parametrize(
    "body",
    [
        "<b>" * 100_000 + "x" + "</b>" * 100_000,
        "&lt;div&gt;" * 100_000 + "x",
        "&lt;a " * 200_000,
        "&lt;!--" * 200_000,
        "&lt;script&gt;" * 100_000,
        "&lt;a href='" * 100_000,
        '&lt;b "' * 100_000,
        "&amp;" * 200_000,
        "<![CDATA[" * 100_000,
    ],
    ids=["xml", "html", "open tags", "open comments", "scripts", "quotes", "other quotes", "ampersands", "cdata"],
)
def test_t43_nesting_and_what_never_ends(body: str, parsed: Run) -> None:
    feed = parsed(rss(item(body=body)))
    assert len(feed.entries) <= 1


def test_t43_tags_by_the_hundred_in_a_row_are_left_out_and_the_rest_is_read() -> None:
    deep = "<b>" * 15_000 + "It sails." + "</b>" * 15_000
    text = rss(item("One", body=deep) + item("Two")).decode()
    found = repaired(text, text.index("<rss"), 10)
    assert found.count("<") < 100
    assert "It sails." in found
    usual = rss("".join(item(f"Story {n}") for n in range(5000))).decode()
    assert repaired(usual, usual.index("<rss"), 5000).count("<") == usual[usual.index("<rss") :].count("<")


def test_t43_deep_json(parsed: Run) -> None:
    with pytest.raises(NotAFeed):
        parsed(b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 100_000)


def test_t44_an_author_of_64_kb(parsed: Run) -> None:
    for author in ("a" * 65_536, "a." * 32_768, "a@" * 32_768, "a@b." * 16_384 + "!"):
        feed = parsed(rss(item(more=f"<author>{author}</author>")))
        assert 0 < len(feed.entries[0].author or "") <= 200


def test_t45_a_title_of_a_million_characters(parsed: Run) -> None:
    assert len(parsed(rss(item("y" * 1_000_000))).entries[0].title) == 500
    assert parsed(rss(item("Ferry" + " " * 3_000_000 + "returns"))).entries[0].title == "Ferry returns"


def test_t45_tags_of_a_million_characters(parsed: Run) -> None:
    many = " ".join(f'a{n}="1"' for n in range(100_000))
    spaces = " ".join(f'xmlns:n{n}="urn:{n}"' for n in range(20_000))
    assert parsed(rss(f"<item {many}><title>Ferry</title></item>")).entries[0].title == "Ferry"
    assert parsed(rss(item()).replace(b"<rss ", f"<rss {spaces} ".encode())).entries[0].title == "Ferry returns"


@pytest.mark.parametrize(
    ("name", "html"),
    [
        ("T43", "<div>" * 100_000 + "deep" + "</div>" * 100_000),
        ("T46", "<article><p>" + "The ferry is back in the harbour. " * 100_000 + "</p></article>"),
        ("T46-paragraphs", "<article>" + "<p>The ferry is back in the harbour.</p>" * 100_000 + "</article>"),
        ("T46-tags", "<article>" + "The ferry <b>is</b> back.<br>" * 100_000 + "</article>"),
    ],
    ids=lambda value: value if len(value) < 30 else "",
)
def test_pages(name: str, html: str, pool: ProcessPool) -> None:
    work = pool.schedule(extract_page, args=(f"<html><body>{html}</body></html>".encode(),), timeout=30)
    try:
        page: Page = work.result()
    except NotAPage:
        assert name == "T43"
    else:
        assert 0 < len(page.text) <= 200_000


def test_t48_times_that_cannot_be() -> None:
    now = datetime(2026, 11, 22, 8, tzinfo=UTC)
    written = {
        "Thu, 01 Jan 1970 00:00:00 GMT": None,
        "0000-00-00T00:00:00Z": None,
        "Mon, 99 Foo 99999 99:99:99 +9999": None,
        "9" * 5000: None,
        "now": None,
        "2099-01-01T00:00:00Z": None,
        "Sun, 22 Nov 2026 18:00:00 +0200": now + timedelta(hours=8),
        "Sun, 22 Nov 2026 07:30:00 GMT": now - timedelta(minutes=30),
    }
    body = rss("".join(item(f"D{n}", more=f"<pubDate>{at}</pubDate>") for n, at in enumerate(written)))
    feed = parse_feed(body, now=now)
    assert [entry.published_at for entry in feed.entries] == list(written.values())
