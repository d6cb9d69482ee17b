"""Fetching: bytes from the open web, behind the guard and within limits.

Promises: no connection that the guard has not checked (redirects included), no more bytes than asked for even when they
come compressed, an end within the deadline however slowly the other side talks, no cookies, no proxy from the
environment, and errors of one line that tell nothing of the inside.
"""

import asyncio
import contextlib
import socket
import zlib
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from bot import __version__
from bot.domain.errors import Forbidden, SourceError
from bot.domain.ports import Now
from bot.feeds.freshness import header_links, max_age_s
from bot.feeds.guard import REFUSAL, Guard, RefusedAddress

USER_AGENT = f"Nutgraf/{__version__} (feed reader of a Telegram news bot; contact: whoever runs this bot)"
MOST_BYTES = 10 << 20
MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SAME_METHOD = frozenset({307, 308})
_TOO_OFTEN = "It redirects too often."
_SILENCE_S = 20.0
_CHUNK_BYTES = 64 << 10
_GZIP = 31  # zlib's wbits: a gzip header and the largest window
_LONGEST_WAIT_S = 86_400.0
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, text/html;q=0.9, "
    "application/xml;q=0.9, text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"
)


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer: `status` 200, or 304 with an empty body.

    `url` is where the body came from, `moved_to` the same where every redirect on the way was permanent, else None.
    `max_age_s` is how long the answer stays fresh, `hub` and `self_url` what its Link headers say (WebSub).
    """

    url: str
    status: int
    body: bytes
    content_type: str | None
    etag: str | None
    last_modified: str | None
    moved_to: str | None
    max_age_s: int | None = None
    hub: str | None = None
    self_url: str | None = None


class Fetcher:
    """Fetches addresses; one per process, closed at its end."""

    def __init__(
        self, guard: Guard, *, user_agent: str = USER_AGENT, now: Now = utc_now, connect_s: float = 10.0
    ) -> None:
        """`now` is what a Retry-After date is counted from; `connect_s` bounds look-up, TCP and TLS together."""
        self._guard = guard
        self._now = now
        self._connect_s = connect_s
        self._headers = {"User-Agent": user_agent, "Accept": _ACCEPT, "Accept-Encoding": "gzip"}
        self._session: aiohttp.ClientSession | None = None

    async def get(
        self,
        url: str,
        *,
        etag: str | None = None,
        last_modified: str | None = None,
        most_bytes: int = MOST_BYTES,
        total_s: float = 30.0,
    ) -> Fetched:
        """Fetch one address, following at most five redirects, within `total_s` seconds altogether.

        `etag` and `last_modified` of an earlier answer make the request conditional. `most_bytes` counts what comes out
        of the compression.

        Raises:
            Forbidden: the guard said no, at the address or at a redirect.
            SourceError: anything else; `status` where there was an answer.
        """
        asked = {"If-None-Match": etag, "If-Modified-Since": last_modified}
        headers = {name: value for name, value in asked.items() if value and value.isprintable()}
        try:
            async with asyncio.timeout(total_s):
                return await self._follow(self._guard.check_url(url), headers, most_bytes)
        except (aiohttp.ClientError, OSError, ValueError, zlib.error) as error:
            raise _as_source_error(error) from error

    async def post_form(self, url: str, form: Mapping[str, str], *, total_s: float = 30.0) -> int:
        """Post a form to an address; returns the status, one of 200 to 299.

        At most five redirects are followed, of the kinds that mean the same request again (307 and 308).

        Raises:
            Forbidden: the guard said no, at the address or at a redirect.
            SourceError: anything else; `status` where there was an answer.
        """
        try:
            async with asyncio.timeout(total_s):
                return await self._post(self._guard.check_url(url), form)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _as_source_error(error) from error

    def is_own(self, url: str) -> bool:
        """Whether an address is one of the networks that the settings allow, and says so by its number."""
        try:
            return self._guard.allows(ip_address(urlsplit(url).hostname or ""))
        except ValueError:
            return False

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _follow(self, url: str, headers: dict[str, str], most_bytes: int) -> Fetched:
        permanent = True
        first = url
        for _ in range(MOST_REDIRECTS + 1):
            async with self._request(url, headers) as response:
                target = _redirect(response)
                if target is None:
                    moved_to = url if permanent and url != first else None
                    return await self._answer(response, url, moved_to, most_bytes)
                permanent = permanent and response.status in (301, 308)
            url = next_hop(self._guard, url, target)
        raise SourceError(_TOO_OFTEN)

    async def _post(self, url: str, form: Mapping[str, str]) -> int:
        for _ in range(MOST_REDIRECTS + 1):
            async with self._opened().post(url, data=dict(form), allow_redirects=False) as response:
                target = _redirect(response, _SAME_METHOD)
                if 200 <= response.status < 300:
                    return response.status
                if target is None:
                    raise SourceError(_status_line(response.status), response.status, self._retry_after(response))
            url = next_hop(self._guard, url, target)
        raise SourceError(_TOO_OFTEN)

    @contextlib.asynccontextmanager
    async def _request(self, url: str, headers: dict[str, str]) -> AsyncIterator[aiohttp.ClientResponse]:
        async with self._opened().get(url, headers=headers, allow_redirects=False) as response:
            yield response

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = self._open()
        return self._session

    def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=_GuardedResolver(self._guard),
                socket_factory=self._guard.socket_factory,
                use_dns_cache=False,  # the answer checked is the answer used
                limit=0,  # a wait for a free connection would count as one for the server
            ),
            timeout=aiohttp.ClientTimeout(total=None, connect=self._connect_s, sock_read=_SILENCE_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=self._headers,
            auto_decompress=False,
            trust_env=False,
        )

    async def _answer(
        self, response: aiohttp.ClientResponse, url: str, moved_to: str | None, most_bytes: int
    ) -> Fetched:
        if response.status not in (200, 304):
            raise SourceError(_status_line(response.status), response.status, self._retry_after(response))
        body = await _body(response, most_bytes) if response.status == 200 else b""
        links = header_links(response.headers.getall("Link", []), url)
        return Fetched(
            url=url,
            status=response.status,
            body=body,
            content_type=response.headers.get("Content-Type"),
            etag=response.headers.get("ETag"),
            last_modified=response.headers.get("Last-Modified"),
            moved_to=moved_to,
            max_age_s=max_age_s(response.headers.get("Cache-Control", "")),
            hub=links.get("hub"),
            self_url=links.get("self"),
        )

    def _retry_after(self, response: aiohttp.ClientResponse) -> float | None:
        """Seconds that the server asks us to wait (a number or a date, RFC 9110 section 10.2.3), at most a day."""
        asked = response.headers.get("Retry-After", "").strip()
        if asked.isascii() and asked.isdigit():
            return min(float(asked[:9]), _LONGEST_WAIT_S)
        try:
            wait_s = (parsedate_to_datetime(asked).astimezone(UTC) - self._now()).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
        return min(max(wait_s, 0.0), _LONGEST_WAIT_S)


def next_hop(guard: Guard, url: str, location: str) -> str:
    """The checked address that a redirect from `url` leads to.

    Raises:
        Forbidden: the guard said no, or it would leave https.
    """
    target = guard.check_url(urljoin(url, location))
    if url.startswith("https:") and not target.startswith("https:"):
        raise Forbidden("It redirects from https to http.")
    return target


class _GuardedResolver(AbstractResolver):
    """Looks names up, and refuses a name as a whole when one of its addresses is refused.

    Where the settings allow some of its addresses, those are the ones.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._inner = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        allowed = [address for address in found if self._guard.allows(ip_address(address["host"]))]
        try:
            for address in allowed or found:
                self._guard.check_address(address["host"], port)
        except Forbidden:
            raise RefusedAddress(REFUSAL) from None
        return allowed or found

    async def close(self) -> None:
        await self._inner.close()


