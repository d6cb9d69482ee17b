"""THREATS T01–T30: addresses that sources must not reach, and that nothing connects to them."""

import asyncio
import socket
from collections.abc import Callable

import pytest

from bot.domain.errors import Forbidden, SourceError
from bot.feeds.discover import feed_links
from bot.feeds.fetch import Fetcher, next_hop
from bot.feeds.guard import REFUSAL, Guard
from bot.feeds.parse import parse_feed
from tests.feeds.conftest import Web, answer

OWN = [  # ways to write this machine; {} is the port of a server that really listens
    ("T01", "http://127.0.0.1:{}/"),
    ("T02", "http://[::1]:{}/"),
    ("T03", "http://0.0.0.0:{}/"),
    ("T03-short", "http://0:{}/"),
    ("T04", "http://2130706433:{}/"),
    ("T05", "http://0x7f.1:{}/"),
    ("T06", "http://0177.0.0.1:{}/"),
    ("T07", "http://127.1:{}/"),
    ("T08", "http://127。0。0。1:{}/"),
    ("T09", "http://①②⑦.⓪.⓪.①:{}/"),
    ("T09-wide", "http://１２７.0.0.1:{}/"),
    ("T12", "http://[::ffff:127.0.0.1]:{}/"),
    ("T12-compatible", "http://[::127.0.0.1]:{}/"),
    ("T13", "http://[64:ff9b::7f00:1]:{}/"),
    ("T13-local", "http://[64:ff9b:1::7f00:1]:{}/"),
    ("T14-6to4", "http://[2002:7f00:1::]:{}/"),
    ("T14-teredo", "http://[2001:0:7f00:1::]:{}/"),
    ("T24", "http://user:secret@127.0.0.1:{}/"),
    ("T24-backslash", "http://good.example.com\\@127.0.0.1:{}/"),
    ("T27", "http://localhost.:{}/"),
    ("T27-plain", "http://localhost:{}/"),
]
OTHERS = [
    ("T10", "http://169.254.169.254/latest/meta-data/"),
    ("T10-v6", "http://[fd00:ec2::254]/"),
    ("T10-alibaba", "http://100.100.100.200/"),
    ("T10-azure", "http://168.63.129.16/"),
    ("T11-10", "http://10.1.2.3/"),
    ("T11-172", "http://172.31.255.1/"),
    ("T11-192", "http://192.168.1.1/"),
    ("T11-cgnat", "http://100.64.0.1/"),
    ("T15-scope", "http://[fe80::1%lo]/"),
    ("T15-site", "http://[fec0::1]/"),
    ("T15-multicast", "http://[ff02::1]/"),
    ("T15-multicast4", "http://224.0.0.251/"),
    ("T23-file", "file:///etc/passwd"),
    ("T23-gopher", "gopher://example.com/"),
    ("T23-ftp", "ftp://example.com/feed.xml"),
    ("T23-data", "data:text/xml,<rss/>"),
    ("T25-cr", "http://example.com/\rHost: x"),
    ("T25-lf", "http://example.com/\nHost: x"),
    ("T25-nul", "http://example.com/\0"),
    ("T26-22", "http://example.com:22/"),
    ("T26-25", "http://93.184.215.14:25/"),
    ("T26-0", "http://example.com:0/"),
    ("T26-65536", "http://example.com:65536/"),
    ("T27-internal", "http://metadata.google.internal/"),
    ("T27-local", "http://printer.local/"),
    ("T27-bare", "http://intranet/"),
    ("T29-address", "http://example.com/" + "a" * 2048),
    ("T29-host", "http://" + ".".join(["a" * 60] * 5) + ".com/"),
    ("T29-label", "http://" + "a" * 64 + ".com/"),
]


