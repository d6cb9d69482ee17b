"""Requests over the real wire: what fails, when, whether it was sent, and that no error and no log tells the token."""

import asyncio
import gzip
import logging
import os
import socket
import struct
import traceback
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from telegram import Bot, InputFile
from telegram.error import NetworkError, TelegramError, TimedOut

from bot.domain.errors import InDoubt, RetryLater, SendError, UserError
from bot.sandbox.server import Sandbox
from bot.tg.failures import as_ours
from bot.tg.proxies import Proxies
from bot.tg.transport import MOST_ANSWER_BYTES, AiohttpRequest
from tests.conftest import Clock

TOKEN = "4242424242:CANARY-canary-CANARY-canary-canary"
OMAR = 2
SOON_S = 0.05
DONE = b'{"ok": true, "result": true}'


# ---- the two sides ---------------------------------------------------------------------------------


Handler = Callable[["Peer", StreamReader, StreamWriter], Awaitable[None]]


class Peer:
    """A server that does what `handle` does with each connection; it keeps the requests that it read to their end."""

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self.requests: list[bytes] = []
        self.connections = 0
        self.address = ""

    async def connected(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.connections += 1
        try:
            await self._handle(self, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def read(self, reader: StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line[15:] for line in head.lower().splitlines() if line.startswith(b"content-length:")]
        request = head + await reader.readexactly(int(lengths[0]) if lengths else 0)
        self.requests.append(request)
        return request


@asynccontextmanager
async def listening(handle: Handler) -> AsyncIterator[Peer]:
    peer = Peer(handle)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: StreamReader, writer: StreamWriter) -> None:
        tasks.add(asyncio.create_task(peer.connected(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    peer.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield peer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answer(body: bytes = DONE, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def answers(peer: Peer, reader: StreamReader, writer: StreamWriter) -> None:
    while True:
        await peer.read(reader)
        writer.write(answer())


async def says_nothing(_: Peer, __: StreamReader, ___: StreamWriter) -> None:
    await asyncio.Event().wait()


async def hangs_up(_: Peer, __: StreamReader, ___: StreamWriter) -> None:
    return


def reset(writer: StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def calling(base: str, **settings: Any) -> AsyncIterator[Bot]:
    request = AiohttpRequest(**settings)
    polls = AiohttpRequest(connections=1)
    async with request, polls:
        yield Bot(TOKEN, f"{base}/bot", f"{base}/file/bot", request=request, get_updates_request=polls)


def type_(bot: Bot, **limits: Any) -> Awaitable[bool]:
    """The smallest of the calls that have an effect."""
    return bot.send_chat_action(OMAR, "typing", **limits)


async def failing(call: Awaitable[object], error: type[TelegramError] = NetworkError) -> SendError:
    """What became of a call that fails; nothing that hangs on its error shows the token."""
    with pytest.raises(TelegramError) as caught:
        await call
    assert type(caught.value) is error
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    for each in chained(caught.value):
        assert TOKEN not in f"{each} {each!r} {vars(each)}"
    return as_ours(caught.value)


def chained(error: BaseException) -> Iterator[BaseException]:
    """An error and all that it came from, shown in a traceback or not."""
    yield error
    for further in {error.__cause__, error.__context__} - {None}:
        assert further
        yield from chained(further)


@pytest.fixture(autouse=True)
def no_token_in_a_log(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    # what python-telegram-bot itself logs is the hush's part
    records = [record for record in caplog.get_records("call") if not record.name.startswith("telegram.")]
    assert TOKEN not in "".join(str(vars(record)) for record in records)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
async def sandbox(clock: Clock) -> AsyncIterator[Sandbox]:
    async with Sandbox(now=clock, token=TOKEN) as running:
        yield running


def texts(sandbox: Sandbox) -> list[str]:
    return [message["text"] for message in sandbox.messages(OMAR)]


# ---- what goes well --------------------------------------------------------------------------------


async def test_calls_one_after_the_other_take_one_connection() -> None:
    async with listening(answers) as peer, calling(f"http://{peer.address}") as bot:
        for _ in range(5):
            assert await type_(bot)
    assert len(peer.requests) == 5
    assert peer.connections == 1
    head, _, body = peer.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /bot" + TOKEN.encode() + b"/sendChatAction HTTP/1.1")
    assert b"Content-Type: application/x-www-form-urlencoded" in head
    assert body == b"chat_id=2&action=typing"


async def test_every_sign_of_a_text_arrives(sandbox: Sandbox) -> None:
    text = "a&b=c d+e%41 „ü“ 𝄞 \n\t;" + "x" * 4000
    async with calling(sandbox.api_url) as bot:
        await bot.send_message(OMAR, text)
    assert texts(sandbox) == [text]


@pytest.mark.parametrize("kind", ["bytes", "handle"])
async def test_a_document_goes_there_and_back(sandbox: Sandbox, tmp_path: Path, kind: str) -> None:
    data = os.urandom(3 * 2**20)
    path = tmp_path / "x"
    path.write_bytes(data)
    with path.open("rb") as handle:
        file = InputFile(handle if kind == "handle" else data, 'Übersicht "1".opml', read_file_handle=False)
        async with calling(sandbox.api_url) as bot:
            sent = await bot.send_document(OMAR, file, caption="alles & mehr")
            assert sent.document
            again = await (await bot.get_file(sent.document.file_id)).download_as_bytearray()
    assert sent.caption == "alles & mehr"
    assert sent.document.file_name == 'Übersicht "1".opml'
    assert again == data


async def test_more_calls_than_connections_wait_for_their_turn() -> None:
    at_work: set[int] = set()
    most = 0

    async def slowly(peer: Peer, reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal most
        while True:
            await peer.read(reader)
            at_work.add(id(writer))
            most = max(most, len(at_work))
            for _ in range(20):
                await asyncio.sleep(0)
            at_work.discard(id(writer))
            writer.write(answer())

    async with listening(slowly) as peer, calling(f"http://{peer.address}", connections=4, pool_timeout=30) as bot:
        assert await asyncio.gather(*(type_(bot) for _ in range(40))) == [True] * 40
    assert len(peer.requests) == 40
    assert peer.connections <= 4
    assert most > 1


async def test_a_connection_that_was_closed_meanwhile_is_replaced() -> None:
    async def once(peer: Peer, reader: StreamReader, writer: StreamWriter) -> None:
        await peer.read(reader)
        writer.write(answer(DONE, b"Connection: close"))

    async with listening(once) as peer, calling(f"http://{peer.address}") as bot:
        assert await type_(bot)
        assert await type_(bot)
    assert peer.connections == 2


# ---- what was surely not sent ----------------------------------------------------------------------


async def test_t93_nobody_listens(unused_tcp_port: int) -> None:
    async with calling(f"http://127.0.0.1:{unused_tcp_port}") as bot:
        assert type(await failing(type_(bot))) is RetryLater


async def test_t93_the_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    async def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    async with calling("http://api.example") as bot:
        error = await failing(type_(bot))
    assert type(error) is RetryLater
    assert "DNS" in str(error)


async def test_the_connection_takes_too_long() -> None:
    async with listening(says_nothing) as peer, calling(f"https://{peer.address}") as bot:  # TLS is never answered
        assert type(await failing(type_(bot, connect_timeout=SOON_S), TimedOut)) is RetryLater
    async with listening(says_nothing) as peer, calling(f"https://{peer.address}", connect_timeout=0) as bot:
        assert type(await failing(type_(bot), TimedOut)) is RetryLater


async def test_the_other_side_speaks_no_tls() -> None:
    async def speaks_plainly(_: Peer, reader: StreamReader, writer: StreamWriter) -> None:
        writer.write(answer())
        await reader.read()

    async with listening(speaks_plainly) as peer, calling(f"https://{peer.address}") as bot:
        assert type(await failing(type_(bot))) is RetryLater


async def test_all_connections_are_taken(sandbox: Sandbox) -> None:
    sandbox.hold("sendMessage")
    async with calling(sandbox.api_url, connections=1, pool_timeout=SOON_S) as bot:
        first = asyncio.create_task(bot.send_message(OMAR, "first"))
        await sandbox.wait_for(lambda: texts(sandbox))
        assert type(await failing(bot.send_message(OMAR, "second"), TimedOut)) is RetryLater
        assert type(await failing(bot.send_message(OMAR, "third", pool_timeout=0), TimedOut)) is RetryLater
        sandbox.release()
        await first
        await bot.send_message(OMAR, "fourth", pool_timeout=0)
    assert texts(sandbox) == ["first", "fourth"]


# ---- what may have been sent -----------------------------------------------------------------------


async def test_the_answer_takes_too_long(sandbox: Sandbox) -> None:
    sandbox.hold("sendMessage")
    async with calling(sandbox.api_url, read_timeout=SOON_S) as bot:
        assert str(await failing(bot.send_message(OMAR, "one"), TimedOut)) == "no answer in time"
    async with calling(sandbox.api_url) as bot:
        error = await failing(bot.send_message(OMAR, "two", read_timeout=SOON_S), TimedOut)
    assert type(error) is InDoubt
    sandbox.release()
    assert texts(sandbox) == ["one", "two"]


async def test_a_call_may_be_more_patient_than_the_rest(sandbox: Sandbox) -> None:
    sandbox.hold("sendMessage")
    async with calling(sandbox.api_url, read_timeout=SOON_S) as bot:
        patient = asyncio.create_task(bot.send_message(OMAR, "patient", read_timeout=None))
        await failing(bot.send_message(OMAR, "not"), TimedOut)
        sandbox.release()
        assert (await patient).text == "patient"


async def test_the_other_side_does_not_read() -> None:
    async with listening(says_nothing) as peer, calling(f"http://{peer.address}", read_timeout=None) as bot:
        error = await failing(bot.send_document(OMAR, bytes(20 * 2**20), write_timeout=SOON_S), TimedOut)
    assert type(error) is InDoubt


@pytest.mark.parametrize(
    "said",
    [b"", b"HTTP/1.1 200", answer()[:-5], b"nonsense\r\n\r\n", answer(b"<html>", status=b"502 x")],
    ids=["nothing", "half a head", "half a body", "no HTTP", "a page"],
)
@pytest.mark.parametrize("ending", ["closed", "reset"])
async def test_an_answer_that_breaks_off(said: bytes, ending: str) -> None:
    async def breaks_off(peer: Peer, reader: StreamReader, writer: StreamWriter) -> None:
        await peer.read(reader)
        writer.write(said)
        await writer.drain()
        if ending == "reset":
            reset(writer)

    async with listening(breaks_off) as peer, calling(f"http://{peer.address}") as bot:
        error = await failing(type_(bot))
    assert type(error) is InDoubt
    assert len(peer.requests) == 1  # and nothing repeats it


async def test_a_kept_connection_that_ends_with_the_next_call_does_not_repeat_it() -> None:
    async def second_is_lost(peer: Peer, reader: StreamReader, writer: StreamWriter) -> None:
        await peer.read(reader)
        writer.write(answer())
        await peer.read(reader)

    async with listening(second_is_lost) as peer, calling(f"http://{peer.address}") as bot:
        assert await type_(bot)
        assert type(await failing(type_(bot))) is InDoubt
    assert peer.connections == 1
    assert len(peer.requests) == 2


@pytest.mark.parametrize("accept", [True, False])
async def test_t94_a_lost_reply(sandbox: Sandbox, accept: bool) -> None:
    sandbox.drop_next("sendMessage", accept=accept)
    async with calling(sandbox.api_url) as bot:
        assert type(await failing(bot.send_message(OMAR, "x"))) is InDoubt
        await bot.send_message(OMAR, "y")
    assert texts(sandbox) == (["x", "y"] if accept else ["y"])


@pytest.mark.parametrize("code", [500, 502, 503, 504])
async def test_t92_a_server_in_trouble(sandbox: Sandbox, code: int) -> None:
    sandbox.fail_next("sendMessage", code, "Bad Gateway", accept=True)
    async with calling(sandbox.api_url) as bot:
        assert type(await failing(bot.send_message(OMAR, "x"))) is InDoubt
    assert texts(sandbox) == ["x"]


async def test_an_answer_without_end_is_given_up() -> None:
    bomb = gzip.compress(bytes(MOST_ANSWER_BYTES + 1))

    async def bombs(peer: Peer, reader: StreamReader, writer: StreamWriter) -> None:
        await peer.read(reader)
        writer.write(answer(bomb, b"Content-Encoding: gzip"))
        await reader.read()

    async with listening(bombs) as peer, calling(f"http://{peer.address}") as bot:
        error = await failing(type_(bot))
    assert type(error) is InDoubt
    assert "TooLong" in str(error)


async def test_a_redirect_gets_no_token() -> None:
    async def elsewhere(peer: Peer, reader: StreamReader, writer: StreamWriter) -> None:
        while True:
            await peer.read(reader)
            writer.write(answer(b"{}", b"Location: /elsewhere", status=b"307 Temporary Redirect"))

    async with listening(elsewhere) as peer, calling(f"http://{peer.address}") as bot:
        assert type(await failing(type_(bot))) is InDoubt
    assert len(peer.requests) == 1


# ---- proxies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_a_proxy_of_the_environment_is_taken(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    async with listening(answers) as proxy:
        monkeypatch.setenv(name, f"http://ada:secret@{proxy.address}")
        async with calling("http://api.example") as bot:
            assert await type_(bot)
            assert await type_(bot)
    head = proxy.requests[1].decode()
    assert head.startswith(f"POST http://api.example/bot{TOKEN}/sendChatAction HTTP/1.1")
    assert "Proxy-Authorization: Basic YWRhOnNlY3JldA==" in head
    assert proxy.connections == 1


async def test_what_no_proxy_names_goes_straight(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(answers) as proxy, listening(answers) as peer:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        monkeypatch.setenv("NO_PROXY", "example.com,127.0.0.1")
        async with calling(f"http://{peer.address}") as bot:
            assert await type_(bot)
    assert (len(peer.requests), len(proxy.requests)) == (1, 0)


async def test_a_tunnel_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def opens(peer: Peer, reader: StreamReader, writer: StreamWriter) -> None:
        await peer.read(reader)
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        peer.requests.append(await reader.read(3))  # no TLS behind it

    async with listening(opens) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://ada:secret@{proxy.address}")
        async with calling("https://api.example") as bot:
            assert type(await failing(type_(bot))) is RetryLater
    asked, then = proxy.requests
    assert asked.startswith(b"CONNECT api.example:443 HTTP/1.1")
    assert b"Proxy-Authorization: Basic" in asked
    assert then[:2] == b"\x16\x03"  # a TLS greeting
    assert TOKEN.encode() not in asked


async def refuses(peer: Peer, reader: StreamReader, writer: StreamWriter) -> None:
    await peer.read(reader)
    writer.write(answer(b"no", status=b"403 Forbidden"))


async def loses(peer: Peer, reader: StreamReader, writer: StreamWriter) -> None:
    await peer.read(reader)
    reset(writer)


@pytest.mark.parametrize("trouble", [refuses, loses, hangs_up])
async def test_a_tunnel_that_does_not_open_was_sent_nothing(monkeypatch: pytest.MonkeyPatch, trouble: Handler) -> None:
    async with listening(trouble) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        async with calling("https://api.example") as bot:
            assert type(await failing(type_(bot))) is RetryLater


async def test_a_tunnel_that_is_not_answered_was_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(says_nothing) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        async with calling("https://api.example", connect_timeout=SOON_S) as bot:
            assert type(await failing(type_(bot), TimedOut)) is RetryLater


async def test_a_proxy_that_is_down(monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_tcp_port}")
    async with calling("http://api.example") as bot:
        assert type(await failing(type_(bot))) is RetryLater


@pytest.mark.parametrize("proxy", ["socks5://ada:secret@127.0.0.1:1", "http://ada:secret@127.0.0.1:port", "http://"])
def test_a_proxy_of_another_kind_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(UserError, match="ALL_PROXY") as caught:
        Proxies.of_environment()
    assert "secret" not in "".join(traceback.format_exception(caught.value))


# ---- the end ---------------------------------------------------------------------------------------


async def test_closing_ends_what_is_under_way_as_in_doubt(sandbox: Sandbox) -> None:
    sandbox.hold("sendMessage")
    async with calling(sandbox.api_url, read_timeout=None) as bot:
        under_way = asyncio.create_task(bot.send_message(OMAR, "x"))
        await sandbox.wait_for(lambda: texts(sandbox))
        await bot.request.shutdown()
        assert type(await failing(under_way)) is InDoubt
        assert type(await failing(bot.send_message(OMAR, "y"))) is RetryLater
        await bot.request.shutdown()
        sandbox.release()
        await bot.request.initialize()
        await bot.request.initialize()
        await bot.send_message(OMAR, "z")
    assert texts(sandbox) == ["x", "z"]


async def test_a_call_that_was_given_up_leaves_its_place(sandbox: Sandbox) -> None:
    sandbox.hold("sendMessage")
    async with calling(sandbox.api_url, connections=1, pool_timeout=None) as bot:
        first, second = (asyncio.create_task(bot.send_message(OMAR, text)) for text in ("first", "second"))
        await sandbox.wait_for(lambda: texts(sandbox))
        for task in (second, first):
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        sandbox.release()
        await bot.send_message(OMAR, "third", pool_timeout=0)
    assert texts(sandbox) == ["first", "third"]
