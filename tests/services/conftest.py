"""A news site on loopback, workers that work in this process, and a sender that keeps what it was given."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import escape
from ipaddress import ip_network
from typing import TypeVar, TypeVarTuple

import pytest
from aiohttp import web

from bot.domain.models import ChatKind, ChatRef, Message, Place
from bot.feeds.fetch import Fetcher
from bot.feeds.guard import Guard

Ts = TypeVarTuple("Ts")
T = TypeVar("T")

PLACE = Place(ChatRef(501), ChatKind.PRIVATE, "Ada")


class InlineWorkers:
    """Runs work at once, in this process."""

    async def run(self, function: Callable[[*Ts], T], *args: *Ts, limit_s: float = 10.0) -> T:
        assert limit_s > 0
        return function(*args)


@dataclass
class KeptSender:
    """Keeps messages; the next send raises `next_error` where there is one, `lost` after it arrived all the same."""

    kept: list[tuple[ChatRef, Message]] = field(default_factory=list)
    next_error: Exception | None = None
    lost: bool = False
    waits: dict[int, float] = field(default_factory=dict)
    looked_for: list[tuple[int, list[int]]] = field(default_factory=list)

    async def send(self, ref: ChatRef, message: Message) -> int:
        (error, self.next_error), (lost, self.lost) = (self.next_error, None), (self.lost, False)
        if error is not None and not lost:
            raise error
        self.kept.append((ref, message))
        if error is not None:
            raise error
        return len(self.kept)

    def wait_s(self, ref: ChatRef) -> float:
        return self.waits.get(ref.telegram_id, 0.0)

    async def arrived(self, ref: ChatRef, message: Message, ids: Sequence[int]) -> int | None:
        error, self.next_error = self.next_error, None
        if error is not None:
            raise error
        assert message.html
        self.looked_for.append((ref.telegram_id, list(ids)))
        there = {number for number, (other, _) in enumerate(self.kept, 1) if other.telegram_id == ref.telegram_id}
        return next((candidate for candidate in ids if candidate in there), None)

    @property
    def texts(self) -> list[str]:
        return [message.html for _, message in self.kept]


class Site:
    """An outlet with a feed at /feed.xml and a page for each item."""

    def __init__(self) -> None:
        self.feed_title = "Coast Daily"
        self.head = ""  # what stands before the items
        self.link = "http://coast.example/"
        self.items: list[str] = []
        self.pages: dict[str, tuple[int, str, bytes]] = {}
        self.headers: dict[str, str] = {}  # of what stands in `pages`
        self.moves: dict[str, str] = {}  # for good
        self.asked: list[str] = []
        self.conditional = 0
        self.etags = True
        self.url = ""

    def tell(self, slug: str, title: str, published_at: datetime | None = None, *, paragraphs: int = 6) -> None:
        """Publish an article whose feed entry is a teaser and whose page has the text."""
        date = f"<pubDate>{format_datetime(published_at)}</pubDate>" if published_at else ""
        link = f"{self.url}/{slug}"
        self.items.insert(0, f"<item><guid>{slug}</guid><title>{escape(title)}</title><link>{link}</link>{date}"
                             f"<description>{escape(title)}, in short.</description></item>")  # fmt: skip
        body = "".join(f"<p>{escape(sentence(title, n))}</p>" for n in range(paragraphs))
        page = (
            f"<html><head><title>{escape(title)}</title></head>"
            f"<body><article><h1>{escape(title)}</h1>{body}</article></body></html>"
        )
        self.pages[f"/{slug}"] = (200, "text/html; charset=utf-8", page.encode())

    def feed(self) -> bytes:
        return (
            f"<rss version='2.0'><channel><title>{self.feed_title}</title><link>{self.link}</link>"
            f"<language>en</language>{self.head}{''.join(self.items)}</channel></rss>"
        ).encode()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        if request.path in self.moves:
            return web.Response(status=301, headers={"Location": self.moves[request.path]})
        if request.path == "/feed.xml" and request.path not in self.pages:
            etag = f'"{len(self.items)}"'
            if self.etags and request.headers.get("If-None-Match") == etag:
                self.conditional += 1
                return web.Response(status=304)
            return web.Response(body=self.feed(), content_type="application/rss+xml", headers={"ETag": etag})
        status, content_type, body = self.pages.get(request.path, (404, "text/plain", b"no"))
        return web.Response(status=status, body=body, headers={"Content-Type": content_type, **self.headers})


def sentence(title: str, number: int) -> str:
    """A made-up paragraph about a made-up event."""
    return (
        f"Paragraph {number} about {title.lower()} says that the council spent {number + 2} hours on the plans today. "
        f"A spokeswoman said the work would begin within {number + 3} weeks and cost {number + 4} million euros."
    )


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with _serving(Site()) as site:
        yield site


@pytest.fixture
async def other_site() -> AsyncIterator[Site]:
    async with _serving(Site()) as site:
        yield site


@asynccontextmanager
async def _serving(site: Site) -> AsyncIterator[Site]:
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield site
    await runner.cleanup()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    fetcher = Fetcher(Guard((ip_network("127.0.0.0/8"),)), user_agent="tests")
    yield fetcher
    await fetcher.close()


@pytest.fixture
def sender() -> KeptSender:
    return KeptSender()
