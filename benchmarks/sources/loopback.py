"""A web on loopback, in a process of its own so that its processor time is not counted as ours.

Every address of 127.0.0.0/8 is a host of it, on one port. HTTP is spoken by hand, since a framework would take longer
to answer than whoever is measured takes to ask.
"""

import asyncio
import contextlib
import json
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from benchmarks.common.processes import SPAWNING

HOSTS = 250 * 250 * 250


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: the path, and the ETag that is known already."""

    path: str
    etag: str | None
    transport: asyncio.Transport


class Site(Protocol):
    """What all hosts together answer."""

    def answer(self, asked: Asked) -> bytes | Awaitable[None]:
        """The whole answer, or what writes it."""
        ...

    def control(self, words: list[str]) -> Any:
        """What a benchmark asks for at /-/…, answered as JSON."""
        ...


def host(number: int) -> str:
    """The address of the host with this number, 0 to HOSTS."""
    return f"127.{1 + number // 62_500}.{number // 250 % 250}.{1 + number % 250}"


def http(body: bytes = b"", *headers: str, status: str = "200 OK") -> bytes:
    """An answer."""
    head = "".join(f"{header}\r\n" for header in headers)
    return f"HTTP/1.1 {status}\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


@contextlib.contextmanager
def web_apart(make: Callable[..., Site], *args: object) -> Iterator[int]:
    """The port of a web whose answers come from what `make` makes, in its own process, until the end."""
    ours, theirs = SPAWNING.Pipe()
    process = SPAWNING.Process(target=_serve, args=(theirs, make, args), daemon=True)
    process.start()
    theirs.close()
    try:
        yield int(str(ours.recv()))
    finally:
        process.terminate()
        process.join()


def control(port: int, *words: object) -> Any:
    """Ask the web for something that no host would answer."""
    path = "/".join(map(str, words))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/{path}", timeout=60) as answer:
        return json.load(answer)


def _serve(pipe: "Connection[object, object]", make: Callable[..., Site], args: tuple[object, ...]) -> None:
    asyncio.run(_listen(pipe, make(*args)))


async def _listen(pipe: "Connection[object, object]", site: Site) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Talk(site), "0.0.0.0", 0, backlog=1000)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


class _Talk(asyncio.Protocol):
    """One connection."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._head = b""
        self._writing: set[asyncio.Future[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if not transport.get_extra_info("sockname")[0].startswith("127."):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        self._head += data
        while b"\r\n\r\n" in self._head:
            head, _, self._head = self._head.partition(b"\r\n\r\n")
            self._answer(head.decode("latin-1"))

    def _answer(self, head: str) -> None:
        first, *lines = head.split("\r\n")
        path = first.split(" ")[1]
        if path.startswith("/-/"):
            found = json.dumps(self._site.control(path[3:].split("/"))).encode()
            self._transport.write(http(found))
            return
        etag = next(
            (line.partition(":")[2].strip() for line in lines if line.lower().startswith("if-none-match:")), None
        )
        answer = self._site.answer(Asked(path, etag, self._transport))
        if isinstance(answer, bytes):
            self._transport.write(answer)
            return
        writing = asyncio.ensure_future(answer)
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)

    def connection_lost(self, exc: Exception | None) -> None:
        for writing in self._writing:
            writing.cancel()
