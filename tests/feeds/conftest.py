"""A web on loopback for the feeds room: raw answers, so that it can misbehave as real servers do."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import IPv4Network

import pytest

from bot.feeds.fetch import Fetcher
from bot.feeds.guard import Guard

LOOPBACK = (IPv4Network("127.0.0.1/32"),)
Handler = Callable[[asyncio.StreamWriter], Awaitable[None]]


class Web:
    """A server whose pages are the bytes of an answer or a function that writes them; it remembers what was asked."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Handler] = {}
        self.asked: list[str] = []
        self.connections = 0
        self.origin = ""
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def start(self, host: str) -> None:
        self._server = await asyncio.start_server(self._serve, host, 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.origin = f"http://{host}:{self.port}"

    async def stop(self) -> None:
        assert self._server is not None
        for writer in self._writers:
            writer.transport.abort()
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.asked.append(head)
            page = self.pages.get(head.split()[1], answer(404, b"no such page"))
            if isinstance(page, bytes):
                writer.write(page)
                await writer.drain()
            else:
                await page(writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()


def answer(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """An HTTP answer; header names are given with underscores."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    server = Web()
    await server.start("127.0.0.1")
    yield server
    await server.stop()


@pytest.fixture
async def inside() -> AsyncIterator[Web]:
    """A second server, on an address that the fetcher must not reach."""
    server = Web()
    await server.start("127.0.0.2")
    yield server
    await server.stop()


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    """A fetcher that may reach 127.0.0.1 beside the public internet."""
    opened = Fetcher(Guard(LOOPBACK))
    yield opened
    await opened.close()
