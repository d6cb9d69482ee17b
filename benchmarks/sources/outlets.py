"""Ten thousand made-up outlets on loopback, most of them well, one in fifty slow, dead or hostile.

Outlet n is the host n. Whether there are news at one is decided at random (seeded) whenever it is asked. Its articles'
pages are there, and no robots.txt.
"""

import asyncio
import gzip
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.sources.loopback import Asked, host, http
from benchmarks.sources.watched import keep_to

OLD = 5  # articles that are known of each
NEWS = 2  # articles that come together
EVERY_BAD = 50
KINDS = (
    "slow",
    "a byte a second",
    "silent",
    "refusing",
    "gzip bomb",
    "billion laughs",
    "endless headers",
    "endless body",
)
SLOW_S = 20.0
XML = "Content-Type: application/rss+xml"

_ITEM = (
    "<item><title>Story {k}: the council decides on the bridge</title><link>{base}/a/{n}/{k}</link>"
    "<guid isPermaLink='false'>o-{n}-{k}</guid><pubDate>Sat, 21 Nov 2026 {k:02}:00:00 +0000</pubDate>"
    "<description>&lt;p&gt;The new bridge of the port will cost {k} million and take three years.&lt;/p&gt;"
    "</description></item>"
)
_PARAGRAPH = (
    "<p>Paragraph {p} of story {k} says that the council of port {n} spent {p} hours on the plans for the bridge. A "
    "spokeswoman said that the work would begin within {k} weeks, and that {p} million euros were set aside for it.</p>"
)
_LAUGHS = (
    "<!DOCTYPE rss [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><rss version='2.0'><channel><title>&j;</title></channel></rss>"
)


def kind_of(number: int) -> str | None:
    """What is wrong with an outlet; None: nothing."""
    return KINDS[number // EVERY_BAD % len(KINDS)] if number % EVERY_BAD == EVERY_BAD - 1 else None


def feed_url(number: int, port: int) -> str:
    """Where an outlet's feed is; at one that refuses nobody listens."""
    return f"http://{host(number)}:{9 if kind_of(number) == 'refusing' else port}/f/{number}"


def feed(number: int, port: int, articles: int) -> bytes:
    """An outlet's feed with its newest ten of so many articles."""
    base = f"http://{host(number)}:{port}"
    items = "".join(_ITEM.format(n=number, k=k, base=base) for k in range(articles, max(articles - 10, 0), -1))
    return f"<rss version='2.0'><channel><title>Outlet {number}</title>{items}</channel></rss>".encode()


class Outlets:
    """What they answer; `/-/arrivals` says when the feed of each was asked for first."""

    def __init__(self, share: float, core: int) -> None:
        """`share`: of the times that a known feed is asked for, those at which there are news."""
        keep_to(core)
        self._share = share
        self._chance = random.Random(1)
        self._articles: Counter[int] = Counter()
        self._arrivals: dict[int, float] = {}
        self._pages = 0
        self._bomb = gzip.compress(bytes(1 << 28), 1)
        self._bad: dict[str, Callable[[Asked], Awaitable[None]]] = {
            "slow": _slow,
            "a byte a second": _drip,
            "silent": _silent,
            "endless headers": _endless_headers,
            "endless body": _endless_body,
        }

    def answer(self, asked: Asked) -> bytes | Awaitable[None]:
        """A feed, a page, or mischief."""
        what, _, rest = asked.path.lstrip("/").partition("/")
        if what == "a":
            self._pages += 1
            return http(_page(*rest.split("/")), "Content-Type: text/html; charset=utf-8")
        if what != "f":
            return http(status="404 Not Found")
        number = int(rest)
        self._arrivals.setdefault(number, time.time())
        kind = kind_of(number)
        if kind in self._bad:
            return self._bad[kind](asked)
        if kind == "gzip bomb":
            return http(self._bomb, XML, "Content-Encoding: gzip")
        return http(_LAUGHS.encode(), XML) if kind else self._feed(number, asked)

    def control(self, words: list[str]) -> Any:
        """When each feed was asked for first, and how many pages were."""
        return {"arrivals": self._arrivals, "pages": self._pages, "news": self._articles.total()}

    def _feed(self, number: int, asked: Asked) -> bytes:
        if self._chance.random() < self._share:
            self._articles[number] += NEWS
        etag = f'ETag: "{number}-{self._articles[number]}"'
        if asked.etag == etag[6:]:
            return http(b"", etag, "Connection: close", status="304 Not Modified")
        port = asked.transport.get_extra_info("sockname")[1]
        body = feed(number, port, OLD + self._articles[number])
        return http(body, etag, XML, "Connection: close")


def _page(number: str, story: str) -> bytes:
    paragraphs = "".join(_PARAGRAPH.format(p=p, k=story, n=number) for p in range(2, 32))
    menu = "".join(f"<li><a href='/s/{n}'>Section {n}</a></li>" for n in range(60))
    return (
        f"<html lang='en'><head><title>Story {story}: the council decides on the bridge</title></head><body>"
        f"<nav><ul>{menu}</ul></nav><article><h1>Story {story}: the council decides on the bridge</h1>{paragraphs}"
        f"</article><footer><ul>{menu}</ul></footer></body></html>"
    ).encode()


async def _slow(asked: Asked) -> None:
    await asyncio.sleep(SLOW_S)
    asked.transport.write(http(b"<rss version='2.0'><channel><title>Late</title></channel></rss>", XML))


async def _silent(_: Asked) -> None:
    await asyncio.Event().wait()


async def _drip(asked: Asked) -> None:
    asked.transport.write(f"HTTP/1.1 200 OK\r\n{XML}\r\n\r\n".encode())
    while True:
        asked.transport.write(b"<")
        await asyncio.sleep(1)


async def _endless_headers(asked: Asked) -> None:
    asked.transport.write(b"HTTP/1.1 200 OK\r\n")
    while not asked.transport.is_closing():
        asked.transport.write(b"X-More: and more and more\r\n" * 100)
        await asyncio.sleep(0.01)


async def _endless_body(asked: Asked) -> None:
    asked.transport.write(f"HTTP/1.1 200 OK\r\n{XML}\r\n\r\n<rss>".encode())
    while not asked.transport.is_closing():
        asked.transport.write(b"<item><title>And more</title></item>" * 2000)
        await asyncio.sleep(0.01)