def _redirect(response: aiohttp.ClientResponse, kinds: Collection[int] = _REDIRECTS) -> str | None:
    return (response.headers.get("Location") or None) if response.status in kinds else None


async def _body(response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip") or len(response.headers.getall("Content-Encoding", [])) > 1:
        raise SourceError("It came in a compression that was not asked for.", response.status)
    if (response.content_length or 0) > most_bytes:
        raise _too_large(most_bytes, response.status)
    unpack = _Gunzip() if encoding.endswith("gzip") else None
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        for piece in unpack.pieces(chunk) if unpack else (chunk,):
            body += piece
            if len(body) > most_bytes:
                raise _too_large(most_bytes, response.status)
    return bytes(body)


class _Gunzip:
    """Unpacks gzip in pieces of bounded size, member after member; rubbish behind the last one is left alone."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=_GZIP)

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        while packed:
            if self._stream.eof:
                if not packed.startswith(b"\x1f\x8b"):
                    return
                self._stream = zlib.decompressobj(wbits=_GZIP)
            yield self._stream.decompress(packed, _CHUNK_BYTES)
            packed = self._stream.unused_data if self._stream.eof else self._stream.unconsumed_tail


def _too_large(most_bytes: int, status: int) -> SourceError:
    return SourceError(f"It is larger than {most_bytes / (1 << 20):g} MiB.", status)


def _status_line(status: int) -> str:
    try:
        return f"It answered {status} ({HTTPStatus(status).phrase})."
    except ValueError:
        return f"It answered {status}."


def _as_source_error(error: Exception) -> SourceError:
    """The one place where errors of the network become ours."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, RefusedAddress):
        return Forbidden(REFUSAL)
    for kinds, why in _WHYS:
        if isinstance(error, kinds):
            return SourceError(why)
    return SourceError("It could not be read.")


_WHYS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...] = (
    (TimeoutError, "It did not answer in time."),
    (aiohttp.ClientConnectorDNSError, "There is no such host."),
    (aiohttp.ClientSSLError, "Its TLS certificate could not be verified."),
    (aiohttp.ClientConnectorError, "It could not be reached."),
    ((aiohttp.ClientPayloadError, zlib.error), "Its answer broke off or is damaged."),
    (aiohttp.ClientResponseError, "It does not speak HTTP as it should."),
    ((aiohttp.ServerConnectionError, aiohttp.ClientOSError), "It closed the connection."),
)