def named(cases: list[tuple[str, str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("url", [url for _, url in cases], ids=[name for name, _ in cases])


@pytest.fixture
async def strict() -> Fetcher:
    """A fetcher with nothing allowed; it opens no connection that would have to be closed."""
    return Fetcher(Guard())


@named(OWN)
async def test_no_connection_to_this_machine(url: str, web: Web, strict: Fetcher) -> None:
    with pytest.raises(Forbidden) as refused:
        await strict.get(url.format(web.port))
    assert str(refused.value) == REFUSAL
    assert web.connections == 0
    await strict.close()


@named(OTHERS)
async def test_refused_before_any_look_up(url: str, monkeypatch: pytest.MonkeyPatch, strict: Fetcher) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _never)
    monkeypatch.setattr(socket.socket, "connect", _never)
    with pytest.raises(Forbidden) as refused:
        await strict.get(url)
    assert str(refused.value) == REFUSAL


async def test_a_literal_is_checked_again_at_the_socket() -> None:
    """The last line: what reaches the connector in whatever way is refused there."""
    guard = Guard()
    for ip in ("127.0.0.1", "::1", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1%lo", "not an address"):
        with pytest.raises(OSError, match=REFUSAL):
            guard.socket_factory((socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)))


Answers = Callable[..., list[tuple[object, ...]]]


def answering(*rounds: list[str]) -> tuple[Answers, list[str]]:
    """A getaddrinfo that gives each round's addresses in turn, and the names that it was asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[tuple[object, ...]]:
        asked.append(host)
        ips = rounds[min(len(asked), len(rounds)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    return getaddrinfo, asked


async def test_t16_a_name_that_leads_inside(web: Web, strict: Fetcher, monkeypatch: pytest.MonkeyPatch) -> None:
    getaddrinfo, asked = answering(["127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(Forbidden):
        await strict.get(f"http://news.example.com:{web.port}/")
    assert asked == ["news.example.com"]
    assert web.connections == 0
    await strict.close()


@pytest.mark.parametrize("ips", [["93.184.215.14", "127.0.0.1"], ["127.0.0.1", "93.184.215.14"]])
async def test_t17_public_and_private_answers(
    ips: list[str], web: Web, strict: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering(ips)[0])
    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", _never)
    with pytest.raises(Forbidden):
        await strict.get(f"http://news.example.com:{web.port}/")
    assert web.connections == 0
    await strict.close()


async def test_t18_one_look_up_a_connection(
    web: Web, inside: Web, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name changes its address after the check: the first answer is used, the second is checked on its own."""
    getaddrinfo, asked = answering(["127.0.0.1"], ["127.0.0.2"])
    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    web.pages["/"] = answer(200, b"fine")
    assert (await fetcher.get(f"http://news.example.com:{web.port}/")).body == b"fine"
    assert len(asked) == 1
    with pytest.raises(Forbidden):
        await fetcher.get(f"http://news.example.com:{inside.port}/")
    assert inside.connections == 0


async def test_t19_a_redirect_inside(web: Web, inside: Web, fetcher: Fetcher) -> None:
    web.pages["/"] = answer(302, Location=f"{inside.origin}/admin")
    with pytest.raises(Forbidden):
        await fetcher.get(f"{web.origin}/")
    assert (web.connections, inside.connections) == (1, 0)


def test_t20_no_redirect_from_https_to_http() -> None:
    guard = Guard()
    assert next_hop(guard, "https://a.example.com/x", "/y") == "https://a.example.com/y"
    assert next_hop(guard, "http://a.example.com/x", "https://b.example.com/") == "https://b.example.com/"
    with pytest.raises(Forbidden):
        next_hop(guard, "https://a.example.com/x", "http://a.example.com/x")


async def test_t21_the_sixth_redirect(web: Web, fetcher: Fetcher) -> None:
    for step in range(7):
        web.pages[f"/{step}"] = answer(302, Location=f"/{step + 1}")
    web.pages["/7"] = answer(200, b"end")
    assert (await fetcher.get(f"{web.origin}/2")).body == b"end"
    web.asked.clear()
    with pytest.raises(SourceError, match="too often"):
        await fetcher.get(f"{web.origin}/1")
    assert len(web.asked) == 6


async def test_t22_addresses_found_on_the_way(web: Web, inside: Web, fetcher: Fetcher) -> None:
    """Addresses in pages and feeds are only strings until the same guard has seen them."""
    page = f'<link rel="alternate" type="application/rss+xml" href="{inside.origin}/feed">'.encode()
    feed = (
        f'<rss version="2.0"><channel><title>t</title><item><title>a</title><link>{inside.origin}/a</link>'
        f'<enclosure type="image/png" url="{inside.origin}/i.png"/></item></channel></rss>'
    ).encode()
    found = [link.url for link in feed_links(page, f"{web.origin}/")]
    entry = parse_feed(feed).entries[0]
    for url in (*found, entry.link or "", entry.image or ""):
        with pytest.raises(Forbidden):
            await fetcher.get(url)
    assert inside.connections == 0


def test_t28_look_alikes_show_in_punycode() -> None:
    assert Guard().check_url("https://аpple.com/") == "https://xn--pple-43d.com/"
    assert Guard().check_url("http://Bücher.example/ä") == "http://xn--bcher-kva.example/%C3%A4"


async def test_t30_no_proxy_from_the_environment(
    web: Web, inside: Web, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, inside.origin)
    monkeypatch.delenv("NO_PROXY", raising=False)
    web.pages["/"] = answer(200, b"direct")
    assert (await fetcher.get(f"{web.origin}/")).body == b"direct"
    assert inside.connections == 0


def _never(*args: object, **_: object) -> None:
    raise AssertionError(f"reached out: {args[:2]}")
