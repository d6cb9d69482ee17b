"""Fetching on loopback: what comes back, what is asked, and how failures are told."""

import asyncio
from datetime import timedelta
from email.utils import format_datetime

import pytest

from bot.domain.errors import SourceError
from bot.feeds.fetch import Fetched, Fetcher
from bot.feeds.guard import Guard
from tests.conftest import Clock
from tests.feeds.conftest import LOOPBACK, Web, answer


async def test_an_answer_and_what_it_says_of_itself(web: Web, fetcher: Fetcher) -> None:
    stamp = "Sun, 22 Nov 2026 07:00:00 GMT"
    web.pages["/feed"] = answer(200, b"<rss/>", Content_Type="text/xml", ETag='"v1"', Last_Modified=stamp)
    assert await fetcher.get(f"{web.origin}/feed") == Fetched(
        url=f"{web.origin}/feed",
        status=200,
        body=b"<rss/>",
        content_type="text/xml",
        etag='"v1"',
        last_modified=stamp,
        moved_to=None,
    )


async def test_conditional_requests(web: Web, fetcher: Fetcher) -> None:
    web.pages["/feed"] = b"HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n"
    fetched = await fetcher.get(f"{web.origin}/feed", etag='"v1"', last_modified="Sun, 22 Nov 2026 07:00:00 GMT")
    assert (fetched.status, fetched.body) == (304, b"")
    assert 'If-None-Match: "v1"\r\n' in web.asked[0]
    assert "If-Modified-Since: Sun, 22 Nov 2026 07:00:00 GMT\r\n" in web.asked[0]


async def test_stored_headers_cannot_add_lines(web: Web, fetcher: Fetcher) -> None:
    web.pages["/"] = answer(200, b"fine")
    await fetcher.get(f"{web.origin}/", etag='"v1"\r\nX-Evil: 1')
    assert "X-Evil" not in web.asked[0]


async def test_who_asks(web: Web) -> None:
    named = Fetcher(Guard(LOOPBACK), user_agent="Nutgraf/9 (news; admin@example.com)")
    web.pages["/"] = answer(200, b"fine")
    await named.get(f"{web.origin}/")
    await named.close()
    assert "User-Agent: Nutgraf/9 (news; admin@example.com)\r\n" in web.asked[0]


async def test_no_cookies_are_kept(web: Web, fetcher: Fetcher) -> None:
    web.pages["/"] = answer(302, Location="/next", Set_Cookie="id=1; Path=/")
    web.pages["/next"] = answer(200, b"fine")
    await fetcher.get(f"{web.origin}/")
    await fetcher.get(f"{web.origin}/")
    assert not any("cookie" in head.lower() for head in web.asked)


@pytest.mark.parametrize(("statuses", "moved"), [((301, 308), True), ((301, 302), False), ((307,), False)])
async def test_only_a_permanent_way_is_a_move(
    statuses: tuple[int, ...], moved: bool, web: Web, fetcher: Fetcher
) -> None:
    for step, status in enumerate(statuses):
        web.pages[f"/{step}"] = answer(status, Location=f"{step + 1}")
    web.pages[f"/{len(statuses)}"] = answer(200, b"here")
    fetched = await fetcher.get(f"{web.origin}/0")
    assert fetched.url == f"{web.origin}/{len(statuses)}"
    assert fetched.moved_to == (fetched.url if moved else None)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        (404, "It answered 404 (Not Found)."),
        (503, "It answered 503 (Service Unavailable)."),
        (302, "It answered 302 (Found)."),
    ],
)
async def test_statuses_that_are_errors(status: int, why: str, web: Web, fetcher: Fetcher) -> None:
    web.pages["/"] = answer(status)
    with pytest.raises(SourceError) as error:
        await fetcher.get(f"{web.origin}/")
    assert (error.value.why, error.value.status, error.value.retry_after_s) == (why, status, None)


async def test_how_long_a_server_wants_to_be_left_alone(web: Web, clock: Clock) -> None:
    fetcher = Fetcher(Guard(LOOPBACK), now=clock)
    dates = format_datetime(clock.now() + timedelta(seconds=90), usegmt=True)
    for asked, wait_s in (("120", 120.0), (dates, 90.0), ("9" * 30, 86_400.0), ("soon", None), ("-5", None)):
        web.pages["/"] = answer(429, Retry_After=asked)
        with pytest.raises(SourceError) as error:
            await fetcher.get(f"{web.origin}/")
        assert error.value.retry_after_s == wait_s
    await fetcher.close()


async def test_a_body_that_breaks_off(web: Web, fetcher: Fetcher) -> None:
    web.pages["/"] = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    with pytest.raises(SourceError, match="broke off"):
        await fetcher.get(f"{web.origin}/")
    web.pages["/"] = answer(200, b"\x1f\x8b\x08 no gzip", Content_Encoding="gzip")
    with pytest.raises(SourceError, match="damaged"):
        await fetcher.get(f"{web.origin}/")


async def test_servers_that_are_not_there(web: Web, fetcher: Fetcher) -> None:
    await web.stop()
    with pytest.raises(SourceError, match=r"^It could not be reached\.$"):
        await fetcher.get(f"{web.origin}/")
    await web.start("127.0.0.1")


async def test_no_http_and_no_answer(web: Web, fetcher: Fetcher) -> None:
    async def nothing(_: asyncio.StreamWriter) -> None:
        return

    web.pages["/"] = nothing
    with pytest.raises(SourceError, match="closed the connection"):
        await fetcher.get(f"{web.origin}/")
    web.pages["/"] = b"SSH-2.0-OpenSSH_9.7\r\n\r\n"
    with pytest.raises(SourceError, match="HTTP"):
        await fetcher.get(f"{web.origin}/")


async def test_a_name_that_is_not_there(fetcher: Fetcher) -> None:
    with pytest.raises(SourceError, match="no such host"):
        await fetcher.get("http://nothing.here.invalid/")


async def test_an_allowed_name_is_reached_at_its_allowed_address(web: Web, fetcher: Fetcher) -> None:
    """`localhost` may have an IPv6 address beside the allowed one."""
    web.pages["/"] = answer(200, b"fine")
    assert (await fetcher.get(f"http://localhost:{web.port}/")).body == b"fine"


async def test_how_long_it_stays_fresh_and_who_pushes_it(web: Web, fetcher: Fetcher) -> None:
    links = '</hub>; rel="hub", <https://other.example/>; rel=hub, </feed?a,b>; title="x, y"; rel="self next", <x'
    web.pages["/"] = answer(200, b"fine", Cache_Control="public, Max-Age=600", Link=links)
    fetched = await fetcher.get(f"{web.origin}/")
    assert fetched.max_age_s == 600
    assert (fetched.hub, fetched.self_url) == (f"{web.origin}/hub", f"{web.origin}/feed?a,b")
    for said in ("no-cache, max-age=600", "max-age=soon", "s-maxage=5", ""):
        web.pages["/"] = answer(200, b"fine", Cache_Control=said, Link="<javascript:x>; rel=hub")
        fetched = await fetcher.get(f"{web.origin}/")
        assert (fetched.max_age_s, fetched.hub) == (None, None)
